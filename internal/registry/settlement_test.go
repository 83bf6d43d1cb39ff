package registry_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/ent/settlemententry"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// afterLag is when the lag limit of cohort 13 is over.
var afterLag = deadline13.Add(80 * time.Hour)

// night is the settlement of cohort 13 from its preparation on.
type night struct {
	*registrytest.Fixture
	db    *db.DB
	cards []string
	list  *ent.Settlement
}

// newNight has a cohort of n who have bought nothing, after the lag limit.
func newNight(t *testing.T, d *db.DB, n int) *night {
	t.Helper()
	x := &night{Fixture: registrytest.New(t, d), db: d}
	x.cards = x.Cohort13(n)
	x.Clock.Set(afterLag)
	return x
}

func (x *night) prepares() {
	x.T.Helper()
	s, err := x.PrepareSettlement(context.Background(), registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "no purchase"})
	if err != nil {
		x.T.Fatalf("prepare: %v", err)
	}
	x.list = s
}

func (x *night) approves() {
	x.T.Helper()
	if err := x.approve(registrytest.Supervisor, x.list.ListSha256); err != nil {
		x.T.Fatalf("approve: %v", err)
	}
}

func (x *night) approve(v viewer.Viewer, hash string) error {
	_, err := x.ApproveSettlement(context.Background(), v, registry.ApproveSettlement{Settlement: x.list.ID, ListSHA256: hash})
	return err
}

func (x *night) orders() {
	x.T.Helper()
	if _, err := x.OrderExecution(context.Background(), registrytest.Officer, x.list.ID); err != nil {
		x.T.Fatalf("order the execution: %v", err)
	}
}

// executes orders the execution and does it to its end.
func (x *night) executes() {
	x.T.Helper()
	s, err := x.Execute(context.Background(), registrytest.Officer, x.list.ID, nil)
	if err != nil {
		x.T.Fatalf("execute: %v", err)
	}
	if s.State != rules.SettlementExecuted {
		x.T.Fatalf("executed, the settlement is %s", s.State)
	}
}

func (x *night) chunk() registry.Progress {
	x.T.Helper()
	p, err := x.ExecuteChunk(context.Background(), x.list.ID)
	if err != nil {
		x.T.Fatalf("do a chunk: %v", err)
	}
	return p
}

func (x *night) reverses(card string) {
	x.T.Helper()
	_, err := x.Reverse(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Card: card, Reason: "a mistake"}, nil)
	if err != nil {
		x.T.Fatalf("reverse: %v", err)
	}
}

// entry returns what the list says of the card.
func (x *night) entry(card string) *ent.SettlementEntry {
	x.T.Helper()
	e, err := x.db.Client().SettlementEntry.Query().
		Where(settlemententry.SettlementID(x.list.ID), settlemententry.ParticipantID(load(x.T, x.db, card).ID)).Only(context.Background())
	if err != nil {
		x.T.Fatalf("load an entry: %v", err)
	}
	return e
}

// outcomes counts the list by outcome.
func (x *night) outcomes() map[rules.EntryOutcome]int {
	x.T.Helper()
	all, err := x.db.Client().SettlementEntry.Query().Where(settlemententry.SettlementID(x.list.ID)).All(context.Background())
	if err != nil {
		x.T.Fatal(err)
	}
	counts := map[rules.EntryOutcome]int{}
	for _, e := range all {
		counts[e.Outcome]++
	}
	return counts
}

func (x *night) stored() *ent.Settlement {
	x.T.Helper()
	s, err := x.db.Client().Settlement.Get(context.Background(), x.list.ID)
	if err != nil {
		x.T.Fatal(err)
	}
	return s
}

func (x *night) ledger() rules.Places {
	x.T.Helper()
	sum, err := x.Places(context.Background(), 13)
	if err != nil {
		x.T.Fatal(err)
	}
	return sum
}

func (x *night) status(card string) rules.Status {
	x.T.Helper()
	return stateOf(x.T, x.db, card, x.Now()).Status
}

