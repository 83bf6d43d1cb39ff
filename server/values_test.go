package main

import "testing"

func TestWordsAreListedForASentence(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "v1": {"v1"}, "v1 or pmo": {"v1", "pmo"}, "a, b or c": {"a", "b", "c"}} {
		if got := oneOf(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
