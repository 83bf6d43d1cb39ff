package export

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"gelombang/internal/rules"
)

// getter returns what a field of an object holds. The object is a pointer to a struct.
type getter func(object reflect.Value) (reflect.Value, error)

// bind finds the method or the field of the struct by the name of the field in the schema, as gqlgen does: in any
// case of the letters. It returns the type of what the getter returns, too.
func bind(object reflect.Type, f graphql.CollectedField) (getter, reflect.Type, error) {
	for i := range object.NumMethod() {
		if m := object.Method(i); strings.EqualFold(m.Name, f.Name) {
			return calling(m, f)
		}
	}
	for i := range object.Elem().NumField() {
		if at := object.Elem().Field(i); at.IsExported() && strings.EqualFold(at.Name, f.Name) {
			return func(object reflect.Value) (reflect.Value, error) { return object.Elem().Field(i), nil }, at.Type, nil
		}
	}
	return nil, nil, fmt.Errorf("%v has no field or method for %s", object, f.Name)
}

var contextType = reflect.TypeFor[context.Context]()

// calling returns a getter that calls the method. One that takes a context is told at which place of the query it
// is, as gqlgen tells it.
func calling(m reflect.Method, f graphql.CollectedField) (getter, reflect.Type, error) {
	var args []reflect.Value
	switch {
	case m.Type.NumIn() == 1:
	case m.Type.NumIn() == 2 && m.Type.In(1) == contextType:
		at := graphql.WithFieldContext(context.Background(), &graphql.FieldContext{Field: f})
		args = []reflect.Value{reflect.ValueOf(at)}
	default:
		return nil, nil, fmt.Errorf("method %s takes what it is not given", m.Name)
	}
	call := func(object reflect.Value) (reflect.Value, error) {
		results := object.Method(m.Index).Call(args)
		if len(results) > 1 {
			if err, failed := results[1].Interface().(error); failed {
				return reflect.Value{}, err
			}
		}
		return results[0], nil
	}
	return call, m.Type.Out(0), nil
}

// reader reads a cell from what a field holds.
type reader func(from reflect.Value, cell *Value) error

// ErrNotWritable says that a value which may not be null has no form, as an instant after the year 9999: the file
// would not be true.
var ErrNotWritable = errors.New("a value that may not be null cannot be written")

// readerOf returns a reader of the kind from values of the type. A nil pointer is null.
func readerOf(k Kind, t reflect.Type, required bool) (reader, error) {
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	fits := map[Kind]bool{
		Text: t.Kind() == reflect.String, Integer: t.Kind() == reflect.Int, Rupiah: t.Kind() == reflect.Int64, Float: t.Kind() == reflect.Float64,
		Boolean: t.Kind() == reflect.Bool, DateTime: t == timeType, Date: t == timeType,
	}
	if !fits[k] {
		return nil, fmt.Errorf("cells of the kind %d cannot be read from %v", k, t)
	}
	return func(from reflect.Value, cell *Value) error {
		cell.Null = pointer && from.IsNil()
		if !cell.Null {
			if pointer {
				from = from.Elem()
			}
			k.read(from, cell)
		}
		if cell.Null && required {
			return ErrNotWritable
		}
		return nil
	}, nil
}

var timeType = reflect.TypeFor[time.Time]()

// lastYear is the last that RFC 3339 can write.
const lastYear = 9999

func (k Kind) read(from reflect.Value, cell *Value) {
	switch k {
	case Text:
		cell.Text = from.String()
	case Integer, Rupiah:
		cell.Integer = from.Int()
	case Float:
		cell.Float = from.Float()
		cell.Null = math.IsNaN(cell.Float) || math.IsInf(cell.Float, 0)
	case Boolean:
		cell.Truth = from.Bool()
	case DateTime, Date:
		cell.Time = instant(from)
		cell.Null = cell.Time.In(rules.WIB).Year() > lastYear
	}
}

// instant reads a time without a copy on the heap, where it can.
func instant(from reflect.Value) time.Time {
	if from.CanAddr() {
		if t, is := from.Addr().Interface().(*time.Time); is {
			return *t
		}
	}
	t, _ := from.Interface().(time.Time) // readerOf has seen to it
	return t
}
