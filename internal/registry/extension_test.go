package registry_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// longer is the deadline of cohort 13 after the extension of these tests, exclusive: the last day is 15 April.
var longer = wib("2021-04-16T00:00:00")

func extend(f *registrytest.Fixture, in registry.ExtendDeadline) (int, error) {
	in.Cohort = 13
	if in.LastDay.IsZero() {
		in.LastDay = wib("2021-04-15T18:00:00")
	}
	if in.Reference == "" {
		in.Reference = "SE 1/2021"
	}
	if in.Reason == "" {
		in.Reason = "flood"
	}
	x, err := f.ExtendDeadline(context.Background(), registrytest.Officer, in)
	if err != nil {
		return 0, err
	}
	return x.Participants, nil
}

// TestAnExtensionTakesEffectOnWhatIsRecordedAlready plays every scope on participants in every situation.
func TestAnExtensionTakesEffectOnWhatIsRecordedAlready(t *testing.T) {
	now := deadline13.Add(25 * time.Hour)
	tests := []struct {
		name    string
		play    func(s *scene)
		want    state
		history []string // of the extension
		reviews []string
	}{
		{
			"who has bought nothing has time again", func(*scene) {},
			state{Status: rules.StatusAwaiting, Balance: 1_000_000}, []string{"PERSON: extended"}, nil,
		},
		{
			"a purchase that was late counts",
			func(s *scene) { s.buys("tokopedia", "A", deadline13.Add(24*time.Hour)) },
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000}, []string{"PERSON: bought, extended"}, nil,
		},
		{
			"who has bought keeps the first purchase",
			func(s *scene) {
				s.buys("tokopedia", "A", wib("2021-03-20T10:00:00"))
				s.buys("tokopedia", "B", deadline13)
			},
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 500_000}, []string{"PERSON: extended"}, nil,
		},
		{
			"a void that came after the deadline lies before it",
			func(s *scene) {
				s.buys("tokopedia", "A", wib("2021-03-20T10:00:00"))
				s.voids("tokopedia", "A", deadline13)
			},
			state{Status: rules.StatusAwaiting, Balance: 1_000_000}, []string{"PERSON: extended, review closed"}, []string{"VOID_AFTER_DEADLINE MOOT"},
		},
		{
			"what a person decided stays",
			func(s *scene) {
				s.buys("tokopedia", "A", wib("2021-03-20T10:00:00"))
				s.voids("tokopedia", "A", deadline13)
				s.decides(rules.DecisionUphold)
			},
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 1_000_000}, []string{"PERSON: extended"}, []string{"VOID_AFTER_DEADLINE DECIDED UPHOLD by officer-1"},
		},
		{
			"a revocation does not end by it alone",
			func(s *scene) { s.revokes() },
			state{Status: rules.StatusRevoked, Balance: 1_000_000, Revoked: true}, []string{"PERSON: extended"}, nil,
		},
		{
			"a revocation ends with a purchase in the longer window",
			func(s *scene) {
				s.buys("tokopedia", "A", deadline13)
				s.revokes()
			},
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000}, []string{"PERSON: bought, extended, reinstated"}, nil,
		},
	}
	var names []string
	for _, tt := range tests {
		names = append(names, tt.name)
	}
	for _, scope := range rules.ExtensionScope("").Values() {
		t.Run(scope, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				f := registrytest.New(t, d)
				if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta"}); err != nil {
					t.Fatal(err)
				}
				var all []*scene
				var cards []string
				var earlier []int // entries of the history before the extension
				scenes(t, d, f, names, func(s *scene, i int) {
					s.Clock.Set(now)
					tests[i].play(s)
					all, cards, earlier = append(all, s), append(cards, s.card), append(earlier, len(s.history()))
				})
				f.Clock.Set(now.Add(time.Minute))
				in := registry.ExtendDeadline{Scope: rules.ExtensionScope(scope)}
				switch in.Scope {
				case rules.ExtendCohort:
				case rules.ExtendProvince:
					in.Province = "31"
				case rules.ExtendCards:
					in.Cards = append(cards, cards...) // a card named twice is one
				}
				if n, err := extend(f, in); n != len(tests) || err != nil {
					t.Fatalf("moved %d deadlines (%v), want %d", n, err, len(tests))
				}
				for i, tt := range tests {
					s := all[i]
					s.t = t
					if diff := cmp.Diff(tt.want, s.state()); diff != "" {
						t.Errorf("%s: state (-want +got):\n%s", tt.name, diff)
					}
					if diff := cmp.Diff(tt.history, s.history()[earlier[i]:]); diff != "" {
						t.Errorf("%s: history (-want +got):\n%s", tt.name, diff)
					}
					if diff := cmp.Diff(tt.reviews, s.reviews()); diff != "" {
						t.Errorf("%s: reviews (-want +got):\n%s", tt.name, diff)
					}
					if got := s.participant().Deadline; !got.Equal(longer) {
						t.Errorf("%s: deadline %v, want %v", tt.name, got, longer)
					}
					last := s.participant().Edges.History[earlier[i]]
					if last.Actor != "officer-1" || last.Reason != "deadline extended, SE 1/2021: flood" {
						t.Errorf("%s: extended by %q because of %q", tt.name, last.Actor, last.Reason)
					}
				}
				checkHistory(t, d)
			})
		})
	}
}

