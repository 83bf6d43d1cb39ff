// Package registrytest sets up a registry for tests: a fresh database, a clock that the test moves, two
// platforms and a cohort with participants.
package registrytest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// Officer is the member of staff who acts in tests.
var Officer = viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"}

// Supervisor is the member of staff who approves in tests.
var Supervisor = viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor-1"}

// Admin is the administrator who acts in tests.
var Admin = viewer.Viewer{Role: viewer.Admin, Subject: "admin-1"}

// Evening is that of the scenario: two days before cohort 13's deadline.
var Evening = time.Date(2021, 4, 6, 17, 45, 0, 0, rules.WIB)

// Clock is a clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the instant.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set makes the clock show the instant.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Fixture is a registry on a fresh database, with the platforms tokopedia and pintaria.
type Fixture struct {
	*registry.Registry
	T         testing.TB
	Clock     *Clock
	Secrets   *secrets.Keyring
	Platforms map[string]int // id by code
	Keys      map[string]int // key id by platform code
	messages  int
}

// New sets up a fixture whose clock shows [Evening].
func New(t testing.TB, d *db.DB) *Fixture {
	t.Helper()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	f := &Fixture{T: t, Clock: NewClock(Evening), Secrets: keys, Platforms: map[string]int{}, Keys: map[string]int{}}
	f.Registry = f.Another(d)
	for _, code := range []string{"tokopedia", "pintaria"} {
		p, err := f.PutPlatform(context.Background(), Admin, registry.Platform{Code: code, Name: code, Kind: "marketplace", Active: true})
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := f.CreatePlatformKey(context.Background(), Admin, registry.NewPlatformKey{Platform: code, Scheme: signature.StandardV1})
		if err != nil {
			t.Fatal(err)
		}
		f.Platforms[code], f.Keys[code] = p.ID, key.ID
	}
	return f
}

// In makes the fixture report to the subtest t until that ends.
func (f *Fixture) In(t testing.TB) {
	t.Helper()
	outer := f.T
	f.T = t
	t.Cleanup(func() { f.T = outer })
}

// Another returns a second registry on the database, as another server would have it, with the same
// clock and keys.
func (f *Fixture) Another(d *db.DB) *registry.Registry {
	f.T.Helper()
	r, err := registry.New(registry.Config{
		DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		f.T.Fatal(err)
	}
	return r
}

// Cohort13 announces cohort 13 and imports n participants, whose cards it returns.
func (f *Fixture) Cohort13(n int) []string {
	f.T.Helper()
	return f.Cohort(13, time.Date(2021, 3, 10, 12, 0, 0, 0, rules.WIB), n)
}

// Cohort announces a cohort and imports n participants, whose cards it returns.
func (f *Fixture) Cohort(number int, announced time.Time, n int) []string {
	f.T.Helper()
	_, err := f.AnnounceCohort(context.Background(), Officer, registry.AnnounceCohort{Number: number, Quota: 600_000, AnnouncedAt: announced})
	if err != nil {
		f.T.Fatal(err)
	}
	cards := make([]string, n)
	rows := make([]registry.ParticipantRow, n)
	for i := range cards {
		cards[i] = fmt.Sprintf("31%02d%012d", number, i+1)
		rows[i] = registry.ParticipantRow{Line: i + 2, CardNumber: cards[i], Province: "31"}
	}
	f.Import(number, rows)
	return cards
}

// Import imports the rows, all of which must be added.
func (f *Fixture) Import(cohort int, rows []registry.ParticipantRow) {
	f.T.Helper()
	result, err := f.ImportParticipants(context.Background(), Officer, cohort, rows)
	if err != nil {
		f.T.Fatal(err)
	}
	if len(result.Errors) > 0 || result.Added != len(rows) {
		f.T.Fatalf("imported %d of %d rows: %v", result.Added, len(rows), result.Errors)
	}
}

// Message is a submission of the event by the platform, received now, with a message id of its own.
func (f *Fixture) Message(platform string, e rules.Event) registry.Submission {
	f.T.Helper()
	f.messages++
	body, err := payload.Encode(e)
	if err != nil {
		f.T.Fatal(err)
	}
	parsed, err := payload.Parse(body)
	if err != nil {
		f.T.Fatal(err)
	}
	now := f.Clock.Now()
	headers, err := json.Marshal(map[string]string{"webhook-id": fmt.Sprintf("msg_%d", f.messages)})
	if err != nil {
		f.T.Fatal(err)
	}
	return registry.Submission{
		PlatformID: f.Platforms[platform], KeyID: f.Keys[platform], MessageID: fmt.Sprintf("msg_%d", f.messages), SignedAt: now, ReceivedAt: now,
		Headers: string(headers), Body: body, Event: parsed, EventType: e.EventType(),
	}
}

// Send submits the messages as one group; each must be stored.
func (f *Fixture) Send(group ...registry.Submission) []registry.Receipt {
	f.T.Helper()
	receipts := f.Submit(context.Background(), group)
	for i, r := range receipts {
		if r.Err != nil {
			f.T.Fatalf("submission %d: %v", i, r.Err)
		}
	}
	return receipts
}

// Bought is a purchase event.
func Bought(invoice, card string, at time.Time) rules.PurchaseCompleted {
	return rules.PurchaseCompleted{Timestamp: at, InvoiceCode: invoice, CardNumber: card, CourseCode: "C-1", Amount: 250_000, PurchasedAt: at}
}

// Voided is a void event.
func Voided(invoice string, at time.Time) rules.PurchaseVoided {
	return rules.PurchaseVoided{Timestamp: at, InvoiceCode: invoice, VoidedAt: at, Reason: "cancelled"}
}
