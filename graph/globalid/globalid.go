// Package globalid makes and reads the opaque ids of the Node interface: the type's name and the row's
// id, in base64url. Clients must not look inside; nothing depends on their being secret.
package globalid

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// encoding is strict, so that no two texts stand for one id.
var encoding = base64.RawURLEncoding.Strict()

// Encode returns the global id of the object of the type with the row id.
func Encode(typeName string, id int) string {
	return encoding.EncodeToString([]byte(typeName + ":" + strconv.Itoa(id)))
}

// Decode is the inverse of [Encode]. It reports false for what Encode does not make.
func Decode(s string) (typeName string, id int, ok bool) {
	const longest = 64 // characters; the longest name with the longest number is shorter
	if len(s) > longest {
		return "", 0, false
	}
	raw, err := encoding.DecodeString(s)
	if err != nil {
		return "", 0, false
	}
	typeName, digits, found := strings.Cut(string(raw), ":")
	id, err = strconv.Atoi(digits)
	if !found || err != nil || id < 0 || Encode(typeName, id) != s {
		return "", 0, false
	}
	return typeName, id, true
}

// Row returns the row id in a global id of the given type. It reports false for anything else.
func Row(typeName, s string) (int, bool) {
	name, id, ok := Decode(s)
	return id, ok && name == typeName
}
