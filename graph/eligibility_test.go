package graph_test

import (
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestAPlatformAsksAboutOneCardInARequest: with aliases it could go through card numbers by the thousand.
func TestAPlatformAsksAboutOneCardInARequest(t *testing.T) {
	c := serve(t, newWorld(t, dbtest.New(t, db.SQLite), 3).Registry)
	const ask = `eligibility(cardNumber: "3113000000000001") { mayBuy }`
	tests := []struct {
		name, query string
		allowed     bool
	}{
		{"one", "{ " + ask + " }", true},
		{"one by an alias", "{ a: " + ask + " }", true},
		{"one written twice", "{ " + ask + " " + ask + " }", true},
		{"one, and one that is skipped", "{ " + ask + " a: " + strings.Replace(ask, "{", "@skip(if: true) {", 1) + " }", true},
		{"one, and other things", "{ " + ask + " programme { now } }", true},
		{"two", "{ " + ask + " a: " + ask + " }", false},
		{"thirty", "{" + aliased(30, ask) + " }", false},
		{"two by fragments", "{ ...A ...B } fragment A on Query { a: " + ask + " } fragment B on Query { ... { b: " + ask + " } }", false},
		{"two by a directive that is a variable", "query ($yes: Boolean = true) { " + ask + " a: " + strings.Replace(ask, "{", "@include(if: $yes) {", 1) + " }", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := c.reads.statements.Load()
			a := c.ask(tokopedia, tt.query, nil)
			if want := map[bool]string{true: "", false: "TOO_MANY"}[tt.allowed]; a.code() != want {
				t.Errorf("%q, want %q: %s", a.code(), want, a.text)
			}
			if !tt.allowed && c.reads.statements.Load() != before {
				t.Error("it was asked all the same")
			}
			c.get(officer, tt.query, nil) // the PMO may
		})
	}
}

func TestEveryQuestionOfAPlatformAboutACardIsLogged(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for _, card := range []string{w.cards13[0], "9999999999999999"} {
		c.log.Reset()
		c.get(tokopedia, `query ($card: CardNumber!) { eligibility(cardNumber: $card) { mayBuy } }`, map[string]any{"card": card})
		lines := strings.Split(strings.TrimSpace(c.log.String()), "\n")
		if len(lines) != 1 || !strings.Contains(lines[0], "level=INFO") || !strings.Contains(lines[0], "platform=tokopedia") {
			t.Errorf("logged %q", lines)
		}
		if strings.Contains(c.log.String(), card) || strings.Contains(c.log.String(), card[12:]) {
			t.Errorf("the card is in the log: %s", c.log)
		}
	}
	c.log.Reset()
	c.get(recipient(w.cards13[0]), `query ($card: CardNumber!) { eligibility(cardNumber: $card) { mayBuy } }`, map[string]any{"card": w.cards13[0]})
	if c.log.Len() > 0 {
		t.Errorf("a participant's question is logged: %s", c.log)
	}
}