// TestAnExtensionNeverShortens gives one card a longer deadline than the province, and the province a longer
// one than the cohort.
func TestAnExtensionNeverShortens(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2021, 4, n, 0, 0, 0, 0, rules.WIB) }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
			t.Fatal(err)
		}
		cards := f.Cohort13(2) // of the province 31
		f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3213000000000001", Province: "32"}})
		for _, step := range []struct {
			name  string
			in    registry.ExtendDeadline
			moved int
		}{
			{"one card", registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: cards[:1], LastDay: day(20)}, 1},
			{"the province, less", registry.ExtendDeadline{Scope: rules.ExtendProvince, Province: "31", LastDay: day(15)}, 1},
			{"the cohort, still less", registry.ExtendDeadline{Scope: rules.ExtendCohort, LastDay: day(10)}, 1},
			{"the same card, less than it has", registry.ExtendDeadline{Scope: rules.ExtendCards, Cards: cards[:1], LastDay: day(12)}, 0},
		} {
			if n, err := extend(f, step.in); n != step.moved || err != nil {
				t.Errorf("%s: moved %d (%v), want %d", step.name, n, err, step.moved)
			}
		}
		// What is no later than the cohort's own deadline is a slip, whomever it is meant for; so is a year too many.
		for _, in := range []registry.ExtendDeadline{
			{Scope: rules.ExtendCards, Cards: cards[:1], LastDay: day(10)}, {Scope: rules.ExtendProvince, Province: "31", LastDay: day(9)}, {Scope: rules.ExtendCohort, LastDay: day(10)},
		} {
			if n, err := extend(f, in); registry.CodeOf(err) != registry.NotPossible {
				t.Errorf("%s until %v: moved %d, %v", in.Scope, in.LastDay, n, err)
			}
		}
		far := registry.ExtendDeadline{Scope: rules.ExtendProvince, Province: "31", LastDay: day(20).AddDate(41, 0, 0)}
		if n, err := extend(f, far); registry.CodeOf(err) != registry.Invalid {
			t.Errorf("until %v: moved %d, %v", far.LastDay, n, err)
		}
		// Who is imported afterwards gets what the cohort and the province have.
		f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3113000000000009", Province: "31"}, {Line: 3, CardNumber: "3213000000000009", Province: "32"}})
		for card, want := range map[string]time.Time{
			cards[0]: day(21), cards[1]: day(16), "3213000000000001": day(11), "3113000000000009": day(16), "3213000000000009": day(11),
		} {
			if got := load(t, d, card).Deadline; !got.Equal(want) {
				t.Errorf("deadline of %s is %v, want %v", card, got, want)
			}
		}
		c, err := d.Client().Cohort.Get(context.Background(), 13)
		if err != nil || !c.Deadline.Equal(day(11)) || c.Basis != rules.BasisExtended {
			t.Errorf("the cohort is %v (%v)", c, err)
		}
	})
}

