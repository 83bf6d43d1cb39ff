package graph

import "github.com/vektah/gqlparser/v2/validator/rules"

// rulesWithoutSuggestions are the rules of validation for those who may not introspect: they do not say which
// name was meant, for that is asking about the schema by guessing. The executor itself puts in the rules about
// fields when told so.
func rulesWithoutSuggestions() *rules.Rules {
	r := rules.NewDefaultRules()
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}
