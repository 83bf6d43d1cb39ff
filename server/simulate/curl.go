package simulate

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Curl writes a request as a command line for a POSIX shell. The body is given apart, since reading
// a request's uses it up.
func Curl(r *http.Request, body []byte) string {
	var b strings.Builder
	b.WriteString("curl -sS -X " + r.Method + " " + quote(r.URL.String()))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			b.WriteString(" \\\n  -H " + quote(strings.ToLower(name)+": "+value))
		}
	}
	b.WriteString(" \\\n  --data-binary " + quote(string(body)))
	return b.String()
}

// quote quotes a word for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