// TestAnExtensionIsRefusedWhole says what is wrong, and changes nothing.
func TestAnExtensionIsRefusedWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(2)
		other := f.Cohort(14, wib("2021-03-17T12:00:00"), 1)
		in := func(change func(*registry.ExtendDeadline)) registry.ExtendDeadline {
			x := registry.ExtendDeadline{Cohort: 13, Scope: rules.ExtendCohort, LastDay: longer, Reference: "SE 1/2021", Reason: "flood"}
			change(&x)
			return x
		}
		for _, tt := range []struct {
			name  string
			in    registry.ExtendDeadline
			code  registry.Code
			field string
		}{
			{"no last day", in(func(x *registry.ExtendDeadline) { x.LastDay = time.Time{} }), registry.Invalid, "lastDay"},
			{"no reference", in(func(x *registry.ExtendDeadline) { x.Reference = " " }), registry.Invalid, "reference"},
			{"no reason", in(func(x *registry.ExtendDeadline) { x.Reason = "" }), registry.Invalid, "reason"},
			{"no scope", in(func(x *registry.ExtendDeadline) { x.Scope = "" }), registry.Invalid, "scope"},
			{"the cohort with cards", in(func(x *registry.ExtendDeadline) { x.Cards = cards }), registry.Invalid, "scope"},
			{"a province without a code", in(func(x *registry.ExtendDeadline) { x.Scope = rules.ExtendProvince }), registry.Invalid, "province"},
			{"an unknown province", in(func(x *registry.ExtendDeadline) { x.Scope, x.Province = rules.ExtendProvince, "99" }), registry.NotFound, "province"},
			{"no cards", in(func(x *registry.ExtendDeadline) { x.Scope = rules.ExtendCards }), registry.Invalid, "cards"},
			{"too many cards", in(func(x *registry.ExtendDeadline) { x.Scope, x.Cards = rules.ExtendCards, make([]string, 10_001) }), registry.Invalid, "cards"},
			{"a card of another cohort", in(func(x *registry.ExtendDeadline) { x.Scope, x.Cards = rules.ExtendCards, append(other, cards...) }), registry.NotFound, "cards"},
			{"an unknown cohort", in(func(x *registry.ExtendDeadline) { x.Cohort = 99 }), registry.NotFound, "cohort"},
			{"the last day that the cohort has", in(func(x *registry.ExtendDeadline) { x.LastDay = deadline13.Add(-time.Second) }), registry.NotPossible, "lastDay"},
		} {
			_, err := f.ExtendDeadline(context.Background(), registrytest.Officer, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
		}
		for _, card := range append(other, cards...) {
			if got := historyOf(t, d, card); got != nil {
				t.Errorf("the history of %s: %v", card, got)
			}
		}
		if n, err := d.Client().Extension.Query().Count(context.Background()); n != 0 || err != nil {
			t.Errorf("%d extensions are recorded (%v)", n, err)
		}
	})
}

// TestAnExtensionLeavesNobodyOutWhoBuysMeanwhile extends again and again while purchases in the new window
// arrive: each must count, whichever was first.
func TestAnExtensionLeavesNobodyOutWhoBuysMeanwhile(t *testing.T) {
	const rounds, buyers = 25, 8
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(rounds * buyers)
		for round := range rounds {
			from := deadline13.AddDate(0, 0, round) // the deadline as it is, and the new last day
			f.Clock.Set(from.Add(12 * time.Hour))
			var messages []registry.Submission
			for i, card := range cards[round*buyers : (round+1)*buyers] {
				messages = append(messages, f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d-%d", round, i), card, from.Add(time.Hour))))
			}
			var wg sync.WaitGroup
			for _, m := range messages {
				wg.Go(func() {
					if got := f.Submit(context.Background(), []registry.Submission{m})[0]; got.Status != registry.Applied {
						t.Errorf("a purchase: %+v", got)
					}
				})
			}
			wg.Go(func() {
				if _, err := extend(f, registry.ExtendDeadline{Scope: rules.ExtendCohort, LastDay: from}); err != nil {
					t.Errorf("extend: %v", err)
				}
			})
			wg.Wait()
		}
		for i, card := range cards {
			if got := stateOf(t, d, card, f.Now()); got.Status != rules.StatusPurchased {
				t.Errorf("buyer %d of round %d is %s", i%buyers, i/buyers, got.Status)
			}
			if got, want := load(t, d, card).Deadline, deadline13.AddDate(0, 0, rounds); !got.Equal(want) {
				t.Errorf("buyer %d of round %d has the deadline %v, want %v", i%buyers, i/buyers, got, want)
			}
		}
		checkHistory(t, d)
	})
}

// checkError holds an error against its code and field, and its text against what a person can use.
func checkError(t *testing.T, name string, err error, code registry.Code, field string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *registry.Error
	if !errors.As(err, &e) || e.Code != code || e.Field != field || e.Message == "" {
		t.Errorf("%s: %#v, want code %s, field %q", name, err, code, field)
	}
}
