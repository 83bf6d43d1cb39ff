package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

func (f *fleet) addPlatform(code string) {
	f.t.Helper()
	ctx := context.Background()
	p, err := f.fixture.PutPlatform(ctx, registrytest.Admin, registry.Platform{Code: code, Name: code, Kind: "marketplace", Active: true})
	if err != nil {
		f.t.Fatal(err)
	}
	key, _, err := f.fixture.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: code, Scheme: signature.StandardV1})
	if err != nil {
		f.t.Fatal(err)
	}
	f.fixture.Platforms[code], f.fixture.Keys[code] = p.ID, key.ID
	f.codes = append(f.codes, code)
}

// event is what the message says.
func (w *world) event(x message) rules.Event {
	switch x.kind {
	case "purchase":
		return rules.PurchaseCompleted{
			Timestamp: w.at(x.time).Time, InvoiceCode: x.invoice, CardNumber: x.card, CourseCode: "C-1", Amount: x.amount, PurchasedAt: w.at(x.at).Time,
		}
	case "void":
		return rules.PurchaseVoided{Timestamp: w.at(x.time).Time, InvoiceCode: x.invoice, VoidedAt: w.at(x.at).Time, Reason: "cancelled"}
	}
	return rules.CompleteThrough{Timestamp: w.at(x.time).Time, Through: w.at(x.at).Time, Count: x.amount, Amount: 0}
}

func (w *world) submission(x message) registry.Submission {
	w.t.Helper()
	body, err := payload.Encode(w.event(x))
	if err != nil {
		w.t.Fatal(err)
	}
	parsed, err := payload.Parse(body)
	if err != nil {
		w.t.Fatal(err)
	}
	received := w.at(x.received).Time
	return registry.Submission{
		PlatformID: w.fleet.fixture.Platforms[x.platform], KeyID: w.fleet.fixture.Keys[x.platform], MessageID: x.id, SignedAt: received, ReceivedAt: received,
		Headers: "{}", Body: body, Event: parsed, EventType: parsed.EventType(),
	}
}

// dedupeKey is what the delivery is stored under.
func (w *world) dedupeKey(h held) string {
	if !h.reused {
		return h.id
	}
	digest := sha256.Sum256(w.submission(h.message).Body)
	return h.id + "#" + hex.EncodeToString(digest[:])
}

// submit sends a group. Whose receipt is an error goes back to where it came from: the platform sends it again.
func (w *world) submit(group []message) {
	w.t.Helper()
	submissions := make([]registry.Submission, len(group))
	for i := range group {
		group[i].received = w.m.now
		submissions[i] = w.submission(group[i])
	}
	what := ""
	for _, x := range group {
		what += fmt.Sprintf("; %s %s %s %s card %s at %d", x.platform, x.id, x.kind, x.invoice, x.card, x.at)
	}
	record := func(m *model) { m.record(group) }
	err := w.do("deliver"+what, "", []phase{record, (*model).heal, (*model).heal}, func(ctx context.Context, r *registry.Registry) error {
		for _, receipt := range r.Submit(ctx, submissions) {
			if receipt.Err != nil {
				return receipt.Err
			}
		}
		return nil
	})
	for _, x := range group {
		if err != nil {
			w.saw("sent again")
			w.outbox[x.platform] = append(w.outbox[x.platform], x)
		} else if !slices.Contains(w.sent, x) {
			w.sent = append(w.sent, x)
		}
	}
}

func (w *world) name(prefix string) string {
	w.named++
	return fmt.Sprintf("%s-%d-%03d", prefix, w.run, w.named)
}

