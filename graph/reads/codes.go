package reads

import (
	"regexp"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// codeForm is the form of the codes that a field of a filter takes. A value of another form is a mistake: it would let
// nothing through, and whoever mistyped it would take that for the answer. A code of the form that is not in use is
// none.
type codeForm struct {
	form   *regexp.Regexp
	wanted string // the form in words, and how to see the codes
}

// The forms. Those of platforms are what [registry.Registry.PutPlatform] accepts.
var (
	platformCodes = codeForm{regexp.MustCompile(`^[a-z0-9]{1,32}$`), "a platform's code has 1 to 32 lower-case letters and digits, such as `tokopedia`; `platforms { code }` lists them"}
	provinceCodes = codeForm{regexp.MustCompile(`^[0-9]{2}$`), "a province's BPS code has two digits, such as `32`; group by PROVINCE or ask `provinces { code name }` to see them"}
	regencyCodes  = codeForm{regexp.MustCompile(`^[0-9]{4}$`), "the BPS code of a regency or city has four digits, such as `3273`; group by REGENCY to see them"}
)

// check says what is wrong with the first of the codes that is not of the form. It does not repeat the code.
func (f codeForm) check(name string, codes []string) error {
	for _, code := range codes {
		if !f.form.MatchString(code) {
			return &registry.Error{Code: registry.Invalid, Field: name, Message: "`" + name + "`: " + f.wanted}
		}
	}
	return nil
}

// oneOfCodes is a condition that the column is one of the codes.
func oneOfCodes(d db.Dialect, name, column string, f codeForm, codes []string) (where, error) {
	return oneOf(d, column, codes), f.check(name, codes)
}
