package notice

import (
	"strings"
	"testing"
)

// The shapes are tested from inside: templates cannot make every text that they must stand.

func TestShortCutsBetweenWords(t *testing.T) {
	word := strings.Repeat("a", 99) // three of them and two spaces are 299
	tests := map[string]struct{ text, want string }{
		"fits":                  {strings.Repeat("é", 300), strings.Repeat("é", 300)},
		"one too many":          {strings.Repeat("é", 301), strings.Repeat("é", 297) + "..."},
		"between words":         {word + " " + word + " " + word + "bb", word + " " + word + "..."},
		"at the bound":          {word + " " + word + " " + strings.Repeat("a", 97) + " bbbb", word + " " + word + " " + strings.Repeat("a", 97) + "..."},
		"after a sentence":      {word + ". " + strings.Repeat("b", 300), word + "."},
		"lines become one":      {" a\n\tb\u2028c \x00", "a b c"},
		"a word alone, two 99s": {strings.Repeat("界", 400), strings.Repeat("界", 297) + "..."},
	}
	for name, tt := range tests {
		if got := short(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestParagraphsHaveOneBlankLineBetweenThem(t *testing.T) {
	if got, want := paragraphs("\n\n a \r\n\n \n\nb\t\nc"), "a\n\nb\nc\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
