package registry_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/ent/delivery"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// quarantine lists what is in quarantine, by type and reason, oldest first.
func quarantine(t testing.TB, d *db.DB) []string {
	t.Helper()
	held, err := d.Client().Delivery.Query().Where(delivery.SettledAtIsNil()).Order(delivery.ByID()).All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, h := range held {
		if h.Outcome != rules.DeliveryQuarantined || h.Reason == nil {
			t.Errorf("delivery %d is not settled, and yet %s", h.ID, h.Outcome)
			continue
		}
		lines = append(lines, h.EventType+" "+string(*h.Reason))
	}
	return lines
}

func deliveryOf(t *testing.T, d *db.DB, id int) *ent.Delivery {
	t.Helper()
	got, err := d.Client().Delivery.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestAPersonRetriesADelivery tries again what heals and what does not.
func TestAPersonRetriesADelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		ctx := context.Background()
		ahead := f.Send(f.Message("tokopedia", registrytest.Bought("AHEAD", card, f.Now().Add(time.Hour))))[0]
		early := f.Send(f.Message("tokopedia", registrytest.Bought("EARLY", card, announced13.Add(-time.Second))))[0]
		f.Clock.Set(f.Now().Add(2 * time.Hour))

		got, err := f.RetryDelivery(ctx, registrytest.Officer, ahead.DeliveryID)
		if err != nil || got.Outcome != rules.DeliveryApplied || got.SettledBy != "officer-1" || got.SettledAt == nil || got.Attempts != 2 || got.Reason != nil {
			t.Errorf("retried when its time has come: %v, %v", got, err)
		}
		got, err = f.RetryDelivery(ctx, registrytest.Officer, early.DeliveryID)
		if err != nil || got.Outcome != rules.DeliveryQuarantined || *got.Reason != rules.ReasonBeforeAnnouncement || got.SettledBy != "" || got.Attempts != 2 {
			t.Errorf("retried in vain: %v, %v", got, err)
		}
		_, err = f.RetryDelivery(ctx, registrytest.Officer, ahead.DeliveryID)
		checkError(t, "retried when it is applied", err, registry.NotPossible, "delivery")
		_, err = f.RetryDelivery(ctx, registrytest.Officer, 1_000_000)
		checkError(t, "retried without being there", err, registry.NotFound, "delivery")
	})
}

// TestAReusedMessageIDIsOnlyDismissed because what its id was used for before stands.
func TestAReusedMessageIDIsOnlyDismissed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		ctx := context.Background()
		a := f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00")))
		b := f.Message("tokopedia", registrytest.Bought("B", card, wib("2021-03-20T10:00:00")))
		b.MessageID = a.MessageID
		f.Send(a)
		receipt := f.Send(b)[0]
		got, err := f.RetryDelivery(ctx, registrytest.Officer, receipt.DeliveryID)
		if err != nil || got.Outcome != rules.DeliveryQuarantined || *got.Reason != rules.ReasonMessageIDReused {
			t.Errorf("retried: %v, %v", got, err)
		}
		_, err = f.DismissDelivery(ctx, registrytest.Officer, receipt.DeliveryID, " ")
		checkError(t, "dismissed without a reason", err, registry.Invalid, "reason")
		got, err = f.DismissDelivery(ctx, registrytest.Officer, receipt.DeliveryID, "sent by mistake")
		if err != nil || got.Outcome != rules.DeliveryDismissed || got.SettledBy != "officer-1" || got.SettledAt == nil || got.Problem != "dismissed: sent by mistake" {
			t.Errorf("dismissed: %v, %v", got, err)
		}
		_, err = f.DismissDelivery(ctx, registrytest.Officer, receipt.DeliveryID, "again")
		checkError(t, "dismissed again", err, registry.NotPossible, "delivery")
		_, err = f.RetryDelivery(ctx, registrytest.Officer, receipt.DeliveryID)
		checkError(t, "retried after it was dismissed", err, registry.NotPossible, "delivery")
		if again := f.Send(b)[0]; again.Status != registry.Duplicate || again.DeliveryID != receipt.DeliveryID {
			t.Errorf("sent again after it was dismissed: %+v", again)
		}
		if got := stateOf(t, d, card, f.Now()); got.First != "tokopedia/A" || len(got.Purchases) != 1 {
			t.Errorf("the participant has %+v", got)
		}
	})
}

