package seed_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/ent/delivery"
	"gelombang/ent/participant"
	"gelombang/ent/purchase"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/seed"
	"gelombang/webhooks/signature"
)

// scene is an evening that several tests look at.
type scene struct {
	d    *db.DB
	reg  *registry.Registry
	info seed.DemoInfo
}

// TestTheEveningOf6April looks at one telling of the scenario from all sides, at a thousandth of the real size: it
// takes seconds to tell.
func TestTheEveningOf6April(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := scene{d: d}
		s.reg, s.info = evening(t, d, 0.001)
		t.Run("everybody has a status", s.everybodyHasAStatus)
		t.Run("the cards to try are explained", s.cardsAreExplained)
		t.Run("the extended province has more time", s.provinceHasMoreTime)
		t.Run("the history says what was known when", s.historySaysWhatWasKnownWhen)
		t.Run("the deliveries are signed", s.deliveriesAreSigned)
		// Last, since it adds somebody.
		t.Run("the purchase of the unknown card waits for its import", s.unknownCardWaits)
	})
}

func factsOf(p *ent.Participant) rules.Facts {
	f := rules.Facts{Deadline: p.Deadline, ReviewOpen: p.ReviewOpen}
	if p.FirstPurchaseID != nil {
		f.FirstPurchase = &rules.PurchaseKey{}
	}
	if p.RevokedAt != nil {
		f.RevokedAt = *p.RevokedAt
	}
	return f
}

func (s scene) everybodyHasAStatus(t *testing.T) {
	ctx := context.Background()
	people, err := s.d.Client().Participant.Query().All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]map[rules.Status]int{}
	for _, p := range people {
		if got[p.CohortID] == nil {
			got[p.CohortID] = map[rules.Status]int{}
		}
		got[p.CohortID][factsOf(p).StatusAt(seed.Evening)]++
	}
	want := map[int]map[rules.Status]int{
		12: {rules.StatusPurchased: 588, rules.StatusRevoked: 11, rules.StatusUnderReview: 1},
		13: {rules.StatusPurchased: 588, rules.StatusAwaiting: 12},
		14: {rules.StatusPurchased: 45, rules.StatusAwaiting: 15},
		15: {rules.StatusPurchased: 33, rules.StatusAwaiting: 27},
		16: {rules.StatusPurchased: 12, rules.StatusAwaiting: 48},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the statuses differ (-want +got):\n%s", diff)
	}
	if s.info.Participants != len(people) || s.info.RevokedCount != 11 || s.info.Quarantined != 1 || s.info.Duplicates == 0 {
		t.Errorf("the scenario counts %+v", s.info)
	}
	stored, err := s.d.Client().Delivery.Query().Count(ctx)
	if err != nil || stored != s.info.Applied+s.info.Quarantined {
		t.Errorf("%d deliveries are stored (%v), of %d that were applied", stored, err, s.info.Applied)
	}
	voided, err := s.d.Client().Purchase.Query().Where(purchase.VoidedAtNotNil()).Count(ctx)
	if err != nil || voided < 10 {
		t.Errorf("%d purchases were voided (%v)", voided, err)
	}
	for what, stray := range map[string]int{
		"deliveries from after the evening": count(t, s.d.Client().Delivery.Query().Where(delivery.ReceivedAtGTE(seed.Evening))),
		"purchases from after the evening":  count(t, s.d.Client().Purchase.Query().Where(purchase.PurchasedAtGTE(seed.Evening))),
	} {
		if stray > 0 {
			t.Errorf("there are %d %s", stray, what)
		}
	}
}

