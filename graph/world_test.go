package graph_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// world is what the tests ask about: the evening of 6 April 2021, with everything that the schema can show.
type world struct {
	*registrytest.Fixture
	cards12, cards13 []string
}

func wib(day, hour, minute int) time.Time {
	return time.Date(2021, 4, day, hour, minute, 0, 0, rules.WIB)
}

// newWorld makes cohort 12, closed, with one late purchase, one revoked, and one review; and cohort 13 with n
// participants, of whom the first two bought: the first twice, the second once and voided.
func newWorld(t testing.TB, d *db.DB, n int) *world {
	t.Helper()
	w := &world{Fixture: registrytest.New(t, d)}
	ctx := context.Background()
	if err := w.PutProvinces(ctx, registrytest.Admin, map[string]string{"31": "DKI Jakarta", "32": "Jawa Barat"}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(time.Date(2021, 3, 11, 9, 0, 0, 0, rules.WIB))
	w.cards12 = w.Cohort(12, time.Date(2021, 3, 3, 12, 0, 0, 0, rules.WIB), 3)
	w.announce13(n)
	w.offerings()
	w.Clock.Set(registrytest.Evening)
	w.settle12()
	w.Send(w.Message("tokopedia", registrytest.Bought("FIRST", w.cards13[0], wib(1, 9, 0))))
	w.Send(w.Message("pintaria", registrytest.Bought("SECOND", w.cards13[0], wib(2, 9, 0))))
	w.Send(w.Message("tokopedia", registrytest.Bought("VOIDED", w.cards13[1], wib(1, 9, 0))))
	w.Send(w.Message("tokopedia", registrytest.Voided("VOIDED", wib(2, 9, 0))))
	w.Send(w.Message("tokopedia", registrytest.Bought("STRANGER", "9999999999999999", wib(1, 9, 0))))
	w.Send(w.Message("pintaria", registrytest.Bought("STRANGER", "8888888888888888", wib(1, 9, 0))))
	_, err := w.ExtendDeadline(ctx, registrytest.Officer, registry.ExtendDeadline{
		Cohort: 13, Scope: rules.ExtendProvince, Province: "32", LastDay: wib(15, 0, 0), Reference: "SK 1/2021", Reason: "floods",
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// settle12 revokes the third of cohort 12: the first has bought late since the list was made and is passed over, the
// second is under review, and the fourth is registered only after it.
func (w *world) settle12() {
	w.T.Helper()
	w.Send(w.Message("pintaria", registrytest.Bought("ONLY", w.cards12[1], wib(1, 10, 0).AddDate(0, 0, -1))))
	w.Send(w.Message("pintaria", registrytest.Voided("ONLY", wib(5, 10, 0))))
	s, err := w.Approved(12)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Send(w.Message("tokopedia", registrytest.Bought("LATE", w.cards12[0], wib(3, 10, 0))))
	if _, err := w.Execute(context.Background(), registrytest.Officer, s.ID, nil); err != nil {
		w.T.Fatal(err)
	}
	fourth := fmt.Sprintf("3112%012d", 4)
	w.Import(12, []registry.ParticipantRow{{Line: 2, CardNumber: fourth, Province: "31"}})
	w.cards12 = append(w.cards12, fourth)
}

// The personal data of the participants of cohort 13: nothing of it may be where it does not belong.
const (
	secretName  = "Siti Rahasia"
	secretEmail = "siti@rahasia.example"
	secretPhone = "+628123456789"
	secretNIK   = "3171234567890123"
)

func (w *world) announce13(n int) {
	w.T.Helper()
	_, err := w.AnnounceCohort(context.Background(), registrytest.Officer, registry.AnnounceCohort{Number: 13, Quota: 600_000, AnnouncedAt: time.Date(2021, 3, 10, 12, 0, 0, 0, rules.WIB)})
	if err != nil {
		w.T.Fatal(err)
	}
	rows := make([]registry.ParticipantRow, n)
	w.cards13 = make([]string, n)
	provinces, genders := []string{"31", "32", ""}, []rules.Gender{rules.GenderFemale, rules.GenderMale, ""}
	for i := range rows {
		w.cards13[i] = fmt.Sprintf("3113%012d", i+1)
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: w.cards13[i], Province: provinces[i%3], Gender: genders[i%3]}
	}
	rows[0].Name, rows[0].Email, rows[0].Phone, rows[0].NIK = secretName, secretEmail, secretPhone, secretNIK
	rows[0].BirthDate, rows[0].Education = time.Date(1995, 5, 17, 0, 0, 0, 0, time.UTC), "S1"
	w.Import(13, rows)
}

func (w *world) offerings() {
	w.T.Helper()
	in := []registry.Offering{
		{CourseCode: "C-1", Title: "Membuat Roti", Provider: "Dapur", Category: "Kuliner", Mode: rules.ModeOnline, Price: 250_000, URL: "https://example.com/roti"},
		{CourseCode: "C-2", Title: "Bahasa Inggris 100%", Provider: "Kursus_A", Category: "Bahasa", Mode: rules.ModeOffline, Price: 500_000},
		{CourseCode: "C-3", Title: "Akuntansi", Category: "Bisnis", Price: 250_000},
	}
	if _, err := w.PutOfferings(context.Background(), registrytest.Admin, "tokopedia", in); err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.WithdrawOffering(context.Background(), registrytest.Admin, "tokopedia", "C-3"); err != nil {
		w.T.Fatal(err)
	}
}

// endpoint adds an endpoint of the name that is told of everything but reminders, and sends it a test. It returns its
// row id.
func (w *world) endpoint(name string) int {
	w.T.Helper()
	ep, _, err := w.CreateEndpoint(w.T.Context(), registrytest.Admin, registry.CreateEndpoint{
		Name: name, URL: "https://" + name + ".example/hook", Events: []rules.OutboundEvent{rules.EventSettlement, rules.EventAlertRaised, rules.EventAlertCleared},
	})
	if err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.TestEndpoint(w.T.Context(), registrytest.Admin, ep.ID); err != nil {
		w.T.Fatal(err)
	}
	return ep.ID
}

// pastReviews adds, for every purchase, a review that was opened when it was made and is moot.
func (w *world) pastReviews() {
	w.T.Helper()
	_, err := w.DB().Write.ExecContext(w.T.Context(), `INSERT INTO reviews (kind, state, opened_at, closed_at, participant_id, purchase_id)
		SELECT 'LATE_EVIDENCE', 'MOOT', purchased_at, received_at, participant_id, id FROM purchases`)
	if err != nil {
		w.T.Fatal(err)
	}
}

// ids returns the row ids of the cards.
func (w *world) ids(cards ...string) []int {
	w.T.Helper()
	var ids []int
	for _, card := range cards {
		var id int
		if err := w.DB().Read.QueryRow("SELECT id FROM participants WHERE card_number = $1", card).Scan(&id); err != nil {
			w.T.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}
