package payload

import (
	"strings"
	"time"
)

// Event times outside these years (UTC, inclusive) are mistakes, not events.
const (
	minYear = 2000
	maxYear = 2100
)

func (f *fields) time(name string) time.Time {
	s, ok := f.str(name)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if !rfc3339(s) || err != nil {
		f.fail(name, "must be an RFC 3339 time with seconds and an offset")
		return time.Time{}
	}
	t = canonicalTime(t)
	if t.Year() < minYear || t.Year() > maxYear {
		f.fail(name, "must lie in the years 2000 to 2100")
		return time.Time{}
	}
	return t
}

// canonicalTime is how a time is kept: UTC, cut to the microsecond, as databases keep it.
func canonicalTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

const digits = "0123456789"

// rfc3339 reports whether a text has the shape that RFC 3339 prescribes. The library is looser:
// it takes an hour of one digit, a comma for the point and an offset of 24 hours or more
// (https://go.dev/issue/54580). Whether there is such a day is left to the library.
func rfc3339(s string) bool {
	const upToSeconds = "0000-00-00T00:00:00"
	if len(s) <= len(upToSeconds) || !shaped(s[:len(upToSeconds)], upToSeconds) {
		return false
	}
	offset := s[len(upToSeconds):]
	if fraction, ok := strings.CutPrefix(offset, "."); ok {
		offset = strings.TrimLeft(fraction, digits)
		if offset == fraction {
			return false
		}
	}
	switch {
	case offset == "Z":
		return true
	case shaped(offset, "+00:00"), shaped(offset, "-00:00"):
		return offset[1:3] < "24" && offset[4:6] < "60"
	default:
		return false
	}
}

// shaped reports whether s is the shape with any digit in place of each zero.
func shaped(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if shape[i] == '0' && strings.IndexByte(digits, s[i]) < 0 || shape[i] != '0' && s[i] != shape[i] {
			return false
		}
	}
	return true
}
