package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"gelombang/graph/trusted"
	"gelombang/internal/viewer"
)

// documents are what a request may name instead of sending its document.
type documents struct {
	trusted   *trusted.Documents
	only      func(viewer.Viewer) bool // who may run trusted documents only
	automatic textCache                // what clients sent with a hash, for the next time (Apollo's automatic persisted queries)
}

var (
	errNoDocument = &refusal{status: http.StatusBadRequest, code: codeNoDocument, message: "no trusted document has this id"}
	errNotTrusted = &refusal{status: http.StatusForbidden, code: codeNotTrusted, message: "your role may run trusted documents only: name one by `documentId`"}
	errNamedTwice = refuse(http.StatusBadRequest, "name the document once: by `query`, by `documentId`, or by a hash in `extensions.persistedQuery`")
	errNoQuery    = refuse(http.StatusBadRequest, "`query` is missing")
	errWrongHash  = refuse(http.StatusBadRequest, "`sha256Hash` is not the SHA-256 of `query`")
	errBadHash    = refuse(http.StatusBadRequest, "`extensions.persistedQuery` is not an object with `version` 1 and `sha256Hash` (text)")
	// errNotPersisted is a 200 with this very message: by it Apollo's clients know that they must send the query.
	errNotPersisted = &refusal{status: http.StatusOK, code: codeNotPersisted, message: "PersistedQueryNotFound"}
)

// text returns the text of the request's document. The request sends it as query, or names a trusted one by
// documentId, or either by Apollo's hash.
func (d documents) text(ctx context.Context, in wire, asking viewer.Viewer) (string, *refusal) {
	query := text(in.Query)
	hash, refused := in.persistedHash()
	switch {
	case refused != nil:
		return "", refused
	case in.DocumentID != nil && (query != "" || hash != ""):
		return "", errNamedTwice
	case in.DocumentID != nil:
		return d.byID(*in.DocumentID)
	case hash != "" && query == "":
		return d.byHash(ctx, hash, asking)
	case query == "":
		return "", errNoQuery
	case hash != "" && hash != trusted.Hash(query):
		return "", errWrongHash
	case d.only(asking):
		if _, known := d.trusted.Find(hash); !known {
			return "", errNotTrusted
		}
	case hash != "":
		d.automatic.Add(ctx, hash, query)
	}
	return query, nil
}

func (d documents) byID(id string) (string, *refusal) {
	if query, found := d.trusted.Find(id); found {
		return query, nil
	}
	return "", errNoDocument
}

// byHash finds what Apollo's clients name: a trusted document, by whatever id the manifest has for it, or one that
// was sent before. A client whose role may not send one is not asked for it.
func (d documents) byHash(ctx context.Context, hash string, asking viewer.Viewer) (string, *refusal) {
	if query, found := d.trusted.Find(hash); found {
		return query, nil
	}
	if d.only(asking) {
		return "", errNoDocument
	}
	if query, found := d.automatic.Get(ctx, hash); found {
		return query, nil
	}
	return "", errNotPersisted
}

// persistedHash returns the hash of extensions.persistedQuery, empty when there is none.
func (in wire) persistedHash() (string, *refusal) {
	given := in.Extensions["persistedQuery"]
	if given == nil {
		return "", nil
	}
	object, _ := given.(map[string]any)
	hash, _ := object["sha256Hash"].(string)
	if object["version"] != json.Number("1") || hash == "" {
		return "", errBadHash
	}
	if len(hash) == len(trusted.Hash("")) {
		hash = strings.ToLower(hash)
	}
	return hash, nil
}

// runnable returns what keeps a trusted document from being run by anybody: what the limits or the schema say.
func (h *handler) runnable(query string) error {
	if beyond := beyondLimits(query); beyond != nil {
		return beyond
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return err
	}
	if len(doc.Operations) == 0 {
		return fmt.Errorf("there is no operation in it")
	}
	if errs := validator.ValidateWithRules(h.schema.Schema(), doc, defaultRules()); len(errs) > 0 {
		return errs[0] // one says enough
	}
	return nil
}
