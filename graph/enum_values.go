package graph

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The bounds of what a message repeats of the schema and of the query.
const (
	listedValues = 20 // of an enum; of one with more, those that are like what was given
	listedNames  = 5  // of operations
	longestQuote = 80 // of what was asked, in bytes
)

// enumValues is the rule about the types of values with messages of our own about enums: the usual ones propose the
// very word that was written in quotation marks.
func enumValues(suggest bool) core.RuleFunc {
	usual := rules.ValuesOfCorrectTypeRule.RuleFunc
	if !suggest {
		usual = rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc
	}
	return func(observers *core.Events, addError core.AddErrFunc) {
		var at *ast.Value // observers of a value are called one after the other
		observers.OnValue(func(_ *core.Walker, v *ast.Value) { at = v })
		usual(observers, func(options ...core.ErrorOption) {
			if at.Definition.Kind != ast.Enum || at.Kind == ast.NullValue || at.Kind == ast.ListValue {
				addError(options...)
				return
			}
			addError(core.Message("%s", noEnumValue(at.Definition, at.Raw, at.Kind == ast.StringValue || at.Kind == ast.BlockValue, suggest)), core.At(at.Position))
		})
	}
}

// noEnumValue says what is wrong with what was given in the place of a value of the enum, in quotation marks or
// without. Only who may introspect is told of the values that there are.
func noEnumValue(def *ast.Definition, given string, quoted, suggest bool) string {
	switch {
	case quoted && suggest && def.EnumValues.ForName(given) != nil:
		return fmt.Sprintf("%q is text, and no value of the enum `%s`: write it without quotes", given, def.Name)
	case quoted && !suggest:
		return fmt.Sprintf("%q is text, and no value of the enum `%s`: values of an enum have no quotes", short(given), def.Name)
	case !suggest:
		return fmt.Sprintf("the enum `%s` has no value `%s`", def.Name, short(given))
	}
	var names []string
	for _, v := range def.EnumValues {
		names = append(names, v.Name)
	}
	message := fmt.Sprintf("the enum `%s` has no value `%s`", def.Name, short(given))
	if len(names) <= listedValues {
		return message + ": its values are `" + strings.Join(names, "`, `") + "`"
	}
	return message + meant(given, names)
}

// meant proposes the names that are like the one given; nothing when none is.
func meant(given string, names []string) string {
	if len(given) > longestQuote {
		return ""
	}
	said := &gqlerror.Error{}
	core.SuggestListQuoted(". Did you mean", given, names)(said)
	return strings.Replace(said.Message, " ", "", 1) // it begins with one, before our full stop
}

// short cuts what is repeated in a message, so that what follows it is read.
func short(given string) string {
	if len(given) <= longestQuote {
		return given
	}
	end := longestQuote
	for end > 0 && !utf8.RuneStart(given[end]) {
		end--
	}
	return given[:end] + "…"
}

// operationNames lists the operations of the document that have names, as far as they fit, in the order of the
// alphabet.
func operationNames(doc *ast.QueryDocument) string {
	var names []string
	for _, op := range doc.Operations {
		if op.Name != "" {
			names = append(names, "`"+op.Name+"`")
		}
	}
	slices.Sort(names)
	if len(names) > listedNames {
		names = append(names[:listedNames], "…")
	}
	return strings.Join(names, ", ")
}
