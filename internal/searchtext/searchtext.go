// Package searchtext makes the text in which the catalogue is searched: words of letters and digits, without
// capitals, accents and punctuation. It is made here, in one place, for what is stored and for what is asked, so
// that both databases find the same: neither has a say in what a word is.
package searchtext

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// The bounds of what is kept. A title of the longest kind, with its provider and category, stays below them
// unless it is made of signs that stand for whole phrases.
const (
	maxWord = 64       // characters; the rest of a longer word is left out, in texts and searches alike
	maxText = 8 * 1024 // bytes; words from there on are left out
)

// Of returns the words of the parts, in order, with single spaces between them. It is the empty text when there
// are none, and the same text again when it is given its own result.
func Of(parts ...string) string {
	var out strings.Builder
	for _, part := range parts {
		for _, word := range Words(part) {
			if out.Len()+1+len(word) > maxText {
				return out.String()
			}
			if out.Len() > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(word)
		}
	}
	return out.String()
}

// Words returns the words of a text, in order: compatible forms are one (ﬁ is fi, ² is 2), marks are taken off (é
// is e), capitals are folded (ß is ss). What is neither a letter nor a digit separates words. Invalid UTF-8
// separates words too.
func Words(text string) []string {
	// A fold keeps state between calls, so that each call has its own. It comes after the marks, for no letter
	// that it brings has one. Cherokee, alone, it folds to capitals and capitals to small letters.
	fold := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.M)), cases.Fold(), runes.Map(unicode.ToLower))
	folded, _, err := transform.String(fold, text)
	if err != nil {
		// None of these refuses a text; were it to happen, the text as it is still has words.
		folded = text
	}
	words := strings.FieldsFunc(folded, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	for i, word := range words {
		words[i] = shorten(word)
	}
	return words
}

// shorten returns the first maxWord characters of a word.
func shorten(word string) string {
	n := 0
	for i := range word {
		if n == maxWord {
			return word[:i]
		}
		n++
	}
	return word
}
