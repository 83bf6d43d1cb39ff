package rules

import "strings"

// OtherPerson reports whether the subjects of two access tokens are surely those of two persons, as the approval of
// another's list requires. An identity provider may spell one person in two ways, "siti" and "Siti": case and the spaces
// around a subject make no other person. A subject that is not printable ASCII, which no token of ours may have, is not
// told apart from any, and an empty one neither.
//
// It is for refusing only. Whoever is the same by it has no right for that.
func OtherPerson(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	return a != "" && b != "" && printable(a) && printable(b) && !strings.EqualFold(a, b)
}

// printable reports whether s is printable ASCII: of such a text there is one spelling but for case.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
