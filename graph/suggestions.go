package graph

import (
	"github.com/vektah/gqlparser/v2/validator/rules"

	"gelombang/graph/overlap"
)

// defaultRules are the rules of validation, with the one in nearly linear time in the place of the quadratic one, and
// with messages of our own about enums.
func defaultRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(overlap.Name, overlap.Rule)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, enumValues(true))
	return r
}

// rulesWithoutSuggestions are the rules of validation for those who may not introspect: they do not say which
// name was meant, for that is asking about the schema by guessing. The executor itself puts in the rules about
// fields when told so.
func rulesWithoutSuggestions() *rules.Rules {
	r := defaultRules()
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, enumValues(false))
	return r
}
