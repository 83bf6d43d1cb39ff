package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestVoidsAndLateEvidence plays the cases that may need a person: what becomes of the participant, how the
// history tells it, and which reviews there were.
func TestVoidsAndLateEvidence(t *testing.T) {
	inTime, afterwards := wib("2021-03-20T10:00:00"), deadline13.Add(time.Hour)
	lagEnds := deadline13.Add(72 * time.Hour)
	// voidedAfter buys once and has it voided after the deadline.
	voidedAfter := func(s *scene) {
		s.buys("tokopedia", "A", inTime)
		s.Clock.Set(afterwards)
		s.voids("tokopedia", "A", deadline13)
	}
	// lateAfterRevocation has a purchase in time arrive for a revoked participant.
	lateAfterRevocation := func(arrives time.Time) func(s *scene) {
		return func(s *scene) {
			s.Clock.Set(afterwards)
			s.revokes()
			s.Clock.Set(arrives)
			s.buys("tokopedia", "A", inTime)
		}
	}
	then := func(steps ...func(s *scene)) func(s *scene) {
		return func(s *scene) {
			for _, step := range steps {
				step(s)
			}
		}
	}
	decide := func(d rules.ReviewDecision) func(s *scene) { return func(s *scene) { s.decides(d) } }
	const bought, void = 750_000, 1_000_000 // balances
	tests := []struct {
		name    string
		play    func(s *scene)
		want    state
		history []string
		reviews []string
	}{
		{
			"a void at the deadline opens a review", voidedAfter,
			state{Status: rules.StatusUnderReview, Balance: void, Open: []string{"VOID_AFTER_DEADLINE"}},
			[]string{"DELIVERY: bought", "DELIVERY: reopened, review opened"},
			[]string{"VOID_AFTER_DEADLINE OPEN"},
		},
		{
			"a void a microsecond before the deadline takes effect",
			func(s *scene) {
				s.buys("tokopedia", "A", inTime)
				s.Clock.Set(afterwards)
				s.voids("tokopedia", "A", deadline13.Add(-time.Microsecond))
			},
			state{Status: rules.StatusOverdue, Balance: void},
			[]string{"DELIVERY: bought", "DELIVERY: reopened"}, nil,
		},
		{
			"a purchase whose void is upheld against counts", then(voidedAfter, decide(rules.DecisionUphold)),
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: void},
			[]string{"DELIVERY: bought", "DELIVERY: reopened, review opened", "PERSON: bought, review closed"},
			[]string{"VOID_AFTER_DEADLINE DECIDED UPHOLD by officer-1"},
		},
		{
			"a purchase that is rejected does not count", then(voidedAfter, decide(rules.DecisionReject)),
			state{Status: rules.StatusOverdue, Balance: void},
			[]string{"DELIVERY: bought", "DELIVERY: reopened, review opened", "PERSON: review closed"},
			[]string{"VOID_AFTER_DEADLINE DECIDED REJECT by officer-1"},
		},
		{
			"a review closes by itself when another purchase in time arrives",
			then(voidedAfter, func(s *scene) { s.buys("pintaria", "B", inTime.Add(time.Hour)) }),
			state{Status: rules.StatusPurchased, First: "pintaria/B", Balance: bought},
			[]string{"DELIVERY: bought", "DELIVERY: reopened, review opened", "DELIVERY: bought, review closed"},
			[]string{"VOID_AFTER_DEADLINE MOOT"},
		},
		{
			"a void after the deadline asks nobody while another purchase counts",
			func(s *scene) {
				s.buys("tokopedia", "A", inTime)
				s.buys("tokopedia", "B", inTime.Add(time.Hour))
				s.Clock.Set(afterwards)
				s.voids("tokopedia", "A", deadline13)
			},
			state{Status: rules.StatusPurchased, First: "tokopedia/B", Balance: bought},
			[]string{"DELIVERY: bought", "DELIVERY: other first"}, nil,
		},
		{
			"a void before the deadline of what was upheld changes nothing that a person decided",
			then(voidedAfter, decide(rules.DecisionUphold), func(s *scene) { s.voids("tokopedia", "A", deadline13) }),
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: void},
			[]string{"DELIVERY: bought", "DELIVERY: reopened, review opened", "PERSON: bought, review closed"},
			[]string{"VOID_AFTER_DEADLINE DECIDED UPHOLD by officer-1"},
		},
		{
			"two purchases voided after the deadline are two questions, and one answer settles both",
			func(s *scene) {
				s.buys("tokopedia", "A", inTime)
				s.buys("tokopedia", "B", inTime.Add(time.Hour))
				s.Clock.Set(afterwards)
				s.voids("tokopedia", "A", deadline13)
				s.voids("tokopedia", "B", deadline13)
				s.decides(rules.DecisionUphold)
			},
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: void},
			[]string{"DELIVERY: bought", "DELIVERY: other first", "DELIVERY: reopened, review opened", "PERSON: bought, review closed"},
			[]string{"VOID_AFTER_DEADLINE DECIDED UPHOLD by officer-1", "VOID_AFTER_DEADLINE MOOT"},
		},
		{
			"evidence that arrives just within the lag limit reinstates", lateAfterRevocation(lagEnds),
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: bought},
			[]string{"SETTLEMENT: revoked", "DELIVERY: bought, reinstated"}, nil,
		},
		{
			"evidence that arrives beyond the lag limit waits for a person", lateAfterRevocation(lagEnds.Add(time.Microsecond)),
			state{Status: rules.StatusRevoked, Balance: bought, Revoked: true, Open: []string{"LATE_EVIDENCE"}},
			[]string{"SETTLEMENT: revoked", "DELIVERY: review opened"},
			[]string{"LATE_EVIDENCE OPEN"},
		},
		{
			"late evidence that is upheld reinstates", then(lateAfterRevocation(lagEnds.Add(time.Hour)), decide(rules.DecisionUphold)),
			state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: bought},
			[]string{"SETTLEMENT: revoked", "DELIVERY: review opened", "PERSON: bought, reinstated, review closed"},
			[]string{"LATE_EVIDENCE DECIDED UPHOLD by officer-1"},
		},
		{
			"late evidence that is rejected leaves the revocation", then(lateAfterRevocation(lagEnds.Add(time.Hour)), decide(rules.DecisionReject)),
			state{Status: rules.StatusRevoked, Balance: bought, Revoked: true},
			[]string{"SETTLEMENT: revoked", "DELIVERY: review opened", "PERSON: review closed"},
			[]string{"LATE_EVIDENCE DECIDED REJECT by officer-1"},
		},
		{
			"a late purchase does not end a revocation",
			func(s *scene) {
				s.Clock.Set(afterwards)
				s.revokes()
				s.buys("tokopedia", "A", deadline13)
			},
			state{Status: rules.StatusRevoked, Balance: bought, Revoked: true},
			[]string{"SETTLEMENT: revoked"}, nil,
		},
		{
			"a revocation does not come back when what reinstated was voided in time",
			then(lateAfterRevocation(lagEnds), func(s *scene) { s.voids("tokopedia", "A", inTime.Add(time.Hour)) }),
			state{Status: rules.StatusOverdue, Balance: void},
			[]string{"SETTLEMENT: revoked", "DELIVERY: bought, reinstated", "DELIVERY: reopened"}, nil,
		},
	}
	names := make([]string, len(tests))
	for i, tt := range tests {
		names[i] = tt.name
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		scenes(t, d, f, names, func(s *scene, i int) {
			tests[i].play(s)
			if diff := cmp.Diff(tests[i].want, s.state()); diff != "" {
				s.t.Errorf("state (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tests[i].history, s.history()); diff != "" {
				s.t.Errorf("history (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tests[i].reviews, s.reviews()); diff != "" {
				s.t.Errorf("reviews (-want +got):\n%s", diff)
			}
		})
		checkHistory(t, d)
	})
}

