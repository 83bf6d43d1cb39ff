package graph_test

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/rules"
)

// made are resolvers that make up what they are asked for: objects of the model with everything behind them that the
// query asks for, with values at the edges of what there can be. The same seed makes the same.
type made struct {
	generated.MutationResolver

	seed uint64
	// faults is one in how many values that may not be null are; 0 for none.
	faults int
}

func (m made) Query() generated.QueryResolver       { return m }
func (m made) Mutation() generated.MutationResolver { return m }

// maker makes the objects behind one root field.
type maker struct {
	made

	rng *rand.Rand
}

// making makes the result of the root field in ctx.
func making[T any](ctx context.Context, m made) (T, error) {
	field := graphql.GetFieldContext(ctx).Field
	name := fnv.New64a()
	_, _ = name.Write([]byte(field.Alias))
	k := maker{m, rand.New(rand.NewPCG(m.seed, name.Sum64()))}
	v := reflect.New(reflect.TypeFor[T]()).Elem()
	k.value(v, field.Definition.Type, func(types ...string) selection.Selection { return selection.Of(ctx, types...) })
	result, _ := v.Interface().(T)
	return result, nil
}

// behind returns what is asked of the object behind a field if it is of one of the types.
type behind func(types ...string) selection.Selection

// value puts something of the type of the schema into v.
func (k maker) value(v reflect.Value, of *ast.Type, asked behind) {
	null := k.one(6) && !of.NonNull || k.faults > 0 && k.one(k.faults) && of.NonNull
	def := schemaOf().Types[of.Name()]
	switch {
	case null && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice || v.Kind() == reflect.Interface):
	case of.Elem != nil:
		v.Set(reflect.MakeSlice(v.Type(), 0, 3))
		for range k.rng.IntN(4) {
			e := reflect.New(v.Type().Elem()).Elem()
			k.value(e, of.Elem, asked)
			v.Set(reflect.Append(v, e))
		}
	case def.Kind == ast.Interface:
		possible := schemaOf().GetPossibleTypes(def)
		def = possible[k.rng.IntN(len(possible))]
		object := reflect.New(models[def.Name])
		k.object(object, def, asked)
		v.Set(object)
	case v.Kind() == reflect.Pointer && def.Kind == ast.Object:
		v.Set(reflect.New(v.Type().Elem()))
		k.object(v, def, asked)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		k.scalar(v.Elem())
	default:
		k.scalar(v)
	}
}

// object fills the object of the type that v points to: every scalar, and whatever of the rest is asked for.
func (k maker) object(v reflect.Value, def *ast.Definition, asked behind) {
	sel := asked(append([]string{def.Name}, def.Interfaces...)...)
	for i := range v.Elem().NumField() {
		to, name := v.Elem().Field(i), v.Type().Elem().Field(i).Name
		f := fieldNamed(def, name)
		put := to.Addr().MethodByName("Put") // of a value for each place
		switch {
		case put.IsValid():
			k.places(put, fieldMade(def, v.Type(), put.Type().In(1)), sel)
		case to.Kind() == reflect.Func:
			words := k.text()
			to.Set(reflect.ValueOf(func(language rules.Language) string { return string(language) + words }))
		case f == nil:
			k.scalar(to)
		case schemaOf().Types[f.Type.Name()].IsLeafType():
			k.value(to, f.Type, nil)
		case sel.Has(f.Name):
			k.value(to, f.Type, func(types ...string) selection.Selection { return sel.Sub(f.Name, types...) })
		}
	}
}

// places puts a value for each place where the field is asked for.
func (k maker) places(put reflect.Value, f *ast.FieldDefinition, sel selection.Selection) {
	for _, place := range sel.Fields(f.Name) {
		v := reflect.New(put.Type().In(1)).Elem()
		k.value(v, f.Type, place.Selection)
		put.Call([]reflect.Value{reflect.ValueOf(place.Node), v})
	}
}

func (k maker) one(n int) bool { return k.rng.IntN(n) == 0 }

func (k maker) text() string {
	parts := []string{"", "Budi", `"quoted"`, `back\slash`, "<b>&amp;</b>", "line\u2028end\u2029", "😀🇮🇩", "\xff\xfe", "half \xe2\x82", "\x00\x1f\x7f\t\r\n\b\f", "é", strings.Repeat("x", 300), "/"}
	return parts[k.rng.IntN(len(parts))] + parts[k.rng.IntN(len(parts))]
}

func (k maker) scalar(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		at := []time.Time{{}, wib(6, 17, 45), wib(6, 17, 45).UTC(), wib(1, 9, 0).Add(time.Microsecond), wib(1, 9, 0).Add(120 * time.Millisecond), time.Date(9999, 12, 31, 16, 59, 59, 999_999_999, time.UTC), wib(6, 0, 0).In(time.FixedZone("", -3600))}
		if k.faults > 0 {
			at = append(at, time.Date(9999, 12, 31, 17, 0, 0, 0, time.UTC))
		}
		v.Set(reflect.ValueOf(at[k.rng.IntN(len(at))]))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(k.text())
	case reflect.Int, reflect.Int64:
		n := []int64{0, -1, 7, 250_000, math.MaxInt32, math.MinInt64, math.MaxInt64}
		v.SetInt(n[k.rng.IntN(len(n))])
	case reflect.Float64:
		f := []float64{0, math.Copysign(0, -1), 0.5, 1.0 / 3, 1e21, -1e-7, 123456.75, 1e6, 5e-324, math.MaxFloat64}
		v.SetFloat(f[k.rng.IntN(len(f))])
	case reflect.Bool:
		v.SetBool(k.one(2))
	default:
		panic("nothing is known of " + v.Type().String())
	}
}

// models are the Go types behind the object types with ids.
var models = map[string]reflect.Type{
	"Alert":           reflect.TypeFor[model.Alert](),
	"Cohort":          reflect.TypeFor[model.Cohort](),
	"Delivery":        reflect.TypeFor[model.Delivery](),
	"Endpoint":        reflect.TypeFor[model.Endpoint](),
	"Extension":       reflect.TypeFor[model.Extension](),
	"HistoryEntry":    reflect.TypeFor[model.HistoryEntry](),
	"Offering":        reflect.TypeFor[model.Offering](),
	"Outage":          reflect.TypeFor[model.Outage](),
	"OutboundMessage": reflect.TypeFor[model.OutboundMessage](),
	"Participant":     reflect.TypeFor[model.Participant](),
	"Platform":        reflect.TypeFor[model.Platform](),
	"PlatformKey":     reflect.TypeFor[model.PlatformKey](),
	"Purchase":        reflect.TypeFor[model.Purchase](),
	"ReminderPlan":    reflect.TypeFor[model.ReminderPlan](),
	"Review":          reflect.TypeFor[model.Review](),
	"Settlement":      reflect.TypeFor[model.Settlement](),
	"SettlementEntry": reflect.TypeFor[model.SettlementEntry](),
}

// fieldNamed returns the field of the object type that the Go field is bound to by its name; nil when none is.
func fieldNamed(def *ast.Definition, goName string) *ast.FieldDefinition {
	for _, f := range def.Fields {
		if strings.EqualFold(f.Name, goName) {
			return f
		}
	}
	return nil
}

// fieldMade returns the field whose method returns the result.
func fieldMade(def *ast.Definition, pointer, result reflect.Type) *ast.FieldDefinition {
	for i := range pointer.NumMethod() {
		method := pointer.Method(i)
		if method.Type.NumOut() == 2 && method.Type.Out(0) == result {
			return fieldNamed(def, method.Name)
		}
	}
	return nil
}
