package registry_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/ent/offering"
	"gelombang/ent/platform"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// shown is what the catalogue says of an offering.
type shown struct {
	Title     string
	Price     int64 // -1 when it is unknown
	Listed    bool
	Withdrawn string
}

func offeringOf(t *testing.T, d *db.DB, code string) shown {
	t.Helper()
	o, err := d.Client().Offering.Query().Where(offering.CourseCode(code), offering.HasPlatformWith(platform.Code("tokopedia"))).Only(context.Background())
	if err != nil {
		t.Fatalf("load offering %s: %v", code, err)
	}
	return show(o)
}

func show(o *ent.Offering) shown {
	s := shown{Title: o.Title, Price: -1, Listed: o.Listed}
	if o.Price != nil {
		s.Price = *o.Price
	}
	if o.WithdrawnAt != nil {
		s.Withdrawn = o.WithdrawnAt.In(rules.WIB).Format("15:04")
	}
	return s
}

func upserted(code, title string, at time.Time) rules.OfferingUpserted {
	return rules.OfferingUpserted{
		Timestamp: at, CourseCode: code, Title: title, Provider: "PT Contoh", Category: "Mode", Mode: rules.ModeOnline, Price: 500_000, URL: "https://contoh.id/" + code,
	}
}

// TestTheCatalogueIsAFunctionOfTheEvents sends the events about an offering in every order, one by one and in
// one group.
func TestTheCatalogueIsAFunctionOfTheEvents(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2021, 4, 6, hour, 0, 0, 0, rules.WIB) }
	first := func(code, _ string) rules.Event { return upserted(code, "first", at(9)) }
	second := func(code, _ string) rules.Event { return upserted(code, "second", at(11)) }
	withdrawn := func(hour int) func(code, _ string) rules.Event {
		return func(code, _ string) rules.Event {
			return rules.OfferingWithdrawn{Timestamp: at(hour), CourseCode: code}
		}
	}
	purchase := func(code, card string) rules.Event {
		e := registrytest.Bought("INV-"+code, card, at(8))
		e.CourseCode, e.CourseTitle = code, "as sold"
		return e
	}
	tests := []struct {
		name   string
		events []func(code, card string) rules.Event
		want   shown
	}{
		{"described twice", []func(string, string) rules.Event{first, second}, shown{"second", 500_000, true, ""}},
		{"withdrawn after both descriptions", []func(string, string) rules.Event{first, second, withdrawn(12)}, shown{"second", 500_000, true, "12:00"}},
		{"withdrawn between the descriptions", []func(string, string) rules.Event{first, second, withdrawn(10)}, shown{"second", 500_000, true, ""}},
		{"withdrawn at the instant of a description", []func(string, string) rules.Event{first, second, withdrawn(11)}, shown{"second", 500_000, true, "11:00"}},
		{"withdrawn twice", []func(string, string) rules.Event{first, withdrawn(10), withdrawn(12)}, shown{"first", 500_000, true, "12:00"}},
		{"sold and then described", []func(string, string) rules.Event{purchase, second}, shown{"second", 500_000, true, ""}},
		{"sold and withdrawn, never described", []func(string, string) rules.Event{purchase, withdrawn(10)}, shown{"as sold", -1, false, "10:00"}},
		{"sold, described and withdrawn", []func(string, string) rules.Event{purchase, second, withdrawn(12)}, shown{"second", 500_000, true, "12:00"}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		codes := 0
		for _, tt := range tests {
			for _, order := range permutations(len(tt.events)) {
				for _, together := range []bool{false, true} {
					codes++
					code := fmt.Sprintf("C-%d", codes)
					var messages []registry.Submission
					for _, i := range order {
						messages = append(messages, f.Message("tokopedia", tt.events[i](code, card)))
					}
					sendAll(f, messages, together)
					if diff := cmp.Diff(tt.want, offeringOf(t, d, code)); diff != "" {
						t.Errorf("%s, in the order %v, together %t (-want +got):\n%s", tt.name, order, together, diff)
					}
				}
			}
		}
		if held := quarantine(t, d); held != nil {
			t.Errorf("left in quarantine: %v", held)
		}
	})
}

// permutations lists every order of the first n numbers.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, shorter := range permutations(n - 1) {
		for i := range n {
			order := append(append(append([]int{}, shorter[:i]...), n-1), shorter[i:]...)
			all = append(all, order)
		}
	}
	return all
}

func TestAWithdrawalWaitsForItsOffering(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		got := f.Send(f.Message("tokopedia", rules.OfferingWithdrawn{Timestamp: f.Now(), CourseCode: "C-9"}))[0]
		if got.Reason != rules.ReasonUnknownOffering {
			t.Fatalf("a withdrawal of what was never seen: %+v", got)
		}
		// The same course code at another platform is another offering.
		f.Send(f.Message("pintaria", upserted("C-9", "other", f.Now().Add(-time.Hour))))
		if diff := cmp.Diff([]string{"offering.withdrawn UNKNOWN_OFFERING"}, quarantine(t, d)); diff != "" {
			t.Errorf("quarantine (-want +got):\n%s", diff)
		}
		// What a person enters is as good as an event.
		in := registry.Offering{Platform: "tokopedia", CourseCode: "C-9", Title: "Menjahit", Mode: rules.ModeOnline, Price: 500_000}
		if _, err := f.PutOffering(context.Background(), registrytest.Officer, in); err != nil {
			t.Fatal(err)
		}
		if held := quarantine(t, d); held != nil {
			t.Errorf("left in quarantine: %v", held)
		}
	})
}

