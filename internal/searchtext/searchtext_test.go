package searchtext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/searchtext"
)

func TestWords(t *testing.T) {
	tests := map[string]string{
		"":                         "",
		" \t\n%_\\":                "",
		"Membuat Roti, Kue":        "membuat|roti|kue",
		"ÉCLAIR e\u0301clair":      "eclair|eclair",
		"Türkçe İstanbul ışık":     "turkce|istanbul|ısık",
		"ΣΊΣΥΦΟΣ σίσυφος":          "σισυφοσ|σισυφοσ",
		"Straße STRASSE":           "strasse|strasse",
		"\u212aelvin ﬁnal x² Ⅳ":    "kelvin|final|x2|iv",
		"100% 1e5 3d 3.14 -7":      "100|1e5|3d|3|14|7",
		"a@b.co/d?e=f C++ node.js": "a|b|co|d|e|f|c|node|js",
		"Ярмарка 日本語 ﷺ":            "ярмарка|日本語|صلى|الله|عليه|وسلم",
		"it's soft\u00adhyphen":    "it|s|soft|hyphen",
		"\uab70 \u13a0":            "\uab70|\uab70",
		"a\xffb\x00c\ufffdd":       "a|b|c|d",
	}
	for text, want := range tests {
		if got := strings.Join(searchtext.Words(text), "|"); got != want {
			t.Errorf("%q has the words %s, want %s", text, got, want)
		}
	}
}

func TestATextIsTheWordsOfItsParts(t *testing.T) {
	if got, want := searchtext.Of("Roti & Kue", "", "Dapur-Ku"), "roti kue dapur ku"; got != want {
		t.Errorf("made %q, want %q", got, want)
	}
}

func TestLongWordsAndTextsAreCut(t *testing.T) {
	word := strings.Repeat("ж", 64)
	if diff := cmp.Diff([]string{word, "b"}, searchtext.Words(word+strings.Repeat("a", 5000)+" b")); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if got := searchtext.Of(strings.Repeat("\ufdfa", 500), "last"); len(got) > 8192 || len(got) < 8192-64 || strings.Contains(got, "last") || strings.HasSuffix(got, " ") {
		t.Errorf("%d bytes, at the end %q", len(got), got[len(got)-10:])
	}
}

// TestATextIsItsOwnText: what is stored, asked again, finds itself.
func TestATextIsItsOwnText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\pL\pM\pN\pZ\pS]{0,40}`)).Draw(t, "text")
		once := searchtext.Of(text)
		if again := searchtext.Of(once); again != once || !utf8.ValidString(once) {
			t.Fatalf("%q became %q and then %q", text, once, again)
		}
	})
}
