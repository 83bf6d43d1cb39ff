package rules_test

import (
	"testing"

	"gelombang/internal/rules"
)

// TestWhoIsAnotherPerson asks in both directions: whoever might be the same person is not another.
func TestWhoIsAnotherPerson(t *testing.T) {
	tests := []struct {
		name string
		a, b string
		want bool
	}{
		{"two persons", "siti", "budi", true},
		{"two addresses", "siti@pmo.go.id", "siti@prakerja.go.id", true},
		{"one is the beginning of the other", "siti", "siti2", true},
		{"the program and a person", "command line", "siti", true},
		{"the same", "siti", "siti", false},
		{"capitals", "siti@pmo.go.id", "Siti@PMO.go.id", false},
		{"a space behind", "siti", "siti ", false},
		{"a tab and a line feed around", "siti", "\tSiti\n", false},
		{"a no-break space behind", "siti", "siti\u00a0", false},
		{"composed and decomposed", "Andr\u00e9", "Andre\u0301", false},
		{"a letter of another alphabet", "siti", "s\u0456ti", false},
		{"an invisible letter", "siti", "si\u200bti", false},
		{"a long s, which folds to s", "siti", "\u017fiti", false},
		{"broken UTF-8", "siti", "siti\xff", false},
		{"a control character inside", "siti", "si\x00ti", false},
		{"nobody", "siti", "", false},
		{"nobody but spaces", "siti", "  ", false},
		{"nobody twice", "", "", false},
	}
	for _, tt := range tests {
		if got, back := rules.OtherPerson(tt.a, tt.b), rules.OtherPerson(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("%s: %q and %q are others: %v, and the other way round %v; want %v", tt.name, tt.a, tt.b, got, back, tt.want)
		}
	}
}