// TestOfferingsAsAPersonEntersThem puts, repeats, withdraws and puts again.
func TestOfferingsAsAPersonEntersThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ctx := context.Background()
		in := []registry.Offering{
			{CourseCode: "C-1", Title: "Menjahit", Mode: rules.ModeOnline, Price: 500_000, URL: "https://contoh.id/1"},
			{CourseCode: "C-2", Title: "Memasak", Price: 250_000},
			{CourseCode: "C-1", Title: "Menjahit", Mode: rules.ModeOnline, Price: 500_000, URL: "https://contoh.id/1"},
		}
		put := func(want int) {
			t.Helper()
			if n, err := f.PutOfferings(ctx, registrytest.Officer, "tokopedia", in); n != want || err != nil {
				t.Errorf("changed %d (%v), want %d", n, err, want)
			}
		}
		put(2)
		put(0)
		if o, err := f.WithdrawOffering(ctx, registrytest.Officer, "tokopedia", "C-1"); err != nil || o.WithdrawnAt == nil {
			t.Errorf("withdrawn: %v, %v", o, err)
		}
		first := offeringOf(t, d, "C-1")
		f.Clock.Set(f.Clock.Now().Add(time.Hour))
		if _, err := f.WithdrawOffering(ctx, registrytest.Officer, "tokopedia", "C-1"); err != nil || offeringOf(t, d, "C-1") != first {
			t.Errorf("withdrawn again: %v, %v", offeringOf(t, d, "C-1"), err)
		}
		put(1) // on sale again
		if diff := cmp.Diff(shown{"Menjahit", 500_000, true, ""}, offeringOf(t, d, "C-1")); diff != "" {
			t.Errorf("put again (-want +got):\n%s", diff)
		}
		// An event that is ahead of our clock does not keep a person from changing the offering.
		f.Send(f.Message("tokopedia", rules.OfferingWithdrawn{Timestamp: f.Clock.Now().Add(4 * time.Minute), CourseCode: "C-2"}))
		put(1)
		if diff := cmp.Diff(shown{"Memasak", 250_000, true, ""}, offeringOf(t, d, "C-2")); diff != "" {
			t.Errorf("put after an event from ahead (-want +got):\n%s", diff)
		}
		_, err := f.WithdrawOffering(ctx, registrytest.Officer, "tokopedia", "C-99")
		checkError(t, "withdraw what is not there", err, registry.NotFound, "courseCode")
		_, err = f.WithdrawOffering(ctx, registrytest.Officer, "nobody", "C-1")
		checkError(t, "withdraw at no platform", err, registry.NotFound, "platform")
	})
}

// TestOfferingsAreRefusedTogether says what is wrong with one of a list, and takes over none.
func TestOfferingsAreRefusedTogether(t *testing.T) {
	good := registry.Offering{CourseCode: "C-1", Title: "Menjahit", Price: 1}
	with := func(change func(*registry.Offering)) registry.Offering {
		o := good
		change(&o)
		return o
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for field, bad := range map[string]registry.Offering{
			"courseCode": with(func(o *registry.Offering) { o.CourseCode = strings.Repeat("C", 129) }),
			"title":      with(func(o *registry.Offering) { o.Title = " Menjahit" }),
			"provider":   with(func(o *registry.Offering) { o.Provider = "a\x01b" }),
			"price":      with(func(o *registry.Offering) { o.Price = -1 }),
			"mode":       with(func(o *registry.Offering) { o.Mode = "AT_SEA" }),
			"url":        with(func(o *registry.Offering) { o.URL = "contoh.id/1" }),
		} {
			n, err := f.PutOfferings(context.Background(), registrytest.Officer, "tokopedia", []registry.Offering{good, bad})
			checkError(t, field, err, registry.Invalid, field)
			if n != 0 {
				t.Errorf("%s: %d changed", field, n)
			}
		}
		_, err := f.PutOfferings(context.Background(), registrytest.Officer, "nobody", []registry.Offering{good})
		checkError(t, "at no platform", err, registry.NotFound, "platform")
		if n, err := d.Client().Offering.Query().Count(context.Background()); n != 0 || err != nil {
			t.Errorf("%d offerings (%v)", n, err)
		}
	})
}

// TestTheLatestDescriptionWinsAmongServers has servers describe one offering at the same time.
func TestTheLatestDescriptionWinsAmongServers(t *testing.T) {
	const rounds, descriptions = 10, 6
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for round := range rounds {
			code := fmt.Sprintf("C-%d", round)
			var wg sync.WaitGroup
			for i := range descriptions {
				m := f.Message("tokopedia", upserted(code, fmt.Sprintf("description %d", i), f.Now().Add(time.Duration(i-descriptions)*time.Minute)))
				wg.Go(func() {
					if got := f.Submit(context.Background(), []registry.Submission{m})[0]; got.Status != registry.Applied {
						t.Errorf("description %d: %+v", i, got)
					}
				})
			}
			wg.Wait()
			if got, want := offeringOf(t, d, code).Title, fmt.Sprintf("description %d", descriptions-1); got != want {
				t.Errorf("round %d ended with %q, want %q", round, got, want)
			}
		}
	})
}
