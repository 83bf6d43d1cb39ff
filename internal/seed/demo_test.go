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

// evening tells the scenario on the database.
func evening(t testing.TB, d *db.DB, scale float64) (*registry.Registry, seed.DemoInfo) {
	t.Helper()
	reg := newRegistry(t, d, seed.Evening)
	info, err := seed.Demo(context.Background(), reg, seed.DemoOptions{Scale: scale})
	if err != nil {
		t.Fatal(err)
	}
	return reg, info
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

// TestTheEveningOf6April counts the statuses at a five-hundredth of the real size.
func TestTheEveningOf6April(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		_, info := evening(t, d, 0.002)
		people, err := d.Client().Participant.Query().All(ctx)
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
			12: {rules.StatusPurchased: 1177, rules.StatusRevoked: 22, rules.StatusUnderReview: 1},
			13: {rules.StatusPurchased: 1176, rules.StatusAwaiting: 24},
			14: {rules.StatusPurchased: 90, rules.StatusAwaiting: 30},
			15: {rules.StatusPurchased: 66, rules.StatusAwaiting: 54},
			16: {rules.StatusPurchased: 24, rules.StatusAwaiting: 96},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the statuses differ (-want +got):\n%s", diff)
		}
		if info.Participants != len(people) || info.RevokedCount != 22 || info.Quarantined != 1 || info.Duplicates == 0 {
			t.Errorf("the scenario counts %+v", info)
		}
		stored, err := d.Client().Delivery.Query().Count(ctx)
		if err != nil || stored != info.Applied+info.Quarantined {
			t.Errorf("%d deliveries are stored (%v), of %d that were applied", stored, err, info.Applied)
		}
		voided, err := d.Client().Purchase.Query().Where(purchase.VoidedAtNotNil()).Count(ctx)
		if err != nil || voided < 10 {
			t.Errorf("%d purchases were voided (%v)", voided, err)
		}
		for what, stray := range map[string]int{
			"deliveries from after the evening": count(t, d.Client().Delivery.Query().Where(delivery.ReceivedAtGTE(seed.Evening))),
			"purchases from after the evening":  count(t, d.Client().Purchase.Query().Where(purchase.PurchasedAtGTE(seed.Evening))),
		} {
			if stray > 0 {
				t.Errorf("there are %d %s", stray, what)
			}
		}
	})
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

// TestTheCardsToTryAreExplained asks of every card that the scenario shows why it is as it is.
func TestTheCardsToTryAreExplained(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		reg, info := evening(t, d, 0.001)
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
			{"awaiting", info.Awaiting, 13, rules.StatusAwaiting, [][]rules.EvidenceCode{{}, {}, {}, {}}},
			{"purchased", info.Purchased, 13, rules.StatusPurchased, [][]rules.EvidenceCode{nil, {rules.CodeVoided, rules.CodeFirstPurchase}, nil}},
			{"revoked", info.Revoked, 12, rules.StatusRevoked, [][]rules.EvidenceCode{{}, {rules.CodeLate}, {rules.CodePending}}},
			{"under review", info.UnderReview, 12, rules.StatusUnderReview, [][]rules.EvidenceCode{{rules.CodeVoidedAfterDeadline}}},
			{"reinstated", info.Reinstated, 12, rules.StatusPurchased, [][]rules.EvidenceCode{{rules.CodeUpheld}}},
		} {
			if len(tt.cards) != len(tt.evidence) {
				t.Errorf("%s: %d cards, want %d", tt.name, len(tt.cards), len(tt.evidence))
				continue
			}
			for i, card := range tt.cards {
				p, err := d.Client().Participant.Query().Where(participant.CardNumber(card)).Only(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if got := factsOf(p).StatusAt(seed.Evening); p.CohortID != tt.cohort || got != tt.status || !p.Deadline.Equal(deadline[tt.cohort]) {
					t.Errorf("%s %d: cohort %d, %s, deadline %v", tt.name, i, p.CohortID, got, p.Deadline)
				}
				explanation, err := reg.Explain(ctx, p.ID, rules.EN)
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
	})
}