// TestImportAppliesWhatWaitedForTheCard also applies what waited for that: the void of a purchase that waited.
func TestImportAppliesWhatWaitedForTheCard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		const card = "3113000000000042"
		void := f.Message("tokopedia", registrytest.Voided("A", wib("2021-04-02T10:00:00")))
		a := f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00")))
		b := f.Message("pintaria", registrytest.Bought("B", card, wib("2021-04-03T10:00:00")))
		f.Send(void)
		f.Send(a, b)
		waits := []string{"purchase.voided UNKNOWN_INVOICE", "purchase.completed UNKNOWN_CARD", "purchase.completed UNKNOWN_CARD"}
		got := quarantine(t, d)
		if diff := cmp.Diff(waits, got); diff != "" {
			t.Fatalf("quarantine (-want +got):\n%s", diff)
		}
		f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: card}})
		if held := quarantine(t, d); held != nil {
			t.Errorf("left in quarantine: %v", held)
		}
		if s := stateOf(t, d, card, f.Now()); s.Status != rules.StatusPurchased || s.First != "pintaria/B" || s.Balance != 750_000 {
			t.Errorf("the participant has %+v", s)
		}
	})
}

// TestWhatIsFromTheFutureIsAppliedWhenItsTimeHasCome by the round that runs from time to time.
func TestWhatIsFromTheFutureIsAppliedWhenItsTimeHasCome(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(2)
		start := f.Now()
		dated := registrytest.Bought("DATED", cards[0], start.Add(6*time.Minute))
		bought := registrytest.Bought("BOUGHT", cards[1], start.Add(6*time.Minute))
		bought.Timestamp = start // only the purchase in it is ahead
		f.Send(f.Message("tokopedia", dated), f.Message("tokopedia", bought))
		for _, step := range []struct {
			after   time.Duration
			applied int
		}{{0, 0}, {time.Minute - time.Microsecond, 0}, {time.Minute, 2}, {time.Hour, 0}} {
			f.Clock.Set(start.Add(step.after))
			if n, err := f.RetryWaiting(context.Background()); n != step.applied || err != nil {
				t.Errorf("after %v: applied %d (%v), want %d", step.after, n, err, step.applied)
			}
		}
		if held := quarantine(t, d); held != nil {
			t.Errorf("left in quarantine: %v", held)
		}
		for _, card := range cards {
			if got := stateOf(t, d, card, f.Now()).Status; got != rules.StatusPurchased {
				t.Errorf("who bought ahead of time is %s", got)
			}
		}
	})
}

// TestWhatIsFromTheFutureIsNotTriedBeforeItsTime counts the attempts of rounds a minute apart, for messages of
// which only what they report is ahead.
func TestWhatIsFromTheFutureIsNotTriedBeforeItsTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		start, ahead := f.Now(), f.Now().Add(15*time.Minute)
		f.Send(f.Message("tokopedia", registrytest.Bought("A", card, start)))
		bought := registrytest.Bought("B", card, ahead)
		voided := registrytest.Voided("A", ahead)
		stated := rules.CompleteThrough{Through: ahead, Count: 1, Amount: 250_000}
		bought.Timestamp, voided.Timestamp, stated.Timestamp = start, start, start
		var ids []int
		for _, r := range f.Send(f.Message("tokopedia", bought), f.Message("tokopedia", voided), f.Message("tokopedia", stated)) {
			if r.Reason != rules.ReasonFromFuture {
				t.Errorf("delivery %d: %s %s", r.DeliveryID, r.Status, r.Reason)
			}
			ids = append(ids, r.DeliveryID)
		}
		retry, err := f.RetryDelivery(context.Background(), registrytest.Officer, ids[0]) // by hand, in vain
		if err != nil || retry.Attempts != 2 || retry.RetryAt == nil {
			t.Errorf("tried by hand: %v (%v)", retry, err)
		}
		for minute := range 12 {
			f.Clock.Set(start.Add(time.Duration(minute) * time.Minute))
			want := 0
			if minute == 10 {
				want = len(ids)
			}
			if n, err := f.RetryWaiting(context.Background()); n != want || err != nil {
				t.Errorf("after %d minutes: applied %d (%v), want %d", minute, n, err, want)
			}
			for i, id := range ids {
				got := deliveryOf(t, d, id)
				attempts := 1
				if i == 0 {
					attempts++
				}
				if minute >= 10 {
					attempts++
				}
				if got.Attempts != attempts || (got.RetryAt != nil) != (minute < 10) || (got.RetryAt != nil && !got.RetryAt.Equal(start.Add(10*time.Minute))) {
					t.Errorf("after %d minutes: %s was tried %d times, next at %v", minute, got.EventType, got.Attempts, got.RetryAt)
				}
			}
		}
	})
}

