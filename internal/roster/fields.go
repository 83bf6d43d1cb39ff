package roster

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of texts, in characters, and of prices, in rupiah. None is wider than the registry's own.
const (
	maxCode  = 128
	maxText  = 500
	maxURL   = 1000
	maxPrice = 1_000_000_000
)

// asNumber is how a spreadsheet writes what it takes for a number: 4.0E+15, or with a comma in some
// languages. Others append the fraction: 4000000000000000.0.
var asNumber = regexp.MustCompile(`^[0-9]([.,][0-9]*)?[Ee][+]?[0-9]{1,2}$|^[0-9]+[.,]0+$`)

// spreadsheetHint ends a message about digits that are none any more. It says nothing about others.
func spreadsheetHint(s string) string {
	if !asNumber.MatchString(s) {
		return ""
	}
	return "; a spreadsheet seems to have turned it into a number: format the column as text, and take the digits from their source again"
}

func digits(s string, n int) bool { return len(s) == n && onlyDigits(s) }

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// text reports whether s is between 1 and most characters long, of which none is a control character and
// neither the first nor the last is white space.
func text(s string, most int) bool {
	if s == "" || utf8.RuneCountInString(s) > most || strings.TrimSpace(s) != s {
		return false
	}
	return strings.IndexFunc(s, unprintable) < 0
}

// unprintable allows the spaces that unicode.IsPrint does not, such as the no-break space. It refuses the
// replacement character, which is what is left of a text that some program could not decode.
func unprintable(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}

// phone reports whether s is an international number in the form of E.164: a plus sign, and 7 to 15
// digits of which the first is not zero.
func phone(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return onlyDigits(s[1:])
}

// email reports whether s is an address that programmes everywhere accept: a dot-atom of at most 64
// bytes, and a domain name of at least two labels. Quoted local parts, address literals and addresses
// beyond ASCII are refused.
func email(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || !strings.Contains(domain, ".") {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.IndexFunc(atom, notAtom) >= 0 {
			return false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if !hostLabel(label) {
			return false
		}
	}
	return true
}

// notAtom tells what RFC 5322 does not allow in an atom.
func notAtom(r rune) bool {
	return !letterOrDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func hostLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !letterOrDigit(r) && r != '-' }) < 0
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// day reads an ISO calendar day from 1900 on, as midnight UTC.
func day(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil && len(s) == len(time.DateOnly) && t.Year() >= 1900
}

// rupiah reads a whole number without sign, separator or leading zero.
func rupiah(s string) (int64, bool) {
	if s == "" || len(s) > 18 || !onlyDigits(s) || (len(s) > 1 && s[0] == '0') {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= maxPrice
}

// webAddress reports whether s is an absolute http or https URL without credentials.
func webAddress(s string) bool {
	if utf8.RuneCountInString(s) > maxURL || strings.IndexFunc(s, notInURL) >= 0 {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && u.Hostname() != "" && u.User == nil
}

func notInURL(r rune) bool { return r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r) }
