package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// refuse makes the database raise an error for rows of the table on which the condition holds, until the
// returned function is called. The condition says NEW for the row.
func refuse(t *testing.T, d *db.DB, table, event, condition string) (lift func()) {
	t.Helper()
	create := []string{fmt.Sprintf("CREATE TRIGGER refuse BEFORE %s ON %s WHEN %s BEGIN SELECT RAISE(ABORT, 'refused: ' || NEW.id); END", event, table, condition)}
	drop := "DROP TRIGGER refuse"
	if d.Dialect == db.Postgres {
		create = []string{
			"CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$",
			fmt.Sprintf("CREATE TRIGGER refuse BEFORE %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse()", event, table, condition),
		}
		drop += " ON " + table
	}
	for _, q := range create {
		if _, err := d.Write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := d.Write.Exec(drop); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneRefusedDeliveryDoesNotFailItsGroup has the database refuse the third of five.
func TestOneRefusedDeliveryDoesNotFailItsGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(5)
		var group []registry.Submission
		for i, card := range cards {
			group = append(group, f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), card, wib("2021-04-01T10:00:00"))))
		}
		group = append(group, group[2]) // and its copy
		lift := refuse(t, d, "purchases", "INSERT", "NEW.invoice_code = 'INV-2'")
		receipts := f.Send(group...)
		want := []string{"applied", "applied", "quarantined REJECTED_BY_DATABASE", "applied", "applied", "duplicate"}
		if diff := cmp.Diff(want, told(receipts)); diff != "" {
			t.Fatalf("receipts (-want +got):\n%s", diff)
		}
		// It can be found by what it names, so that nobody overlooks that somebody has bought.
		held := deliveryOf(t, d, receipts[2].DeliveryID)
		if held.CardNumber != cards[2] || held.InvoiceCode != "INV-2" || held.EventTime == nil || held.Problem == "" || string(*held.Body) != string(group[2].Body) {
			t.Errorf("the refused delivery is kept as %v", held)
		}
		got, err := f.RetryDelivery(context.Background(), registrytest.Officer, held.ID)
		if err != nil || got.Outcome != rules.DeliveryQuarantined || *got.Reason != rules.ReasonRejectedByDatabase || got.Attempts != 2 {
			t.Errorf("retried while it is still refused: %v, %v", got, err)
		}
		lift()
		got, err = f.RetryDelivery(context.Background(), registrytest.Officer, held.ID)
		if err != nil || got.Outcome != rules.DeliveryApplied {
			t.Errorf("retried when it is no longer refused: %v, %v", got, err)
		}
		for _, card := range cards {
			if s := stateOf(t, d, card, f.Now()); s.Status != rules.StatusPurchased || len(s.Purchases) != 1 {
				t.Errorf("the participant has %+v", s)
			}
		}
	})
}

func told(receipts []registry.Receipt) []string {
	var lines []string
	for _, r := range receipts {
		lines = append(lines, strings.TrimSpace(string(r.Status)+" "+string(r.Reason)))
	}
	return lines
}

// TestADeliveryWhoseLabelIsRefusedIsKeptWithoutIt because the bytes are what matters.
func TestADeliveryWhoseLabelIsRefusedIsKeptWithoutIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		defer refuse(t, d, "deliveries", "INSERT", "NEW.invoice_code = 'A'")()
		m := f.Message("tokopedia", registrytest.Bought("A", card, wib("2021-04-01T10:00:00")))
		receipt := f.Send(m)[0]
		if receipt.Reason != rules.ReasonRejectedByDatabase {
			t.Fatalf("receipt %+v", receipt)
		}
		held := deliveryOf(t, d, receipt.DeliveryID)
		if held.InvoiceCode != "" || held.EventType != rules.TypePurchaseCompleted || string(*held.Body) != string(m.Body) {
			t.Errorf("kept as %v", held)
		}
	})
}

// TestARefusedDeliveryDoesNotHoldUpOthersThatWait when they are tried again together.
func TestARefusedDeliveryDoesNotHoldUpOthersThatWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(0)
		var rows []registry.ParticipantRow
		for i := range 3 {
			card := fmt.Sprintf("32130000000000%02d", i)
			rows = append(rows, registry.ParticipantRow{Line: i + 2, CardNumber: card})
			f.Send(f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), card, wib("2021-04-01T10:00:00"))))
		}
		defer refuse(t, d, "purchases", "INSERT", "NEW.invoice_code = 'INV-1'")()
		f.Import(13, rows)
		if diff := cmp.Diff([]string{"purchase.completed REJECTED_BY_DATABASE"}, quarantine(t, d)); diff != "" {
			t.Errorf("quarantine (-want +got):\n%s", diff)
		}
		// It is left for a person: the round for what waits does not stumble over it for ever.
		if n, err := f.RetryWaiting(context.Background()); n != 0 || err != nil {
			t.Errorf("applied %d (%v)", n, err)
		}
		for i, want := range []rules.Status{rules.StatusPurchased, rules.StatusAwaiting, rules.StatusPurchased} {
			if got := stateOf(t, d, rows[i].CardNumber, f.Now()).Status; got != want {
				t.Errorf("participant %d is %s, want %s", i, got, want)
			}
		}
	})
}

// explosive is an event that makes the registry panic when it is looked at.
type explosive struct{ rules.PurchaseCompleted }

// EventTime implements rules.Event.
func (e explosive) EventTime() time.Time { panic("the invoice is " + e.InvoiceCode) }

// TestAPanicTakesNothingWithIt neither the others of the group, nor the connection, nor what the delivery says
// into the log.
func TestAPanicTakesNothingWithIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(3)
		var log bytes.Buffer
		r, err := registry.New(registry.Config{
			DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Clock: f.Clock.Now,
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Parse: payload.Parse,
		})
		if err != nil {
			t.Fatal(err)
		}
		var group []registry.Submission
		for i, card := range cards {
			group = append(group, f.Message("tokopedia", registrytest.Bought(fmt.Sprintf("INV-%d", i), card, wib("2021-04-01T10:00:00"))))
		}
		event, ok := group[1].Event.(rules.PurchaseCompleted)
		if !ok {
			t.Fatal("not a purchase")
		}
		group[1].Event = explosive{event}
		culprit := 0
		for range 10 { // each would keep a connection, if it were not given back
			receipts := r.Submit(context.Background(), group)
			if receipts[1].Err != nil || receipts[0].Err != nil || receipts[2].Err != nil {
				t.Fatalf("receipts %+v", receipts)
			}
			culprit = receipts[1].DeliveryID
			for i := range group {
				group[i].MessageID += "x"
			}
		}
		if diff := cmp.Diff(10, len(quarantine(t, d))); diff != "" {
			t.Errorf("quarantine (-want +got):\n%s", diff)
		}
		if strings.Contains(log.String(), "INV-1") || strings.Contains(log.String(), cards[1]) || !strings.Contains(log.String(), "panic") {
			t.Errorf("the log says:\n%s", log.String())
		}
		// As it is stored it is a purchase like any other.
		got, err := r.RetryDelivery(context.Background(), registrytest.Officer, culprit)
		if err != nil || got.Outcome != rules.DeliveryApplied {
			t.Errorf("retried: %v, %v", got, err)
		}
	})
}