// TestAnotherObstacleIsNotWaitedForByTheClock has a purchase from the future turn out to name an unknown card.
func TestAnotherObstacleIsNotWaitedForByTheClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		ahead := f.Now().Add(time.Hour)
		id := f.Send(f.Message("tokopedia", registrytest.Bought("A", "3113000000000042", ahead)))[0].DeliveryID
		f.Clock.Set(ahead)
		for range 2 {
			if n, err := f.RetryWaiting(context.Background()); n != 0 || err != nil {
				t.Errorf("applied %d (%v)", n, err)
			}
		}
		if got := deliveryOf(t, d, id); *got.Reason != rules.ReasonUnknownCard || got.RetryAt != nil || got.Attempts != 2 {
			t.Errorf("it waits for %s, to be tried at %v, after %d attempts", *got.Reason, got.RetryAt, got.Attempts)
		}
	})
}

// TestRetryWaitingHealsWhatACrashLeftBehind brings about by hand what a server leaves that stops between the
// commit of a group and the round for those who wait for it: the obstacle is gone, and nobody looks.
func TestRetryWaitingHealsWhatACrashLeftBehind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(2)
		at := wib("2021-04-01T10:00:00")
		f.Send(
			f.Message("tokopedia", registrytest.Voided("LOST", at.Add(2*time.Hour))),
			f.Message("tokopedia", registrytest.Bought("A", "3113000000000099", at)),
			f.Message("tokopedia", rules.OfferingWithdrawn{Timestamp: at.Add(time.Hour), CourseCode: "C-LOST"}),
			f.Message("tokopedia", registrytest.Voided("A", at.Add(3*time.Hour))),
			f.Message("tokopedia", registrytest.Bought("ELSEWHERE", "3113000000000098", at)),
			f.Message("tokopedia", registrytest.Bought("OTHER", cards[0], at)),
		)
		for _, q := range []string{
			"UPDATE purchases SET invoice_code = 'LOST' WHERE invoice_code = 'OTHER'",
			"UPDATE participants SET card_number = '3113000000000099' WHERE card_number = '" + cards[1] + "'",
			"UPDATE offerings SET course_code = 'C-LOST' WHERE course_code = 'C-1'",
		} {
			if _, err := d.Write.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		// The void of A has waited for a purchase that waited itself.
		if n, err := f.RetryWaiting(context.Background()); n != 4 || err != nil {
			t.Errorf("applied %d (%v), want 4", n, err)
		}
		if n, err := f.RetryWaiting(context.Background()); n != 0 || err != nil {
			t.Errorf("applied %d more (%v)", n, err)
		}
		if diff := cmp.Diff([]string{"purchase.completed UNKNOWN_CARD"}, quarantine(t, d)); diff != "" {
			t.Errorf("quarantine (-want +got):\n%s", diff)
		}
		for _, card := range []string{cards[0], "3113000000000099"} {
			if got := stateOf(t, d, card, f.Now()); got.Status != rules.StatusAwaiting || len(got.Purchases) != 1 {
				t.Errorf("the participant has %+v", got)
			}
		}
		if got := offeringOf(t, d, "C-LOST").Withdrawn; got != "11:00" {
			t.Errorf("the offering was withdrawn at %q", got)
		}
	})
}

