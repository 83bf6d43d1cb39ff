package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

// message is one delivery of a story: a copy of a purchase's report, or of its void's.
type message struct {
	sale sale
	void bool
}

const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour
)

// instant turns the model's microseconds into an instant.
func instant(us int64) time.Time {
	return announced13.Add(time.Duration(us) * time.Microsecond)
}

// stories draws lives in which the interesting instants are likely: the bounds themselves, a
// microsecond beside them, and the same instant twice.
func stories(t *rapid.T) story {
	s := story{
		deadline: 30 * day,
		lag:      int64(settings.LagLimit / time.Microsecond),
		ahead:    int64(settings.MaxFuture / time.Microsecond),
	}
	s.revoked = rapid.Bool().Draw(t, "revoked")
	s.now = s.deadline + rapid.SampledFrom([]int64{-20 * day, -1, 0, hour, 10 * day, 100 * day}).Draw(t, "now")
	moment := rapid.OneOf(
		rapid.SampledFrom([]int64{-1, 0, 1, day, s.deadline - 1, s.deadline, s.deadline + 1, s.now + s.ahead, s.now + s.ahead + 1}),
		rapid.Int64Range(-day, s.deadline+5*day),
	)
	arrival := rapid.SampledFrom([]int64{day, s.deadline, s.deadline + s.lag, s.deadline + s.lag + 1, s.deadline + 50*day})
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a/1", "a/2", "b/1", "b/2", "c/1", "c/3"}), 0, 5, rapid.ID[string]).Draw(t, "names")
	for _, name := range names {
		x := sale{platform: name[:1], invoice: name[2:], bought: moment.Draw(t, "bought"), received: arrival.Draw(t, "received"), copies: rapid.IntRange(1, 3).Draw(t, "copies")}
		if rapid.Bool().Draw(t, "voided") {
			void := moment.Draw(t, "void")
			x.void, x.voidCopies = &void, rapid.IntRange(1, 2).Draw(t, "void copies")
		}
		if rapid.Bool().Draw(t, "stated") {
			complete := x.bought + rapid.SampledFrom([]int64{-hour, 0, 1, hour}).Draw(t, "complete")
			x.complete = &complete
		}
		s.sales = append(s.sales, x)
	}
	return s
}

// messages are all deliveries of a story, copies included.
func (s story) messages() []message {
	var all []message
	for _, x := range s.sales {
		all = append(all, slices.Repeat([]message{{sale: x}}, x.copies)...)
		all = append(all, slices.Repeat([]message{{sale: x, void: true}}, x.voidCopies)...)
	}
	return all
}

// fold is the smallest thing that applies deliveries as the rules say: it keeps the facts, the
// purchases, and the voids that wait for theirs.
type fold struct {
	story      story
	membership rules.Membership
	purchases  map[rules.PurchaseKey]rules.Purchase
	waiting    map[rules.PurchaseKey]time.Time
	reviews    []rules.ReviewNeed
	changes    int // applied deliveries that changed something
}

func newFold(s story) *fold {
	f := &fold{
		story:      s,
		membership: rules.Membership{Announced: announced13, Facts: rules.Facts{Deadline: instant(s.deadline)}},
		purchases:  map[rules.PurchaseKey]rules.Purchase{},
		waiting:    map[rules.PurchaseKey]time.Time{},
	}
	if s.revoked {
		f.membership.Facts.RevokedAt = instant(s.deadline + hour)
	}
	return f
}

func (f *fold) known(key rules.PurchaseKey) *rules.Purchase {
	if p, ok := f.purchases[key]; ok {
		return &p
	}
	return nil
}

func (f *fold) deliver(m message) {
	key := rules.PurchaseKey{Platform: m.sale.platform, Invoice: m.sale.invoice}
	if m.void {
		f.void(key, instant(*m.sale.void))
		return
	}
	var complete time.Time
	if m.sale.complete != nil {
		complete = instant(*m.sale.complete)
	}
	report := rules.Purchase{PurchaseKey: key, Course: "C-1", Amount: 1, PurchasedAt: instant(m.sale.bought), ReceivedAt: instant(m.sale.received)}
	f.apply(rules.JudgePurchase(f.membership, f.known(key), true, report, instant(f.story.now), complete, settings))
	if at, ok := f.waiting[key]; ok && f.known(key) != nil {
		delete(f.waiting, key)
		f.void(key, at)
	}
}

func (f *fold) void(key rules.PurchaseKey, at time.Time) {
	v := rules.JudgeVoid(f.known(key), at, instant(f.story.now), settings)
	if v.Quarantine == rules.ReasonUnknownInvoice {
		f.waiting[key] = at
		return
	}
	f.apply(v)
}

func (f *fold) apply(v rules.Verdict) {
	if v.Quarantine != "" || !v.Changed {
		return
	}
	f.changes++
	f.purchases[v.Purchase.PurchaseKey] = v.Purchase
	f.reconsider()
}

func (f *fold) reconsider() rules.Outcome {
	out := rules.Reconsider(f.membership, slices.Collect(maps.Values(f.purchases)))
	for _, key := range out.Accepted {
		p := f.purchases[key]
		p.Evidence = rules.EvidenceAccepted
		f.purchases[key] = p
	}
	f.membership.Facts, f.reviews = out.Facts, out.Reviews
	return out
}

// ending says where the fold stands in the model's terms.
func (f *fold) ending() ending {
	facts := f.membership.Facts
	e := ending{
		Revoked:    facts.Revoked(),
		UnderRev:   facts.ReviewOpen,
		Reviews:    map[string]rules.ReviewKind{},
		Evidence:   map[string]rules.Evidence{},
		Voided:     map[string]bool{},
		FinalState: facts.StatusAt(instant(f.story.now)),
	}
	if facts.FirstPurchase != nil {
		e.First = nameOf(*facts.FirstPurchase)
	}
	for _, r := range f.reviews {
		e.Reviews[nameOf(r.Purchase)] = r.Kind
	}
	for key, p := range f.purchases {
		e.Evidence[nameOf(key)], e.Voided[nameOf(key)] = p.Evidence, p.Voided()
	}
	return e
}

func nameOf(key rules.PurchaseKey) string { return fmt.Sprintf("%s/%s", key.Platform, key.Invoice) }
