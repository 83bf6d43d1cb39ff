// Package trusted reads the manifest of trusted documents: the GraphQL documents that were collected from the
// applications when these were built, each under an id by which a request names it. It knows the two forms that
// clients' tools write, Relay's persisted queries and Apollo's manifest, and what an id may look like. Whether a
// document is a valid one is for package graph to say.
package trusted

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Documents are the documents of a manifest. The nil value holds none.
type Documents struct {
	byID   map[string]string // by the manifest's ids, without the prefix sha256:
	byHash map[string]string // by the SHA-256 of their texts, in lower-case hex
}

// ErrManifest says that the manifest is not of one of the two forms. The text of the error says why.
var ErrManifest = errors.New("not a manifest of trusted documents")

// DocumentError is what is wrong with one document of a manifest.
type DocumentError struct {
	ID  string // as the manifest has it
	Err error
}

// Error implements error.
func (e *DocumentError) Error() string { return fmt.Sprintf("document %.100q: %v", e.ID, e.Err) }

// Unwrap returns what is wrong.
func (e *DocumentError) Unwrap() error { return e.Err }

// What can be wrong with a document, in a [DocumentError].
var (
	ErrID    = errors.New("the id is not one that a request can name: 1 to 256 letters, digits and - . _ ~, alone or after the prefix sha256: or one that begins with x-")
	ErrHash  = errors.New("the id has 64 hex digits but is not the SHA-256 of the text: the text was changed after the id was made")
	ErrTwice = errors.New("the id occurs twice, with different texts")
	ErrText  = errors.New("the text is missing or empty, or no text")
)

// The prefixes and the characters of ids are those of the appendix on persisted documents of GraphQL over HTTP.
var (
	wellFormed = regexp.MustCompile(`^(x-[A-Za-z0-9._~-]+:)?[A-Za-z0-9._~-]+$`)
	hexDigest  = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)
)

const (
	hashPrefix = "sha256:"
	longestID  = 256 // bytes
)

// Parse reads a manifest: an object of ids and texts, as Relay's compiler writes it, or an object with the format
// "apollo-persisted-query-manifest", version 1, and the list of operations. An id of 64 hex digits must be the
// SHA-256 of the text. The error wraps [ErrManifest], or is a [DocumentError] for each document that is wrong,
// joined, twenty at most.
func Parse(manifest []byte) (*Documents, error) {
	if !utf8.Valid(manifest) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrManifest)
	}
	entries, err := members(manifest)
	if err != nil {
		return nil, err
	}
	if isApollo(entries) {
		entries, err = apollo(manifest)
		if err != nil {
			return nil, err
		}
	}
	return collect(entries)
}

// entry is one document as the manifest has it.
type entry struct {
	id   string
	text json.RawMessage
}

// members reads the object that a manifest is, in its order and with repeated names.
func members(manifest []byte) ([]entry, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(manifest, []byte("\xef\xbb\xbf"))))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%w: it is not a JSON object", ErrManifest)
	}
	var all []entry
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: it is not well-formed JSON: %w", ErrManifest, err)
		}
		id, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("%w: it is not well-formed JSON", ErrManifest)
		}
		e := entry{id: id}
		if err := dec.Decode(&e.text); err != nil {
			return nil, fmt.Errorf("%w: it is not well-formed JSON: %w", ErrManifest, err)
		}
		all = append(all, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%w: it is not well-formed JSON: %w", ErrManifest, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the object", ErrManifest)
	}
	return all, nil
}

const apolloFormat = "apollo-persisted-query-manifest"

func isApollo(all []entry) bool {
	return slices.ContainsFunc(all, func(e entry) bool { return e.id == "format" && string(e.text) == `"`+apolloFormat+`"` })
}

func apollo(manifest []byte) ([]entry, error) {
	var in struct {
		Version    json.Number `json:"version"`
		Operations []struct {
			ID   string          `json:"id"`
			Body json.RawMessage `json:"body"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(manifest, []byte("\xef\xbb\xbf")), &in); err != nil {
		return nil, fmt.Errorf("%w: its operations are not a list of objects with id and body: %w", ErrManifest, err)
	}
	if in.Version != "1" {
		return nil, fmt.Errorf("%w: its version is %.20q, and 1 is the one we know", ErrManifest, in.Version)
	}
	all := make([]entry, len(in.Operations))
	for i, op := range in.Operations {
		all[i] = entry{id: op.ID, text: op.Body}
	}
	return all, nil
}

// mostErrors is how many documents are told of at once.
const mostErrors = 20

func collect(all []entry) (*Documents, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: it holds no document", ErrManifest)
	}
	d := &Documents{byID: make(map[string]string, len(all)), byHash: make(map[string]string, len(all))}
	var wrong []error
	for _, e := range all {
		if err := d.add(e); err != nil && len(wrong) < mostErrors {
			wrong = append(wrong, &DocumentError{ID: e.id, Err: err})
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return d, nil
}

func (d *Documents) add(e entry) error {
	var text string
	if err := json.Unmarshal(e.text, &text); err != nil || strings.TrimSpace(text) == "" {
		return ErrText
	}
	id, ok := normal(e.id)
	if !ok {
		return ErrID
	}
	hash := Hash(text)
	if hexDigest.MatchString(id) && id != hash {
		return ErrHash
	}
	if earlier, taken := d.byID[id]; taken && earlier != text {
		return ErrTwice
	}
	d.byID[id], d.byHash[hash] = text, text
	return nil
}

// normal returns the id under which a document is kept: a SHA-256 in lower case and without its prefix.
func normal(id string) (string, bool) {
	digest, prefixed := strings.CutPrefix(id, hashPrefix)
	if hexDigest.MatchString(digest) {
		return strings.ToLower(digest), true
	}
	return id, !prefixed && len(id) <= longestID && wellFormed.MatchString(id)
}

// Hash returns the SHA-256 of a document's text, in lower-case hex.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Find returns the text of the document that a request names: by the id that the manifest has for it, or by its
// SHA-256, with or without the prefix sha256:.
func (d *Documents) Find(id string) (text string, found bool) {
	if d == nil {
		return "", false
	}
	id, ok := normal(id)
	if !ok {
		return "", false
	}
	if text, found = d.byID[id]; !found {
		text, found = d.byHash[id]
	}
	return text, found
}

// Len returns how many ids there are.
func (d *Documents) Len() int {
	if d == nil {
		return 0
	}
	return len(d.byID)
}

// Check calls check with each document's text, in the order of their ids, and returns a [DocumentError] for each
// that check finds wrong, joined, twenty at most.
func (d *Documents) Check(check func(text string) error) error {
	if d == nil {
		return nil
	}
	var wrong []error
	for _, id := range slices.Sorted(maps.Keys(d.byID)) {
		if err := check(d.byID[id]); err != nil && len(wrong) < mostErrors {
			wrong = append(wrong, &DocumentError{ID: id, Err: err})
		}
	}
	return errors.Join(wrong...)
}
