package graph_test

import (
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/seed"
	"gelombang/webhooks/payload"
)

// question is a heading of the analysts' guide and a query below it.
type question struct{ heading, query string }

func questions(t *testing.T) []question {
	t.Helper()
	guide, err := os.ReadFile("../docs/analysts.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []question
	for _, section := range strings.Split(string(guide), "\n## ")[1:] {
		heading, _, _ := strings.Cut(section, "\n")
		for _, block := range regexp.MustCompile("(?s)```graphql\n(.*?)```").FindAllStringSubmatch(section, -1) {
			found = append(found, question{heading, block[1]})
		}
	}
	if len(found) < 12 {
		t.Fatalf("the guide asks %d questions only", len(found))
	}
	return found
}

// TestTheAnalystsGuideAnswersItsQuestions asks every question of the guide on the evening of the demonstration. Each
// is answered, and with something.
func TestTheAnalystsGuideAnswersItsQuestions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := serve(t, evening(t, d))
		for _, q := range questions(t) {
			t.Run(q.heading, func(t *testing.T) {
				a := c.get(analyst, q.query, nil)
				if !strings.Contains(a.text, `"rows":[{`) && !strings.Contains(a.text, `"nodes":[{`) && !strings.Contains(a.text, `"points":[{`) && !strings.Contains(a.text, `"recipients":6`) {
					t.Errorf("the answer is empty: %.500s", a.text)
				}
				if strings.Contains(a.text, "Peserta") || regexp.MustCompile(`"cardNumber":"\d`).MatchString(a.text) {
					t.Errorf("personal data: %.500s", a.text)
				}
			})
		}
	})
}

// evening makes the evening of the demonstration.
func evening(t testing.TB, d *db.DB) *registry.Registry {
	t.Helper()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.New(registry.Config{
		DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: func() time.Time { return seed.Evening },
		Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Demo(context.Background(), reg, seed.DemoOptions{Scale: 0.001, Disposable: true}); err != nil {
		t.Fatal(err)
	}
	return reg
}
