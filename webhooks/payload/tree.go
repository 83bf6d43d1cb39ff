package payload

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"gelombang/internal/rules"
)

// maxDepth is how deep objects and arrays may be nested; the body itself is level 1.
const maxDepth = 16

// array stands for any array: the contract has none, so that what is in one does not matter.
type array struct{}

// readTree reads a body whose outermost value is an object. It does not use the library's way of
// filling structs, which takes "Type" for "type" and lets the last of two equal keys win. A value
// is a string, a json.Number, a bool, nil, a map[string]any or an [array].
//
// Together with an error it returns what could be read, with nil in place of every value whose key
// occurs more than once.
func readTree(body []byte) (map[string]any, *Error) {
	if !utf8.Valid(body) {
		return nil, &Error{Problem: "is not valid UTF-8", Reason: rules.ReasonMalformed}
	}
	if !json.Valid(body) {
		return nil, &Error{Problem: "is not one JSON value", Reason: rules.ReasonMalformed}
	}
	r := reader{decoder: json.NewDecoder(bytes.NewReader(body))}
	r.decoder.UseNumber()
	root, ok := r.value("", 1).(map[string]any)
	if !ok {
		r.fail("", "must be an object")
	}
	if unpairedSurrogate(body) {
		r.fail("", "has an unpaired surrogate")
	}
	return root, r.err
}

// reader builds the tree and keeps the first problem.
type reader struct {
	decoder *json.Decoder
	err     *Error
	broken  bool // the decoder has stopped for good
}

func (r *reader) fail(path, problem string) {
	if r.err == nil {
		r.err = &Error{Path: path, Problem: problem, Reason: rules.ReasonMalformed}
	}
}

// token returns the next token. The body is known to be JSON, so that there is one wherever one is
// asked for; should the decoder think otherwise, reading ends, with an error.
func (r *reader) token(path string) json.Token {
	token, err := r.decoder.Token()
	if err != nil {
		r.broken = true
		r.fail(path, "is not one JSON value")
	}
	return token
}

// more reports whether the object or array that is being read has another element.
func (r *reader) more() bool { return !r.broken && r.decoder.More() }

func (r *reader) value(path string, depth int) any {
	token := r.token(path)
	delim, nested := token.(json.Delim)
	switch {
	case !nested:
		return token
	case depth > maxDepth:
		r.fail(path, "is nested more than "+strconv.Itoa(maxDepth)+" levels deep")
		r.skip()
		return nil
	case delim == '{':
		return r.object(path, depth)
	default:
		for r.more() {
			r.value(join(path, "*"), depth+1)
		}
		r.token(path)
		return array{}
	}
}

func (r *reader) object(path string, depth int) map[string]any {
	object := make(map[string]any)
	for r.more() {
		key, _ := r.token(path).(string)
		_, twice := object[key]
		at := join(path, key)
		object[key] = r.value(at, depth+1)
		if twice {
			r.fail(at, "occurs more than once")
			object[key] = nil
		}
	}
	r.token(path)
	return object
}

// skip reads to the end of the object or array that has just begun.
func (r *reader) skip() {
	for open := 1; open > 0 && !r.broken; {
		switch r.token("") {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
}

// join appends a name to a path. A name that the contract does not have may itself be personal
// data, and is not shown.
func join(path, name string) string {
	if !contractNames[name] {
		name = "*"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// unpairedSurrogate reports whether a JSON text escapes half of a surrogate pair. The library
// would silently put U+FFFD in its place.
func unpairedSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		unit, ok := escapedUnit(body[i:])
		switch {
		case !ok:
			i++ // what is escaped may itself be a backslash
		case unit >= 0xDC00 && unit <= 0xDFFF:
			return true
		case unit >= 0xD800 && unit <= 0xDBFF:
			low, ok := escapedUnit(body[i+6:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 11
		default:
			i += 5
		}
	}
	return false
}

// escapedUnit reads the \uXXXX with which the text starts, if it does.
func escapedUnit(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}
