package graph

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/internal/viewer"
)

// catalogue are the root fields whose answers to somebody without a token are the same for everybody, and change
// seldom enough to be a minute old.
var catalogue = map[string]bool{"offerings": true, "platforms": true, "platform": true, "provinces": true, "__typename": true}

const publicFor = "public, max-age=60"

// public reports whether any cache may keep the answer to the operation, if it is one without errors: a GET, or
// HEAD, without a token, about the catalogue alone.
func (x exchange) public(op *graphql.OperationContext) bool {
	if x.r.Method == http.MethodPost || x.asking.Role != viewer.Anonymous || op.Operation.Operation != ast.Query {
		return false
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{x.schema.Schema().Query.Name}) {
		if !catalogue[f.Name] {
			return false
		}
	}
	return true
}

// writePublic writes an answer that caches may keep, or says that the client's own copy is still good (RFC 9110,
// section 13.1.2). The answer depends on the media types that the client accepts, and on there being no token.
func (x exchange) writePublic(text []byte) {
	tag := entityTag(x.media, text)
	h := x.w.Header()
	h.Set("Cache-Control", publicFor)
	h.Set("ETag", tag)
	h.Set("Vary", "Accept, Authorization")
	if hasTag(x.r.Header.Values("If-None-Match"), tag) {
		x.w.WriteHeader(http.StatusNotModified)
		return
	}
	x.send(http.StatusOK, text)
}

// entityTag is a strong one: it differs wherever the media type or a byte does.
func entityTag(media string, text []byte) string {
	hash := sha256.New()
	hash.Write([]byte(media + "\n"))
	hash.Write(text)
	return `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18]) + `"`
}

// hasTag reports whether the values of an If-None-Match header name the tag, which is a strong one. Weak tags
// count as well (weak comparison, RFC 9110, section 8.8.3.2), and * names every tag. What follows something that
// is no tag is not read.
func hasTag(values []string, tag string) bool {
	rest := strings.Join(values, ",")
	if strings.TrimSpace(rest) == "*" {
		return true
	}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		opaque := strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(opaque, `"`) {
			return false
		}
		end := strings.IndexByte(opaque[1:], '"')
		if end < 0 {
			return false
		}
		if opaque[:end+2] == tag {
			return true
		}
		rest = opaque[end+2:]
	}
}
