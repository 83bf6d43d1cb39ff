package reads

import (
	"strings"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/searchtext"
)

// The bounds of a search: every word is one more walk through the index.
const (
	maxWords  = 8
	maxSearch = 200 // bytes
)

// search is a condition on the offerings of that name, such as "o", that each word of the text begins a word of the
// title, the provider or the category. A text without a letter or a digit has no word, and lets everything through.
// The registry keeps the words of an offering in its column search, made by the same package as those of the text,
// so that both databases only compare bytes.
func (r *Reader) search(name string, text *string) (where, error) {
	if text == nil {
		return and(), nil
	}
	if len(*text) > maxSearch {
		return nil, &registry.Error{Code: registry.Invalid, Field: "text", Message: "a search holds at most 200 bytes: leave some words out"}
	}
	words := searchtext.Words(*text)
	if len(words) > maxWords {
		return nil, &registry.Error{Code: registry.Invalid, Field: "text", Message: "a search holds at most 8 words: leave some out"}
	}
	if len(words) == 0 {
		return and(), nil
	}
	return func(args *keyset.Args) []string {
		if r.Dialect == db.Postgres {
			// Character for character the expression of the index offering_search.
			return []string{"array_to_tsvector(string_to_array(" + name + ".search, ' ')) @@ CAST(" + args.Add(prefixes(words, "'", "':*", " & ")) + " AS tsquery)"}
		}
		return []string{name + ".id IN (SELECT rowid FROM offerings_search WHERE offerings_search MATCH " + args.Add(prefixes(words, `"`, `"*`, " ")) + ")"}
	}, nil
}

// prefixes writes a search for words that begin with each of these. They are letters and digits only, so that
// nothing in them is special in either database's language of searches.
func prefixes(words []string, open, end, between string) string {
	return open + strings.Join(words, end+between+open) + end
}