// pick chooses one of some things, each as likely as the others: rapid itself prefers the first.
func pick[T any](w *world, label string, from ...T) T {
	if len(from) == 1 {
		return from[0]
	}
	return rapid.Custom(func(t *rapid.T) T {
		n := 0
		for range 10 {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return from[n%len(from)]
	}).Draw(w.t, label)
}

// upTo chooses a number from least to most, inclusive.
func (w *world) upTo(label string, least, most int) int {
	all := make([]int, most-least+1)
	for i := range all {
		all[i] = least + i
	}
	return pick(w, label, all...)
}

// sell has somebody buy, in time or not, by a clock that may be wrong. It may be a while until it is reported.
func (w *world) sell() {
	w.sellTo(pick(w, "person", w.m.people...))
}

// kept are those who are kept out.
func (w *world) kept() []*person {
	return slices.DeleteFunc(w.members(), func(p *person) bool { return p.revoked == 0 })
}

func (w *world) sellTo(p *person) {
	c, now := w.m.cohorts[p.cohort], w.m.now
	ends := max(p.deadline, c.deadline)
	at := pick(w, "bought", now-minute, now-2*hour, now-day, now-4*day, ends-1, ends, ends-hour, c.announced, c.announced-1, now+ahead, now+ahead+1, now+3*hour)
	if p.revoked != 0 && rapid.Bool().Draw(w.t, "in time") {
		at = ends - pick(w, "before the deadline", 1, hour, day, 20*day)
	}
	if at > now+day { // nobody sells tomorrow's trainings
		at = now
	}
	x := message{
		platform: pick(w, "platform", w.m.codes...), id: w.name("msg"), kind: "purchase", invoice: w.name("INV"), card: p.card, at: at, time: min(at, now),
		amount: pick[int64](w, "amount", 100_000, 0, 700_000),
	}
	w.sold = append(w.sold, x)
	w.say(x)
}

// say sends a message at once, or leaves it for later.
func (w *world) say(x message) {
	if !w.dark[x.platform] && rapid.Bool().Draw(w.t, "at once") {
		w.submit([]message{x})
	} else {
		w.outbox[x.platform] = append(w.outbox[x.platform], x)
		w.t.Logf("%s: %s keeps %s %s of %s at %d for later", clock(w.m.now), x.platform, x.kind, x.invoice, x.card, x.at)
	}
}

func (w *world) void() {
	of := pick(w, "sale", w.sold...)
	x := of
	c := w.m.cohorts[0]
	x.id, x.kind, x.card, x.amount = w.name("msg"), "void", "", 0
	x.at = pick(w, "voided", of.at+minute, w.m.now, c.deadline-1, c.deadline, w.m.now-hour, of.at-1, w.m.now+2*hour)
	x.time = min(x.at, w.m.now)
	w.say(x)
}

// deliver sends some of what a platform has kept, in any order.
func (w *world) deliver() {
	var group []message
	from := pick(w, "platform", w.talkative()...)
	for range w.upTo("messages", 1, min(3, len(w.outbox[from]))) {
		i := w.upTo("which", 0, len(w.outbox[from])-1)
		group = append(group, w.outbox[from][i])
		w.outbox[from] = slices.Delete(slices.Clone(w.outbox[from]), i, i+1)
	}
	w.submit(group)
}

// talkative are the platforms that have something to send and can.
func (w *world) talkative() []string {
	var all []string
	for _, code := range w.m.codes {
		if len(w.outbox[code]) > 0 && !w.dark[code] {
			all = append(all, code)
		}
	}
	return all
}

// repeat says something again that was said before: byte for byte, under another id, with other facts, or with other
// facts under the same id.
func (w *world) repeat() {
	x := pick(w, "message", w.sent...)
	switch pick(w, "how", "the same", "another id", "other facts", "other card", "id reused") {
	case "another id":
		x.id = w.name("msg")
	case "other facts":
		x.id, x.amount, x.at = w.name("msg"), x.amount+1, x.at+1
	case "other card":
		if x.card != "" {
			x.id, x.card = w.name("msg"), pick(w, "card", w.m.people...).card
		}
	case "id reused":
		x.amount++
		if x.kind == "void" {
			x.at++
		}
	}
	w.submit([]message{x})
}

// state has a platform state that it has sent everything, which may be wrong.
func (w *world) state() {
	code := pick(w, "platform", w.m.codes...)
	if w.dark[code] {
		return
	}
	group := []message{w.statement(code, pick(w, "through", w.m.now, w.m.cohorts[0].deadline, w.m.now+ahead, w.m.now+2*hour))}
	if rapid.Bool().Draw(w.t, "rightly") {
		group = append(group, w.outbox[code]...)
		w.outbox[code] = nil
	}
	w.submit(group)
}

func (w *world) statement(code string, through moment) message {
	return message{platform: code, id: w.name("msg"), kind: "statement", at: through, time: w.m.now, amount: int64(len(w.sold))}
}

// stateAll has every platform that can send everything and say so.
func (w *world) stateAll() {
	var group []message
	for _, code := range w.m.codes {
		if !w.dark[code] {
			group = append(append(group, w.outbox[code]...), w.statement(code, w.m.now))
			w.outbox[code] = nil
		}
	}
	if len(group) > 0 {
		w.submit(group)
	}
}

// breakDown is an outage as it is, whatever is declared: nothing is sent until its end.
func (w *world) breakDown() {
	code := pick(w, "platform", w.m.codes...)
	w.dark[code] = !w.dark[code]
	w.t.Logf("%s: %s is dark: %t", clock(w.m.now), code, w.dark[code])
}