func TestTheExtendedProvinceHasMoreTime(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	evening(t, d, 0.001)
	people, err := d.Client().Participant.Query().Where(participant.CohortID(13)).All(context.Background())
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

func TestThePurchaseOfTheUnknownCardWaitsForItsImport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		reg, info := evening(t, d, 0.0001)
		result, err := reg.ImportParticipants(context.Background(), admin, 13, []registry.ParticipantRow{{Line: 2, CardNumber: info.Unknown}})
		if err != nil || result.Added != 1 {
			t.Fatalf("the import added %d (%v)", result.Added, err)
		}
		p, err := d.Client().Participant.Query().Where(participant.CardNumber(info.Unknown)).Only(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := factsOf(p).StatusAt(seed.Evening); got != rules.StatusPurchased {
			t.Errorf("after the import the status is %s", got)
		}
	})
}

// TestTheScenarioIsTheSameEveryTime compares all that is not encrypted, down to the bytes of the deliveries.
func TestTheScenarioIsTheSameEveryTime(t *testing.T) {
	queries := []string{
		"SELECT id, cohort_id, card_number, province, regency, gender, age_band, education, deadline, first_purchase_id, revoked_at, review_open, balance, created_at, updated_at FROM participants ORDER BY id",
		"SELECT id, message_id, body, headers, signed_at, received_at, outcome, reason, settled_at FROM deliveries ORDER BY id",
		"SELECT * FROM purchases ORDER BY id", "SELECT * FROM history ORDER BY id", "SELECT * FROM reviews ORDER BY id",
		"SELECT * FROM extensions ORDER BY id", "SELECT * FROM offerings ORDER BY id", "SELECT * FROM platforms ORDER BY id",
		"SELECT id, platform_id, scheme, fingerprint, not_before, not_after FROM platform_keys ORDER BY id",
	}
	one, two := dbtest.New(t, db.SQLite), dbtest.New(t, db.SQLite)
	_, first := evening(t, one, 0.001)
	_, second := evening(t, two, 0.001)
	_, elsewhere := evening(t, dbtest.New(t, db.Postgres), 0.001)
	for _, info := range []seed.DemoInfo{second, elsewhere} {
		if diff := cmp.Diff(first, info); diff != "" {
			t.Errorf("what there is to see differs:\n%s", diff)
		}
	}
	for _, query := range queries {
		rows := dump(t, one, query)
		if len(rows) == 0 {
			t.Errorf("no rows: %s", query)
		}
		if diff := cmp.Diff(rows, dump(t, two, query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
}

// TestTheHistorySaysWhatWasKnownWhen holds the clock of the records against the clock of the deliveries.
func TestTheHistorySaysWhatWasKnownWhen(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	evening(t, d, 0.001)
	entries, err := d.Client().History.Query().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := d.Client().Delivery.Query().All(context.Background())
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

func TestTheDeliveriesAreSigned(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	reg, info := evening(t, d, 0.0001)
	ctx := context.Background()
	verifiers, err := reg.Verifiers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := d.Client().Delivery.Query().WithPlatform().All(ctx)
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
	for code, secret := range info.Secrets {
		if _, err := signature.ParseSecret(secret); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if verifiers[code].Tolerance != 24*time.Hour {
			t.Errorf("%s may be %v off", code, verifiers[code].Tolerance)
		}
	}
}

func TestProgressOnlyGoesForward(t *testing.T) {
	last, end := 0, 0
	_, err := seed.Demo(context.Background(), newRegistry(t, dbtest.New(t, db.SQLite), seed.Evening), seed.DemoOptions{
		Scale: 0.0001,
		Progress: func(_ string, done, total int) {
			if done <= last || done > total {
				t.Errorf("the progress went from %d to %d of %d", last, done, total)
			}
			last, end = done, total
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != end || end == 0 {
		t.Errorf("the progress ended at %d of %d", last, end)
	}
}

func TestDemoRefuses(t *testing.T) {
	ctx := context.Background()
	d := dbtest.New(t, db.SQLite)
	reg := newRegistry(t, d, seed.Evening)
	for _, scale := range []float64{0, -1, 1.01} {
		if _, err := seed.Demo(ctx, reg, seed.DemoOptions{Scale: scale}); err == nil {
			t.Errorf("a scale of %v was accepted", scale)
		}
	}
	if err := seed.Cohorts2021(ctx, reg); err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Demo(ctx, reg, seed.DemoOptions{Scale: 0.0001}); err == nil {
		t.Error("a database with cohorts was accepted")
	}
	if n := count(t, d.Client().Participant.Query()); n != 0 {
		t.Errorf("%d participants were registered all the same", n)
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		d := dbtest.New(b, db.SQLite)
		b.StartTimer()
		evening(b, d, 0.001)
	}
}