// TestALaterVersionReadsWhatAnEarlierOneCouldNot and then the delivery is found by what it names.
func TestALaterVersionReadsWhatAnEarlierOneCouldNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		const card = "3113000000000042"
		m := f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00")))
		m.Event, m.EventType, m.Unreadable, m.Problem = nil, "", rules.ReasonUnsupportedType, "type: is not a type of this contract"
		receipt := f.Send(m)[0]
		if receipt.Reason != rules.ReasonUnsupportedType {
			t.Fatalf("what cannot be read: %+v", receipt)
		}
		earlier, err := registry.New(registry.Config{
			DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler),
			Parse: func([]byte) (rules.Event, error) { return nil, errors.New("not yet") },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			name    string
			by      *registry.Registry
			reason  rules.Reason
			problem string
			card    string
		}{
			{"a version that cannot read it either", earlier, rules.ReasonUnsupportedType, m.Problem, card},
			{"a version that can", f.Registry, rules.ReasonUnknownCard, m.Problem, card},
		} {
			got, err := step.by.RetryDelivery(context.Background(), registrytest.Officer, receipt.DeliveryID)
			if err != nil || *got.Reason != step.reason || got.Problem != step.problem || got.CardNumber != step.card {
				t.Errorf("retried by %s: %v, %v", step.name, got, err)
			}
		}
		f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: card}})
		got := deliveryOf(t, d, receipt.DeliveryID)
		if got.Outcome != rules.DeliveryApplied || got.InvoiceCode != "A" || got.EventType != rules.TypePurchaseCompleted || got.EventTime == nil || got.Problem != "" {
			t.Errorf("after the import: %v", got)
		}
	})
}

// TestADismissedDeliveryStaysDismissed while others try it again at the same time.
func TestADismissedDeliveryStaysDismissed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		ctx := context.Background()
		for round := range 20 {
			receipt := f.Send(f.Message("tokopedia", registrytest.Bought("EARLY", card, announced13.Add(-time.Duration(round+1)*time.Second))))[0]
			done := make(chan error)
			for range 3 {
				go func() {
					_, err := f.RetryDelivery(ctx, registrytest.Officer, receipt.DeliveryID)
					done <- err
				}()
			}
			_, err := f.DismissDelivery(ctx, registrytest.Officer, receipt.DeliveryID, "sent by mistake")
			if err != nil {
				t.Errorf("dismiss: %v", err)
			}
			for range 3 {
				if err := <-done; err != nil && registry.CodeOf(err) != registry.NotPossible {
					t.Errorf("retry: %v", err)
				}
			}
			if got := deliveryOf(t, d, receipt.DeliveryID); got.Outcome != rules.DeliveryDismissed || got.SettledAt == nil {
				t.Fatalf("round %d: dismissed, and yet %s", round, got.Outcome)
			}
		}
	})
}

// TestEveryDeliveryIsKeptAsItCame compares the bytes of every kind of delivery with what was sent.
func TestEveryDeliveryIsKeptAsItCame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		at := wib("2021-04-01T10:00:00")
		for _, e := range []rules.Event{
			registrytest.Bought("A", card, at), registrytest.Voided("A", at), upserted("C-9", "Menjahit", at), rules.OfferingWithdrawn{Timestamp: at, CourseCode: "C-9"},
			rules.CompleteThrough{Timestamp: at, Through: at}, rules.AlumniStageReached{Timestamp: at, Programme: "KUR", CardNumber: card, Stage: "1", ReachedAt: at},
		} {
			m := f.Message("tokopedia", e)
			got := deliveryOf(t, d, f.Send(m)[0].DeliveryID)
			if string(*got.Body) != string(m.Body) || got.EventType != e.EventType() || !got.EventTime.Equal(at) || got.Headers != m.Headers {
				t.Errorf("%s is kept as %v", e.EventType(), got)
			}
			if parsed, err := payload.Parse(*got.Body); err != nil || !cmp.Equal(parsed, m.Event) {
				t.Errorf("%s reads back as %v (%v)", e.EventType(), parsed, err)
			}
		}
	})
}
