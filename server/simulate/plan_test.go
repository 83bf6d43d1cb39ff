package simulate_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/rules"
	"gelombang/server/simulate"
	"gelombang/webhooks/payload"
)

var evening = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)

func plan() simulate.Plan {
	return simulate.Plan{
		Count: 2000, Cards: cards(50), Platforms: []string{"pintaria", "tokopedia"}, Seed: 7, At: evening, Within: time.Hour,
		Duplicates: .1, Voids: .2, Disorder: .1,
	}
}

func cards(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("13%014d", i)
	}
	return out
}

func messages(t *testing.T, p simulate.Plan) []simulate.Message {
	t.Helper()
	out, err := p.Messages()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSamePlanMakesTheSameMessages(t *testing.T) {
	if diff := cmp.Diff(messages(t, plan()), messages(t, plan())); diff != "" {
		t.Errorf("two times the same plan:\n%s", diff)
	}
	other := plan()
	other.Seed = 8
	if reflect.DeepEqual(messages(t, plan()), messages(t, other)) {
		t.Error("another seed makes the same messages")
	}
}

func TestAPlanHasTheSharesItWasAskedFor(t *testing.T) {
	all := messages(t, plan())
	if len(all) != 2000 {
		t.Fatalf("%d messages, want 2000", len(all))
	}
	bodies := map[string][]byte{}
	duplicates, voids, early := 0, 0, 0
	purchased := map[string]bool{}
	for _, m := range all {
		event, err := payload.Parse(m.Body)
		if err != nil {
			t.Fatalf("%s: %v", m.Body, err)
		}
		key := m.Platform + " " + m.ID
		if before, seen := bodies[key]; seen {
			if !bytes.Equal(before, m.Body) {
				t.Fatalf("%s has two bodies", key)
			}
			duplicates++
			continue
		}
		bodies[key] = m.Body
		switch e := event.(type) {
		case rules.PurchaseCompleted:
			purchased[m.Platform+e.InvoiceCode] = true
			if e.PurchasedAt.After(evening) || e.PurchasedAt.Before(evening.Add(-time.Hour)) {
				t.Fatalf("bought at %v, outside the hour before %v", e.PurchasedAt, evening)
			}
		case rules.PurchaseVoided:
			voids++
			if !purchased[m.Platform+e.InvoiceCode] {
				early++
			}
		default:
			t.Fatalf("an event of type %s", m.Type)
		}
	}
	for name, c := range map[string]struct{ got, low, high int }{
		"duplicates":                      {duplicates, 130, 240},
		"voids":                           {voids, 220, 380},
		"voids that precede the purchase": {early, 3, 60},
	} {
		if c.got < c.low || c.got > c.high {
			t.Errorf("%d %s of 2000 deliveries, want %d to %d", c.got, name, c.low, c.high)
		}
	}
}

func TestWithoutSharesThereAreOnlySalesInOrder(t *testing.T) {
	p := plan()
	p.Duplicates, p.Voids, p.Disorder, p.Within = 0, 0, 0, 0
	for i, m := range messages(t, p) {
		if want := fmt.Sprintf("SIM-7-%d", i); m.Type != rules.TypePurchaseCompleted || m.Invoice != want {
			t.Fatalf("message %d is %s of %s, want a sale of %s", i, m.Type, m.Invoice, want)
		}
	}
}

func TestPlansThatCannotBeDrawnAreRefused(t *testing.T) {
	for name, change := range map[string]func(*simulate.Plan){
		"no deliveries":        func(p *simulate.Plan) { p.Count = 0 },
		"no cards":             func(p *simulate.Plan) { p.Cards = nil },
		"no platforms":         func(p *simulate.Plan) { p.Platforms = nil },
		"a card of 15 digits":  func(p *simulate.Plan) { p.Cards = []string{"130000000000004"} },
		"a negative time":      func(p *simulate.Plan) { p.Within = -1 },
		"more than everything": func(p *simulate.Plan) { p.Voids = 1.1 },
		"less than nothing":    func(p *simulate.Plan) { p.Duplicates = -.1 },
	} {
		p := plan()
		change(&p)
		if _, err := p.Messages(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