// TestReinstatementRestoresTheExactEarlierFacts compares every fact, the deadline too.
func TestReinstatementRestoresTheExactEarlierFacts(t *testing.T) {
	inTime := wib("2021-03-20T10:00:00")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		scenes(t, d, f, []string{"participant"}, func(s *scene, _ int) {
			s.Clock.Set(deadline13.Add(time.Hour))
			s.buys("tokopedia", "LATE", deadline13)
			before := s.participant()
			s.revokes()
			s.buys("tokopedia", "A", inTime)
			after := s.participant()
			if after.RevokedAt != nil || after.ReviewOpen != before.ReviewOpen || !after.Deadline.Equal(before.Deadline) || after.FirstPurchaseID == nil {
				s.t.Errorf("before the revocation %v, after it was ended %v", before, after)
			}
			last := after.Edges.History[len(after.Edges.History)-1]
			if last.DeliveryID == nil || last.Reason == "" || !last.EffectiveAt.Equal(inTime) || !last.RecordedAt.Equal(f.Now()) {
				s.t.Errorf("the history tells it as %v", last)
			}
		})
	})
}

// TestAPlatformsStatementMakesLaterReportsDoubtful is about evidence that a platform had said did not exist.
func TestAPlatformsStatementMakesLaterReportsDoubtful(t *testing.T) {
	stated, received := wib("2021-04-05T00:00:00"), deadline13.Add(time.Hour)
	tests := []struct {
		name     string
		platform string
		bought   time.Time
		received time.Time
		status   rules.Status
		reviews  []string
	}{
		{"bought before what was stated", "tokopedia", stated.Add(-time.Microsecond), received.Add(time.Hour), rules.StatusRevoked, []string{"LATE_EVIDENCE OPEN"}},
		{"bought at the instant that was stated", "tokopedia", stated, received.Add(time.Hour), rules.StatusPurchased, nil},
		{"received before the statement", "tokopedia", stated.Add(-time.Hour), received.Add(-time.Minute), rules.StatusPurchased, nil},
		{"bought at another platform", "pintaria", stated.Add(-time.Hour), received.Add(time.Hour), rules.StatusPurchased, nil},
	}
	var names []string
	for _, tt := range tests {
		names = append(names, tt.name)
	}
	for _, together := range []bool{false, true} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			f := registrytest.New(t, d)
			f.Clock.Set(received)
			statement := f.Message("tokopedia", rules.CompleteThrough{Timestamp: deadline13, Through: stated, Count: 10, Amount: 2_500_000})
			var reports []registry.Submission
			var all []*scene
			scenes(t, d, f, names, func(s *scene, i int) {
				s.Clock.Set(received)
				s.revokes()
				report := s.Message(tests[i].platform, registrytest.Bought("A"+s.suffix, s.card, tests[i].bought))
				report.ReceivedAt = tests[i].received
				reports, all = append(reports, report), append(all, s)
			})
			f.Clock.Set(received.Add(2 * time.Hour))
			if together {
				f.Send(append(reports, statement)...)
			} else {
				f.Send(statement)
				f.Send(reports...)
			}
			for i, tt := range tests {
				all[i].t = t
				if got := all[i].state().Status; got != tt.status {
					t.Errorf("%s: status %s, want %s", tt.name, got, tt.status)
				}
				if diff := cmp.Diff(tt.reviews, all[i].reviews()); diff != "" {
					t.Errorf("%s: reviews (-want +got):\n%s", tt.name, diff)
				}
			}
		})
	}
}

