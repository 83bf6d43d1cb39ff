package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent/delivery"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestAPurchaseMeetsTheObligationOnlyInTime is the main job at its edges: 23:59:59 WIB of the last day
// counts, midnight does not.
func TestAPurchaseMeetsTheObligationOnlyInTime(t *testing.T) {
	tests := []struct {
		name   string
		at     time.Time
		status registry.ReceiptStatus
		reason rules.Reason
		want   rules.Status
		first  bool
	}{
		{"before the announcement day", wib("2021-03-09T23:59:59"), registry.Quarantined, rules.ReasonBeforeAnnouncement, rules.StatusOverdue, false},
		{"at midnight of the announcement day", wib("2021-03-10T00:00:00"), registry.Applied, "", rules.StatusPurchased, true},
		{"in the last second", time.Date(2021, 4, 8, 16, 59, 59, 0, time.UTC), registry.Applied, "", rules.StatusPurchased, true},
		{"at the deadline", time.Date(2021, 4, 8, 17, 0, 0, 0, time.UTC), registry.Applied, "", rules.StatusOverdue, false},
		{"from the future", wib("2021-04-10T12:06:00"), registry.Quarantined, rules.ReasonFromFuture, rules.StatusOverdue, false},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Clock.Set(wib("2021-04-10T12:00:00"))
		cards := f.Cohort13(len(tests))
		for i, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				f.In(t)
				got := f.Send(f.Message("tokopedia", registrytest.Bought("INV-"+tt.name, cards[i], tt.at)))[0]
				if got.Status != tt.status || got.Reason != tt.reason {
					t.Errorf("receipt %s %s, want %s %s", got.Status, got.Reason, tt.status, tt.reason)
				}
				s := stateOf(t, d, cards[i], f.Now())
				if s.Status != tt.want || (s.First != "") != tt.first {
					t.Errorf("status %s, first %q, want %s, first %t", s.Status, s.First, tt.want, tt.first)
				}
			})
		}
	})
}

