package payload

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gelombang/internal/rules"
)

// The bounds of the contract, all inclusive. Lengths count characters (code points), not bytes.
const (
	maxCode    = 128
	maxText    = 500
	maxURL     = 2000
	maxInteger = 1_000_000_000_000_000
	cardDigits = 16
)

// fields reads the fields of one object. The first problem is kept; a method that meets one
// returns the zero value.
type fields struct {
	path   string // of the object
	object map[string]any
	err    *Error
}

func (f *fields) fail(name, problem string) {
	if f.err == nil {
		f.err = &Error{Path: join(f.path, name), Problem: problem, Reason: rules.ReasonMalformed}
	}
}

// has reports whether an optional field is there: neither absent nor null.
func (f *fields) has(name string) bool { return f.object[name] != nil }

// child returns a field that is an object.
func (f *fields) child(name string) *fields {
	object, ok := f.object[name].(map[string]any)
	if !ok {
		f.failType(name, "an object")
	}
	return &fields{path: join(f.path, name), object: object}
}

// failType tells apart a field that is missing and one of another JSON type.
func (f *fields) failType(name, want string) {
	if f.has(name) {
		f.fail(name, "must be "+want)
	} else {
		f.fail(name, "is required")
	}
}

// str returns a string that is checked no further.
func (f *fields) str(name string) (string, bool) {
	s, ok := f.object[name].(string)
	if !ok {
		f.failType(name, "a string")
	}
	return s, ok
}

func (f *fields) code(name string) string {
	s, ok := f.str(name)
	if !ok {
		return ""
	}
	if s == "" || utf8.RuneCountInString(s) > maxCode {
		f.fail(name, "must have 1 to 128 characters")
		return ""
	}
	if strings.IndexFunc(s, unprintable) >= 0 || s[0] == ' ' || s[len(s)-1] == ' ' {
		f.fail(name, "must have printable characters only and no space at either end")
		return ""
	}
	return s
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func (f *fields) text(name string) string {
	s, ok := f.str(name)
	if !ok {
		return ""
	}
	if strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > maxText {
		f.fail(name, "must have 1 to 500 characters, not only spaces")
		return ""
	}
	if strings.IndexFunc(s, unicode.IsControl) >= 0 {
		f.fail(name, "must not have control characters")
		return ""
	}
	return s
}

func (f *fields) optionalCode(name string) string {
	if !f.has(name) {
		return ""
	}
	return f.code(name)
}

func (f *fields) optionalText(name string) string {
	if !f.has(name) {
		return ""
	}
	return f.text(name)
}

func (f *fields) card(name string) string {
	s, ok := f.str(name)
	if !ok {
		return ""
	}
	if len(s) != cardDigits || strings.IndexFunc(s, notASCIIDigit) >= 0 {
		f.fail(name, "must have 16 digits")
		return ""
	}
	return s
}

func notASCIIDigit(r rune) bool { return r < '0' || r > '9' }

// integer returns a number of plain digits: JSON allows no leading zero, so that every value has
// one text. A sign, fraction or exponent is refused even where the value would be whole.
func (f *fields) integer(name string) int64 {
	number, ok := f.object[name].(json.Number)
	if !ok {
		f.failType(name, "a number")
		return 0
	}
	text := number.String()
	if strings.IndexFunc(text, notASCIIDigit) >= 0 {
		f.fail(name, "must be a whole number, not negative, in plain digits")
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value > maxInteger {
		f.fail(name, "must be at most 1000000000000000")
		return 0
	}
	return value
}

// mode returns a mode: the contract writes it in lower case, unlike our own names.
func (f *fields) mode(name string) rules.Mode {
	s, ok := f.str(name)
	if !ok {
		return ""
	}
	for mode, text := range modeNames {
		if s == text {
			return mode
		}
	}
	f.fail(name, `must be "online", "offline" or "blended"`)
	return ""
}

func (f *fields) optionalMode(name string) rules.Mode {
	if !f.has(name) {
		return ""
	}
	return f.mode(name)
}

// modeNames are the modes as the contract writes them.
var modeNames = map[rules.Mode]string{
	rules.ModeOnline:  "online",
	rules.ModeOffline: "offline",
	rules.ModeBlended: "blended",
}

func (f *fields) url(name string) string {
	s, ok := f.str(name)
	if !ok {
		return ""
	}
	if s == "" || utf8.RuneCountInString(s) > maxURL {
		f.fail(name, "must have 1 to 2000 characters")
		return ""
	}
	if !webAddress(s) {
		f.fail(name, "must be an absolute http or https URL")
		return ""
	}
	return s
}

func webAddress(s string) bool {
	if strings.Contains(s, " ") || strings.IndexFunc(s, unprintable) >= 0 {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && u.Hostname() != "" && u.User == nil
}