// TestAStatementAboutTheFutureIsNotBelievedBeforeItsTime has a platform state, on the evening before, that it has
// sent everything of the week that follows. Reports that arrive before the end of that week are not doubted for it.
func TestAStatementAboutTheFutureIsNotBelievedBeforeItsTime(t *testing.T) {
	through := wib("2021-04-11T00:00:00")
	reported := []struct {
		name    string
		at      time.Time
		status  rules.Status
		reviews []string
	}{
		{name: "before its time has come", at: through.Add(-time.Hour), status: rules.StatusPurchased},
		{name: "five minutes before its end, when it is believed", at: through.Add(-5 * time.Minute), status: rules.StatusPurchased},
		{name: "after that", at: through.Add(-5*time.Minute + time.Microsecond), status: rules.StatusRevoked, reviews: []string{"LATE_EVIDENCE OPEN"}},
	}
	var names []string
	for _, tt := range reported {
		names = append(names, tt.name)
	}
	for _, waits := range []bool{false, true} { // in quarantine, until the statement is applied
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			f := registrytest.New(t, d)
			var all []*scene
			scenes(t, d, f, names, func(s *scene, _ int) {
				s.Clock.Set(deadline13.Add(time.Hour))
				s.revokes()
				all = append(all, s)
			})
			f.Clock.Set(deadline13.Add(-6 * time.Hour))
			got := f.Send(f.Message("tokopedia", rules.CompleteThrough{Timestamp: f.Now(), Through: through, Count: 1, Amount: 250_000}))[0]
			if got.Status != registry.Quarantined || got.Reason != rules.ReasonFromFuture {
				t.Fatalf("the statement: %+v", got)
			}
			var late []registry.Submission
			for i, tt := range reported {
				f.Clock.Set(tt.at)
				if _, err := f.RetryWaiting(context.Background()); err != nil {
					t.Fatal(err)
				}
				m := f.Message("tokopedia", registrytest.Bought("A"+all[i].suffix, all[i].card, wib("2021-03-20T10:00:00")))
				if waits {
					late = append(late, m)
				} else {
					f.Send(m)
				}
			}
			f.Clock.Set(through.Add(time.Hour))
			f.Send(late...)
			if held := quarantine(t, d); held != nil {
				t.Errorf("left in quarantine: %v", held)
			}
			for i, tt := range reported {
				all[i].t = t
				if got := all[i].state().Status; got != tt.status {
					t.Errorf("reported %s: status %s, want %s", tt.name, got, tt.status)
				}
				if diff := cmp.Diff(tt.reviews, all[i].reviews()); diff != "" {
					t.Errorf("reported %s: reviews (-want +got):\n%s", tt.name, diff)
				}
			}
		})
	}
}