// TestDeliveries says what becomes of a message after others.
func TestDeliveries(t *testing.T) {
	in := wib("2021-04-01T10:00:00")
	bought := func(f *registrytest.Fixture, invoice, card string) registry.Submission {
		return f.Message("tokopedia", registrytest.Bought(invoice, card, in))
	}
	tests := []struct {
		name  string
		send  func(f *registrytest.Fixture, card, other string) []registry.Submission
		want  registry.ReceiptStatus // of the last one
		why   rules.Reason
		state state // of card
	}{
		{
			"the same bytes again are a duplicate",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				m := bought(f, "A", card)
				return []registry.Submission{m, m}
			},
			registry.Duplicate, "", state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000},
		},
		{
			"the same id with other bytes is quarantined",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				a, b := bought(f, "A", card), bought(f, "B", card)
				b.MessageID = a.MessageID
				return []registry.Submission{a, b}
			},
			registry.Quarantined, rules.ReasonMessageIDReused, state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000},
		},
		{
			"the same id with other bytes, again, is a duplicate",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				a, b := bought(f, "A", card), bought(f, "B", card)
				b.MessageID = a.MessageID
				return []registry.Submission{a, b, b}
			},
			registry.Duplicate, "", state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000},
		},
		{
			"the same invoice in another message is one purchase",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{bought(f, "A", card), bought(f, "A", card)}
			},
			registry.Applied, "", state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000},
		},
		{
			"the same invoice for another card is quarantined",
			func(f *registrytest.Fixture, card, other string) []registry.Submission {
				return []registry.Submission{bought(f, "A", card), bought(f, "A", other)}
			},
			registry.Quarantined, rules.ReasonContradictsPurchase, state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: 750_000},
		},
		{
			"the same invoice code at another platform is another purchase",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{bought(f, "A", card), f.Message("pintaria", registrytest.Bought("A", card, in))}
			},
			registry.Applied, "", state{Status: rules.StatusPurchased, First: "pintaria/A", Balance: 500_000},
		},
		{
			"an unknown card is quarantined",
			func(f *registrytest.Fixture, _, _ string) []registry.Submission {
				return []registry.Submission{bought(f, "A", "9999000000000000")}
			},
			registry.Quarantined, rules.ReasonUnknownCard, state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a void before the deadline reopens the obligation",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{bought(f, "A", card), f.Message("tokopedia", registrytest.Voided("A", in.Add(time.Hour)))}
			},
			registry.Applied, "", state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a void that comes before its purchase waits for it",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{f.Message("tokopedia", registrytest.Voided("A", in.Add(time.Hour))), bought(f, "A", card)}
			},
			registry.Applied, "", state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a second void at another time is quarantined",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{
					bought(f, "A", card), f.Message("tokopedia", registrytest.Voided("A", in.Add(time.Hour))),
					f.Message("tokopedia", registrytest.Voided("A", in.Add(2*time.Hour))),
				}
			},
			registry.Quarantined, rules.ReasonContradictsVoid, state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a malformed body is quarantined",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				m := bought(f, "A", card)
				m.Event, m.Problem = nil, "data.amount is missing"
				return []registry.Submission{m}
			},
			registry.Quarantined, rules.ReasonMalformed, state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a type that is not applied is quarantined",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				return []registry.Submission{f.Message("tokopedia", rules.AlumniStageReached{Timestamp: in, Programme: "P", CardNumber: card, Stage: "1", ReachedAt: in})}
			},
			registry.Quarantined, rules.ReasonUnsupportedType, state{Status: rules.StatusAwaiting, Balance: 1_000_000},
		},
		{
			"a balance may go negative, for the sale happened",
			func(f *registrytest.Fixture, card, _ string) []registry.Submission {
				e := registrytest.Bought("A", card, in)
				e.Amount = 1_200_000
				return []registry.Submission{f.Message("tokopedia", e)}
			},
			registry.Applied, "", state{Status: rules.StatusPurchased, First: "tokopedia/A", Balance: -200_000},
		},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		cards := f.Cohort13(2*2*len(tests) + 2)
		for i, tt := range tests {
			for j, together := range []bool{false, true} {
				name := tt.name + ", one by one"
				if together {
					name = tt.name + ", in one group"
				}
				t.Run(name, func(t *testing.T) {
					f.In(t)
					pair := cards[2*(2*i+j):]
					messages := tt.send(f, pair[0], pair[1])
					// Every case has invoices of its own: the codes are those of the table, at platforms of its own.
					last := sendAll(f, rename(t, messages, i, j), together)
					if last.Status != tt.want || last.Reason != tt.why {
						t.Errorf("receipt %s %s, want %s %s", last.Status, last.Reason, tt.want, tt.why)
					}
					got := stateOf(t, d, pair[0], f.Now())
					got.First, got.Purchases = original(got.First), nil
					if diff := cmp.Diff(tt.state, got); diff != "" {
						t.Errorf("state (-want +got):\n%s", diff)
					}
				})
			}
		}
	})
}

func sendAll(f *registrytest.Fixture, messages []registry.Submission, together bool) registry.Receipt {
	if together {
		receipts := f.Send(messages...)
		return receipts[len(receipts)-1]
	}
	var last registry.Receipt
	for _, m := range messages {
		last = f.Send(m)[0]
	}
	return last
}

// TestAGroupIsRecordedByteForByte looks at what is kept of a delivery.
func TestAGroupIsRecordedByteForByte(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		m := f.Message("tokopedia", registrytest.Bought("INV-1", card, wib("2021-04-01T10:00:00")))
		receipt := f.Send(m)[0]
		got, err := d.Client().Delivery.Query().Where(delivery.ID(receipt.DeliveryID)).Only(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got.Body == nil || string(*got.Body) != string(m.Body) {
			t.Error("the body is not kept as it came")
		}
		if got.PlatformKeyID != m.KeyID || got.MessageID != m.MessageID || !got.ReceivedAt.Equal(m.ReceivedAt) || got.InvoiceCode != "INV-1" || got.Outcome != rules.DeliveryApplied {
			t.Errorf("recorded as %+v", got)
		}
	})
}
