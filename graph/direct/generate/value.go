package main

import (
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	scalars = "gelombang/graph/scalar"
	gqlgen  = "github.com/99designs/gqlgen/graphql"
)

// writable reports whether the field is made in a way that the writers know: a root field is, however it is resolved;
// another one is a field of a struct, or a method that takes a context at most.
func writable(f *codegen.Field) bool {
	if !f.Object.Root && (f.IsResolver || f.IsMap() || f.Batch || f.HasHaser || f.VOkFunc || f.HasDirectives() || len(f.Args) > 0) {
		return false
	}
	return !f.Stream && known(f.TypeReference)
}

func known(ref *config.TypeReference) bool {
	switch {
	case ref.IsPtrToSlice(), ref.IsPtrToIntf(), ref.IsPtrToPtr(), ref.IsMap(), ref.IsRoot, ref.IsContext, ref.HasEnumValues():
		return false
	case ref.IsSlice():
		return known(ref.Elem())
	case ref.IsMarshaler, ref.Definition.IsCompositeType():
		return true
	default:
		return ref.Marshaler != nil && !ref.IsTargetNilable()
	}
}

// Value is the code that writes the field of obj, or returns false.
func (r *reach) Value(f *codegen.Field) string {
	got := f.GoReceiverName + "." + f.GoFieldName
	if !f.IsMethod() {
		return lines(r.value(f.TypeReference, got))
	}
	call := got + "()"
	if f.MethodHasContext {
		call = got + "(w.Context(f))"
	}
	if f.NoErr {
		return lines(r.value(f.TypeReference, call))
	}
	return lines("v, err := "+call, "if err != nil {", "return false", "}", r.value(f.TypeReference, "v"))
}

// Result is the code that writes the result of the root field, or returns false.
func (r *reach) Result(f *codegen.Field) string {
	of := templates.CurrentImports.LookupType(f.TypeReference.GO)
	return lines("v, is := result.("+of+")", "if !is {", "return false", "}", r.value(f.TypeReference, "v"))
}

func lines(code ...string) string { return strings.TrimSpace(strings.Join(code, "\n")) }

const null = "w.Buf = append(w.Buf, \"null\"...)\n"

// value is the code that writes the expression, of the type, or returns false.
func (r *reach) value(ref *config.TypeReference, expression string) string {
	if !ref.IsNilable() {
		return r.present(ref, expression)
	}
	var code string
	if expression != "v" {
		code = "v := " + expression + "\n"
	}
	switch {
	case ref.IsSlice() && ref.GQL.NonNull: // no list is an empty list
		return code + r.present(ref, "v")
	case ref.GQL.NonNull:
		return code + "if v == nil {\nreturn false\n}\n" + r.present(ref, "v")
	default:
		return code + "if v == nil {\n" + null + "} else {\n" + r.present(ref, "v") + "}\n"
	}
}

// present is the same for an expression that is not nil.
func (r *reach) present(ref *config.TypeReference, expression string) string {
	switch {
	case ref.IsSlice():
		return "w.Buf = append(w.Buf, '[')\nfor i, v := range " + expression + " {\nif i > 0 {\nw.Buf = append(w.Buf, ',')\n}\n" +
			r.value(ref.Elem(), "v") + "}\nw.Buf = append(w.Buf, ']')\n"
	case ref.IsMarshaler:
		return expression + ".MarshalGQL(w)\n"
	case ref.Definition.Kind == ast.Object:
		if !ref.IsNilable() {
			return "v := " + expression + "\n" + check("write"+ref.Definition.Name+"(w, f.Selections[0], &v)", "return false\n")
		}
		return check("write"+ref.Definition.Name+"(w, f.Selections[0], "+expression+")", "return false\n")
	case ref.Definition.IsAbstractType():
		return check("write"+ref.Definition.Name+"(w, f, "+expression+")", "return false\n")
	default:
		return r.scalar(ref, expression)
	}
}

func check(call, otherwise string) string { return "if !" + call + " {\n" + otherwise + "}\n" }

// scalar is the code for a scalar or an enum that is not nil: by the function of package scalar that appends what the
// marshaller of the type writes, else by the marshaller.
func (r *reach) scalar(ref *config.TypeReference, expression string) string {
	if ref.IsNilable() {
		expression = "*" + expression
	}
	if ref.CastType != nil {
		expression = templates.CurrentImports.LookupType(ref.CastType) + "(" + expression + ")"
	}
	otherwise := "return false\n"
	if !ref.GQL.NonNull {
		otherwise = null
	}
	appends := r.appends(ref.Marshaler)
	if appends == nil {
		return check("w.Marshal("+templates.Call(ref.Marshaler)+"("+expression+"))", otherwise)
	}
	call := templates.CurrentImports.Lookup(scalars) + "." + appends.Name() + "(w.Buf, " + expression + ")"
	if appends.Signature().Results().Len() == 1 {
		return "w.Buf = " + call + "\n"
	}
	return "var is bool\nif w.Buf, is = " + call + "; !is {\n" + otherwise + "}\n"
}

// appends returns the function of package scalar that appends what the marshaller writes, one of that package or of
// gqlgen; nil when there is none.
func (r *reach) appends(marshaller *types.Func) *types.Func {
	if path := marshaller.Pkg().Path(); path != scalars && path != gqlgen {
		return nil
	}
	pkg := r.data.Config.Packages.LoadWithTypes(scalars)
	if pkg == nil {
		return nil
	}
	found, is := pkg.Types.Scope().Lookup("Append" + strings.TrimPrefix(marshaller.Name(), "Marshal")).(*types.Func)
	if !is {
		return nil
	}
	return found
}