// TestTwoStatementsForOneInstantMustAgree is how a platform that says two things is noticed.
func TestTwoStatementsForOneInstantMustAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		statement := rules.CompleteThrough{Timestamp: registrytest.Evening, Through: registrytest.Evening, Count: 10, Amount: 2_500_000}
		other := statement
		other.Count++
		for _, tt := range []struct {
			name     string
			platform string
			says     rules.CompleteThrough
			reason   rules.Reason
		}{
			{"a first statement", "tokopedia", statement, ""},
			{"the same again", "tokopedia", statement, ""},
			{"another count", "tokopedia", other, rules.ReasonContradictsStatement},
			{"another count at another platform", "pintaria", other, ""},
		} {
			if got := f.Send(f.Message(tt.platform, tt.says))[0]; got.Reason != tt.reason {
				t.Errorf("%s: %s, reason %q, want %q", tt.name, got.Status, got.Reason, tt.reason)
			}
		}
	})
}

// TestAReviewIsDecidedOnce and with grounds.
func TestAReviewIsDecidedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		scenes(t, d, f, []string{"participant"}, func(s *scene, _ int) {
			s.buys("tokopedia", "A", wib("2021-03-20T10:00:00"))
			s.Clock.Set(deadline13.Add(time.Hour))
			s.voids("tokopedia", "A", deadline13)
			id := s.participant().Edges.Reviews[0].ID
			decide := func(in registry.DecideReview) error {
				_, err := s.DecideReview(context.Background(), registrytest.Officer, in)
				return err
			}
			for _, tt := range []struct {
				name string
				in   registry.DecideReview
				want registry.Code
			}{
				{"without a note", registry.DecideReview{Review: id, Decision: rules.DecisionUphold, Note: " "}, registry.Invalid},
				{"with control characters", registry.DecideReview{Review: id, Decision: rules.DecisionUphold, Note: "a\x00b"}, registry.Invalid},
				{"with another decision", registry.DecideReview{Review: id, Decision: "PERHAPS", Note: "note"}, registry.Invalid},
				{"of no review", registry.DecideReview{Review: id + 1000, Decision: rules.DecisionUphold, Note: "note"}, registry.NotFound},
				{"for the first time", registry.DecideReview{Review: id, Decision: rules.DecisionReject, Note: "note"}, ""},
				{"again", registry.DecideReview{Review: id, Decision: rules.DecisionUphold, Note: "note"}, registry.NotPossible},
			} {
				if err := decide(tt.in); registry.CodeOf(err) != tt.want || (err != nil) != (tt.want != "") {
					s.t.Errorf("a decision %s: %v, want code %q", tt.name, err, tt.want)
				}
			}
			if diff := cmp.Diff([]string{"VOID_AFTER_DEADLINE DECIDED REJECT by officer-1"}, s.reviews()); diff != "" {
				s.t.Errorf("reviews (-want +got):\n%s", diff)
			}
			// The note is for the staff; the history is the participant's to read.
			p := s.participant()
			last := p.Edges.History[len(p.Edges.History)-1]
			if want := "review of A" + s.suffix + " at tokopedia decided: REJECT"; p.Edges.Reviews[0].Note != "note" || last.Reason != want {
				s.t.Errorf("the history tells the decision as %q, want %q", last.Reason, want)
			}
		})
	})
}