func count(t *testing.T, q interface {
	Count(context.Context) (int, error)
}) int {
	t.Helper()
	n, err := q.Count(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// cardsAreExplained asks of every card that the scenario shows why it is as it is.
func (s scene) cardsAreExplained(t *testing.T) {
	ctx := context.Background()
	deadline := map[int]time.Time{
		12: time.Date(2021, 4, 2, 0, 0, 0, 0, rules.WIB), 13: time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB),
	}
	for _, tt := range []struct {
		name     string
		cards    []string
		cohort   int
		status   rules.Status
		evidence [][]rules.EvidenceCode // of each card; nil where any will do
	}{
		{"awaiting", s.info.Awaiting, 13, rules.StatusAwaiting, [][]rules.EvidenceCode{{}, {}, {}, {}}},
		{"purchased", s.info.Purchased, 13, rules.StatusPurchased, [][]rules.EvidenceCode{nil, {rules.CodeVoided, rules.CodeFirstPurchase}, nil}},
		{"revoked", s.info.Revoked, 12, rules.StatusRevoked, [][]rules.EvidenceCode{{}, {rules.CodeLate}, {rules.CodePending}}},
		{"under review", s.info.UnderReview, 12, rules.StatusUnderReview, [][]rules.EvidenceCode{{rules.CodeVoidedAfterDeadline}}},
		{"reinstated", s.info.Reinstated, 12, rules.StatusPurchased, [][]rules.EvidenceCode{{rules.CodeUpheld}}},
	} {
		if len(tt.cards) != len(tt.evidence) {
			t.Errorf("%s: %d cards, want %d", tt.name, len(tt.cards), len(tt.evidence))
			continue
		}
		for i, card := range tt.cards {
			p, err := s.d.Client().Participant.Query().Where(participant.CardNumber(card)).Only(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := factsOf(p).StatusAt(seed.Evening); p.CohortID != tt.cohort || got != tt.status || !p.Deadline.Equal(deadline[tt.cohort]) {
				t.Errorf("%s %d: cohort %d, %s, deadline %v", tt.name, i, p.CohortID, got, p.Deadline)
			}
			explanation, err := s.reg.Explain(ctx, p.ID, rules.EN)
			if err != nil {
				t.Fatal(err)
			}
			codes := []rules.EvidenceCode{}
			for _, e := range explanation.Evidence {
				codes = append(codes, e.Code)
			}
			if diff := cmp.Diff(tt.evidence[i], codes); diff != "" && tt.evidence[i] != nil {
				t.Errorf("%s %d: the evidence differs (-want +got):\n%s", tt.name, i, diff)
			}
			if explanation.Summary == "" || len(explanation.Deadline) == 0 {
				t.Errorf("%s %d: nothing is explained", tt.name, i)
			}
		}
	}
}

func (s scene) provinceHasMoreTime(t *testing.T) {
	people, err := s.d.Client().Participant.Query().Where(participant.CohortID(13)).All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	extended := 0
	for _, p := range people {
		want := time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB)
		if *p.Province == "53" {
			want = want.AddDate(0, 0, 7)
			extended++
		}
		if !p.Deadline.Equal(want) {
			t.Errorf("in province %s the deadline is %v, want %v", *p.Province, p.Deadline, want)
		}
	}
	if extended == 0 {
		t.Error("nobody lives in the province")
	}
}

// historySaysWhatWasKnownWhen holds the clock of the records against the clock of the deliveries.
func (s scene) historySaysWhatWasKnownWhen(t *testing.T) {
	entries, err := s.d.Client().History.Query().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := s.d.Client().Delivery.Query().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	received := map[int]time.Time{}
	for _, m := range deliveries {
		received[m.ID] = m.ReceivedAt
	}
	for _, e := range entries {
		if e.RecordedAt.After(seed.Evening) {
			t.Errorf("an entry was recorded at %v", e.RecordedAt)
		}
		if e.DeliveryID == nil {
			continue
		}
		if wait := e.RecordedAt.Sub(received[*e.DeliveryID]); wait < 0 || wait > time.Hour {
			t.Errorf("an entry was recorded %v after its delivery", wait)
		}
	}
	if len(entries) < 1000 {
		t.Errorf("the history has %d entries", len(entries))
	}
}

func (s scene) deliveriesAreSigned(t *testing.T) {
	ctx := context.Background()
	verifiers, err := s.reg.Verifiers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := s.d.Client().Delivery.Query().WithPlatform().All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range deliveries {
		var kept map[string]string
		if err := json.Unmarshal([]byte(m.Headers), &kept); err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		for name, value := range kept {
			header.Set(name, value)
		}
		verified, err := signature.Verify(header, "/webhooks/"+m.Edges.Platform.Code, *m.Body, verifiers[m.Edges.Platform.Code].Keys, m.ReceivedAt, 5*time.Minute)
		if err != nil || verified.MessageID != m.MessageID || int(verified.KeyID) != m.PlatformKeyID {
			t.Errorf("message %s: %+v, %v", m.MessageID, verified, err)
		}
	}
	for code, secret := range s.info.Secrets {
		if _, err := signature.ParseSecret(secret); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if verifiers[code].Tolerance != 24*time.Hour {
			t.Errorf("%s may be %v off", code, verifiers[code].Tolerance)
		}
	}
}

func (s scene) unknownCardWaits(t *testing.T) {
	result, err := s.reg.ImportParticipants(context.Background(), admin, 13, []registry.ParticipantRow{{Line: 2, CardNumber: s.info.Unknown}})
	if err != nil || result.Added != 1 {
		t.Fatalf("the import added %d (%v)", result.Added, err)
	}
	p, err := s.d.Client().Participant.Query().Where(participant.CardNumber(s.info.Unknown)).Only(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := factsOf(p).StatusAt(seed.Evening); got != rules.StatusPurchased {
		t.Errorf("after the import the status is %s", got)
	}
}
