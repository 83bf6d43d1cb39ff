package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// badValues are the values, of flags and environment variables, that are not of their kind. kong stops
// at the first of them and repeats what the library said; here all are told, each with an example.
type badValues struct {
	all []badValue
}

type badValue struct {
	of      *kong.Value
	problem string
}

// options make kong note such a value, and go on with the default in its place.
func (b *badValues) options() []kong.Option {
	known := kong.NewRegistry().RegisterDefaults()
	var options []kong.Option
	for kind, example := range map[reflect.Kind]string{
		reflect.Int: "a whole number", reflect.Int64: "a whole number", reflect.Uint64: "a whole number", reflect.Float64: "a number",
	} {
		options = append(options, kong.KindMapper(kind, noting{b, known.ForType(typeOfKind[kind]), example}))
	}
	return append(options,
		kong.KindMapper(reflect.String, noting{b, known.ForType(reflect.TypeFor[string]()), ""}),
		kong.KindMapper(reflect.Bool, notingBool{noting{b, known.ForType(reflect.TypeFor[bool]()), "true or false"}}),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), noting{b, known.ForType(reflect.TypeFor[time.Duration]()), "a duration"}),
		kong.TypeMapper(reflect.TypeFor[slog.Level](), noting{b, known.ForType(reflect.TypeFor[slog.Level]()), "debug, info, warn or error"}),
	)
}

var typeOfKind = map[reflect.Kind]reflect.Type{
	reflect.Int: reflect.TypeFor[int](), reflect.Int64: reflect.TypeFor[int64](), reflect.Uint64: reflect.TypeFor[uint64](),
	reflect.Float64: reflect.TypeFor[float64](),
}

// problems are those of the command that was chosen: a variable that only another reads is no concern
// of this one.
func (b *badValues) problems(chosen *kong.Context) []error {
	var problems []error
	told := map[string]bool{}
	for _, path := range chosen.Path {
		node := path.Node()
		if node == nil {
			continue
		}
		for _, value := range node.Values() {
			for _, bad := range b.all {
				if bad.of == value && !told[bad.problem] {
					told[bad.problem] = true
					problems = append(problems, errors.New(bad.problem))
				}
			}
		}
	}
	return problems
}

// join returns everything that is wrong with a command line that was read with err: the values, and,
// because a value that could not be read hides nothing else, what the command's own check finds.
func (b *badValues) join(read *kong.Context, err error) error {
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		read = parse.Context
	}
	if read == nil {
		return err
	}
	problems := b.problems(read)
	if len(problems) == 0 || err != nil {
		return errors.Join(append(problems, err)...)
	}
	if command := read.Selected(); command != nil && command.Target.CanAddr() {
		if c, ok := command.Target.Addr().Interface().(interface{ Check() error }); ok {
			problems = append(problems, c.Check())
		}
	}
	return errors.Join(problems...)
}

// noting reads a value as kong does.
type noting struct {
	bad   *badValues
	inner kong.Mapper
	want  string // what to write in its place
}

// Decode implements kong.Mapper.
func (n noting) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	given := ctx.Scan.Peek()
	err := n.inner.Decode(ctx, target)
	text, ok := given.Value.(string)
	if !ok {
		return err // there is no value
	}
	want := n.want
	if enum := ctx.Value.Enum; err == nil && enum != "" && !ctx.Value.EnumMap()[target.String()] {
		want = oneOf(ctx.Value.EnumSlice())
	} else if err == nil {
		return nil
	}
	switch _, isDuration := target.Interface().(time.Duration); {
	case !strings.HasPrefix(want, "a "): // it lists what there is
	case ctx.Value.HasDefault:
		want += " such as " + ctx.Value.Default
	case isDuration:
		want += " such as 72h"
	}
	n.bad.all = append(n.bad.all, badValue{ctx.Value, fmt.Sprintf("%s is %q: set %s", nameOf(ctx.Value, text), text, want)})
	target.SetZero()
	if ctx.Value.HasDefault {
		again := *ctx
		again.Scan = kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: ctx.Value.Default})
		return n.inner.Decode(&again, target)
	}
	return nil
}

// notingBool is for flags that need no value.
type notingBool struct{ noting }

// IsBool implements kong.BoolMapper.
func (notingBool) IsBool() bool { return true }

// nameOf names where the text was set: in the variable that holds it, or on the command line.
func nameOf(v *kong.Value, text string) string {
	for _, name := range v.Tag.Envs {
		if os.Getenv(name) == text {
			return name
		}
	}
	if v.Flag == nil {
		return "<" + v.Name + ">"
	}
	return "--" + v.Name
}

// oneOf lists words for a sentence: a, b or c.
func oneOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