// TestAListIsHashedAndSummedUp holds the list against what anybody can compute from the cards on it.
func TestAListIsHashedAndSummedUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 6)
		x.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "1100000000000001", Province: "53"}, {Line: 3, CardNumber: "1100000000000002"}})
		inTime := wib("2021-03-20T10:00:00")
		x.Send(x.Message("tokopedia", registrytest.Bought("IN-TIME", x.cards[0], inTime)))
		x.Send(x.Message("tokopedia", registrytest.Bought("LATE", x.cards[1], deadline13)))
		x.Send(x.Message("tokopedia", registrytest.Bought("VOIDED", x.cards[2], inTime)), x.Message("pintaria", registrytest.Bought("LATE", x.cards[2], deadline13)))
		x.Send(x.Message("tokopedia", registrytest.Voided("VOIDED", inTime.Add(time.Hour))))
		x.Send(x.Message("tokopedia", registrytest.Bought("REVIEW", x.cards[3], inTime)))
		x.Send(x.Message("tokopedia", registrytest.Voided("REVIEW", deadline13)))
		unreadable := x.Message("tokopedia", registrytest.Bought("NOBODY", x.cards[0], inTime))
		unreadable.Body, unreadable.Event, unreadable.Unreadable = []byte(`{"type":"purchase.completed"`), nil, rules.ReasonMalformed
		x.Send(unreadable)
		x.prepares()

		listed := []string{x.cards[1], x.cards[2], x.cards[4], x.cards[5], "1100000000000002", "1100000000000001"}
		slices.Sort(listed)
		sum := sha256.Sum256([]byte(strings.Join(listed, "\n") + "\n"))
		if want := hex.EncodeToString(sum[:]); x.list.ListSha256 != want || x.list.Listed != len(listed) {
			t.Errorf("%d listed with the hash %s, want %d with %s", x.list.Listed, x.list.ListSha256, len(listed), want)
		}
		if !x.list.Through.Equal(deadline13) || x.list.Reserve != 1 || x.list.State != rules.SettlementPreviewed || x.list.PreparedBy != "officer-1" {
			t.Errorf("the settlement is %v", x.list)
		}
		var summary registry.SettlementSummary
		if err := json.Unmarshal([]byte(x.list.Summary), &summary); err != nil {
			t.Fatal(err)
		}
		want := registry.SettlementSummary{
			Provinces: []registry.ProvinceCount{{Province: "31", Count: 4}, {Count: 1}, {Province: "53", Count: 1}},
			Platforms: []registry.PlatformCount{{Count: 4}, {Platform: "pintaria", Count: 1}, {Platform: "tokopedia", Count: 2}},
		}
		if diff := cmp.Diff(want, summary); diff != "" {
			t.Errorf("summary (-want +got):\n%s", diff)
		}
		var evidence registry.SettlementEvidence
		if err := json.Unmarshal([]byte(x.list.Evidence), &evidence); err != nil {
			t.Fatal(err)
		}
		wantEvidence := registry.SettlementEvidence{
			At: x.Now(), LagLimit: 72 * time.Hour, Unreadable: 1, Settings: rules.DefaultSettings(),
			Platforms: []rules.PlatformWord{{Platform: "pintaria", Name: "pintaria"}, {Platform: "tokopedia", Name: "tokopedia"}},
		}
		if diff := cmp.Diff(wantEvidence, evidence); diff != "" {
			t.Errorf("evidence (-want +got):\n%s", diff)
		}
		if e := x.entry(x.cards[2]); e.Purchases != 2 || !e.Deadline.Equal(deadline13) || e.Outcome != rules.EntryListed {
			t.Errorf("the entry of one with two purchases: %v", e)
		}
		for _, card := range x.cards {
			if load(t, d, card).RevokedAt != nil {
				t.Errorf("a preview revoked somebody")
			}
		}
	})
}

// TestEveryStepHasItsPlace tries every step of a settlement at every place on its way; what is not in the table is
// refused, and changes nothing of the settlement.
func TestEveryStepHasItsPlace(t *testing.T) {
	steps := map[string]func(x *night) error{
		"approve": func(x *night) error { return x.approve(registrytest.Supervisor, x.list.ListSha256) },
		"order": func(x *night) error {
			_, err := x.OrderExecution(context.Background(), registrytest.Officer, x.list.ID)
			return err
		},
		"chunk": func(x *night) error { _, err := x.ExecuteChunk(context.Background(), x.list.ID); return err },
		"stop": func(x *night) error {
			_, err := x.StopExecution(context.Background(), registrytest.Officer, x.list.ID)
			return err
		},
		"discard": func(x *night) error {
			_, err := x.DiscardSettlement(context.Background(), registrytest.Officer, x.list.ID)
			return err
		},
		"reverse": func(x *night) error {
			_, err := x.OrderReversal(context.Background(), registrytest.Supervisor, registry.ReverseSettlement{Settlement: x.list.ID, Reason: "a mistake"})
			return err
		},
		"reverse a chunk": func(x *night) error { _, err := x.ReverseChunk(context.Background(), x.list.ID); return err },
	}
	then := func(names ...string) func(x *night) {
		return func(x *night) {
			x.T.Helper()
			for _, name := range names {
				if err := steps[name](x); err != nil {
					x.T.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
	places := []struct {
		name     string
		reach    func(x *night)
		possible []string
	}{
		{"previewed", then(), []string{"approve", "discard"}},
		{"approved", then("approve"), []string{"order", "discard", "reverse"}},
		{"ordered", then("approve", "order"), []string{"order", "chunk", "stop", "discard", "reverse"}},
		{"half executed", then("approve", "order", "chunk"), []string{"order", "chunk", "stop", "reverse"}},
		{"stopped half-way", then("approve", "order", "chunk", "stop"), []string{"order", "stop", "reverse"}},
		{"resumed", then("approve", "order", "chunk", "stop", "order"), []string{"order", "chunk", "stop", "reverse"}},
		{"executed", func(x *night) { then("approve")(x); x.executes() }, []string{"chunk", "reverse"}},
		{"closed", func(x *night) {
			then("approve")(x)
			x.executes()
			x.Clock.Set(x.Clock.Now().Add(72 * time.Hour))
			if n, err := x.CloseDueSettlements(context.Background()); n == 0 || err != nil {
				x.T.Fatalf("closed %d: %v", n, err)
			}
		}, []string{"chunk", "reverse"}},
		{"being reversed", then("approve", "order", "chunk", "reverse", "reverse a chunk"), []string{"reverse", "reverse a chunk"}},
		{"reversed", then("approve", "order", "chunk", "reverse", "reverse a chunk", "reverse a chunk", "reverse a chunk"), []string{"reverse a chunk"}},
		{"discarded", then("discard"), nil},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		number := 100
		reach := func(t *testing.T, reach func(x *night)) *night {
			f.In(t)
			number++
			x := &night{Fixture: f, db: d}
			x.announceAnother(number)
			x.Clock.Set(afterLag)
			x.list = x.preparedOf(number)
			reach(x)
			return x
		}
		for _, p := range places {
			t.Run(p.name, func(t *testing.T) {
				x := reach(t, p.reach)
				before := x.stored()
				for name, step := range steps {
					if slices.Contains(p.possible, name) {
						continue
					}
					if err := step(x); registry.CodeOf(err) != registry.NotPossible {
						t.Errorf("%s: %v, want that it is refused", name, err)
					}
					if diff := cmp.Diff(before.String(), x.stored().String()); diff != "" {
						t.Errorf("%s is refused, and changes the settlement:\n%s", name, diff)
					}
				}
				for _, name := range p.possible {
					if err := steps[name](reach(t, p.reach)); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
	})
}

// announceAnother announces a cohort like 13, with more people than a chunk.
func (x *night) announceAnother(number int) {
	x.T.Helper()
	_, err := x.AnnounceCohort(context.Background(), registrytest.Officer, registry.AnnounceCohort{Number: number, Quota: 600, AnnouncedAt: announced13})
	if err != nil {
		x.T.Fatal(err)
	}
	rows := make([]registry.ParticipantRow, 260)
	for i := range rows {
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: fmt.Sprintf("31%08d%06d", number, i)}
	}
	x.Import(number, rows)
}

func (x *night) preparedOf(number int) *ent.Settlement {
	x.T.Helper()
	s, err := x.PrepareSettlement(context.Background(), registrytest.Officer, registry.PrepareSettlement{Cohort: number, Reason: "no purchase"})
	if err != nil {
		x.T.Fatalf("prepare: %v", err)
	}
	return s
}

// TestApprovalIsByAnotherPersonAndOfThisVeryList holds the approval against who prepared the list and what it is.
func TestApprovalIsByAnotherPersonAndOfThisVeryList(t *testing.T) {
	boss := viewer.Viewer{Role: viewer.Supervisor, Subject: "boss"}
	tests := []struct {
		name     string
		prepares viewer.Viewer
		approves viewer.Viewer
		change   func(hash string) string
		want     registry.Code
	}{
		{"an officer", registrytest.Officer, viewer.Viewer{Role: viewer.Officer, Subject: "officer-2"}, nil, registry.Forbidden},
		{"who prepared it", boss, boss, nil, registry.Forbidden},
		{"who prepared it, in another role", boss, viewer.Viewer{Role: viewer.Admin, Subject: "boss"}, nil, registry.Forbidden},
		{"a supervisor without a name", registrytest.Officer, viewer.Viewer{Role: viewer.Supervisor}, nil, registry.Forbidden},
		{"another supervisor", boss, registrytest.Supervisor, nil, ""},
		{"an administrator", registrytest.Officer, registrytest.Admin, nil, ""},
		{"who prepared it, in other capitals", boss, viewer.Viewer{Role: viewer.Supervisor, Subject: "Boss"}, nil, registry.Forbidden},
		{"with the hash in capitals", registrytest.Officer, registrytest.Supervisor, strings.ToUpper, ""},
		{"with the hash of another list", registrytest.Officer, registrytest.Supervisor, func(string) string { return strings.Repeat("0", 64) }, registry.Conflict},
		{"without a hash", registrytest.Officer, registrytest.Supervisor, func(string) string { return "" }, registry.Invalid},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := newNight(t, d, 2)
		for _, tt := range tests {
			s, err := x.PrepareSettlement(context.Background(), tt.prepares, registry.PrepareSettlement{Cohort: 13, Reason: "no purchase"})
			if err != nil {
				t.Fatal(err)
			}
			x.list = s
			hash := s.ListSha256
			if tt.change != nil {
				hash = tt.change(hash)
			}
			if err := x.approve(tt.approves, hash); registry.CodeOf(err) != tt.want || (tt.want == "" && err != nil) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
			if state := x.stored().State; (state == rules.SettlementApproved) != (tt.want == "") {
				t.Errorf("%s: the settlement is %s", tt.name, state)
			}
			if _, err := x.DiscardSettlement(context.Background(), registrytest.Officer, s.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}
