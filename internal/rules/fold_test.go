package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

// message is one delivery of a story, a copy of a purchase's report or of its void's; or an extension.
type message struct {
	sale     sale
	void     bool
	extended int64 // when not zero, an extension until then
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
		settled:  rapid.Bool().Draw(t, "settled"),
	}
	s.now = s.deadline + rapid.SampledFrom([]int64{-20 * day, -1, 0, hour, 10 * day, 100 * day}).Draw(t, "now")
	s.extensions = extensions(t, s.deadline)
	_, last := s.deadlines()
	moment := rapid.OneOf(
		rapid.SampledFrom([]int64{-1, 0, 1, day, s.deadline - 1, s.deadline, s.deadline + 1, last - 1, last, last + 1, s.now + s.ahead, s.now + s.ahead + 1}),
		rapid.Int64Range(-day, last+5*day),
	)
	arrival := rapid.SampledFrom([]int64{day, s.deadline, s.deadline + s.lag, s.deadline + s.lag + 1, last + s.lag, last + s.lag + 1, s.deadline + 50*day})
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a/1", "a/2", "b/1", "b/2", "c/1", "c/3"}), 0, 5, rapid.ID[string]).Draw(t, "names")
	for _, name := range names {
		x := sale{platform: name[:1], invoice: name[2:], bought: moment.Draw(t, "bought"), received: arrival.Draw(t, "received"), copies: rapid.IntRange(1, 3).Draw(t, "copies")}
		x.early = rapid.Bool().Draw(t, "early")
		if rapid.Bool().Draw(t, "voided") {
			void := moment.Draw(t, "void")
			x.void, x.voidCopies, x.voidEarly = &void, rapid.IntRange(1, 2).Draw(t, "void copies"), rapid.Bool().Draw(t, "void early")
		}
		if rapid.Bool().Draw(t, "stated") {
			complete := x.bought + rapid.SampledFrom([]int64{-hour, 0, 1, hour}).Draw(t, "complete")
			x.complete = &complete
		}
		s.sales = append(s.sales, x)
	}
	return s
}

// extensions draws up to two before the settlement and one after it: which of two comes first is people's
// doing, and may matter to those who are revoked already.
func extensions(t *rapid.T, deadline int64) []extension {
	until := rapid.SampledFrom([]int64{deadline - day, deadline + 1, deadline + day, deadline + 5*day, deadline + 30*day})
	var all []extension
	for range rapid.IntRange(0, 2).Draw(t, "extended before") {
		all = append(all, extension{until: until.Draw(t, "until"), early: true})
	}
	if rapid.Bool().Draw(t, "extended after") {
		all = append(all, extension{until: until.Draw(t, "until")})
	}
	return all
}

// messages are all deliveries and extensions of a story on one side of the settlement, copies included.
func (s story) messages(early bool) []message {
	var all []message
	for _, x := range s.sales {
		if x.early == early {
			all = append(all, slices.Repeat([]message{{sale: x}}, x.copies)...)
		}
		if x.voidEarly == early {
			all = append(all, slices.Repeat([]message{{sale: x, void: true}}, x.voidCopies)...)
		}
	}
	for _, x := range s.extensions {
		if x.early == early {
			all = append(all, message{extended: x.until})
		}
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
	changes    int // deliveries and extensions that changed something
}

func newFold(s story) *fold {
	f := &fold{
		story:      s,
		membership: rules.Membership{Announced: announced13, Facts: rules.Facts{Deadline: instant(s.deadline)}},
		purchases:  map[rules.PurchaseKey]rules.Purchase{},
		waiting:    map[rules.PurchaseKey]time.Time{},
	}
	return f
}

func (f *fold) known(key rules.PurchaseKey) *rules.Purchase {
	if p, ok := f.purchases[key]; ok {
		return &p
	}
	return nil
}

// settle revokes a participant who is overdue, as a settlement does.
func (f *fold) settle() {
	if !f.story.settled || f.membership.Facts.StatusAt(instant(f.story.now)) != rules.StatusOverdue {
		return
	}
	f.membership.Facts.RevokedAt = instant(f.story.deadline + hour)
	for key, p := range f.purchases {
		p.VoidSettled = p.Voided()
		f.purchases[key] = p
	}
	f.reconsider()
}

func (f *fold) deliver(m message) {
	if m.extended != 0 {
		f.extend(instant(m.extended))
		return
	}
	key := rules.PurchaseKey{Platform: m.sale.platform, Invoice: m.sale.invoice}
	if m.void {
		f.void(key, instant(*m.sale.void))
		return
	}
	report := rules.Purchase{PurchaseKey: key, Course: "C-1", Amount: 1, PurchasedAt: instant(m.sale.bought), ReceivedAt: instant(m.sale.received)}
	if m.sale.complete != nil {
		report.StatedThrough = instant(*m.sale.complete)
	}
	f.apply(rules.JudgePurchase(f.membership, f.known(key), true, report, instant(f.story.now), settings))
	if at, ok := f.waiting[key]; ok && f.known(key) != nil {
		delete(f.waiting, key)
		f.void(key, at)
	}
}

func (f *fold) extend(until time.Time) {
	later := rules.Extend(f.membership.Facts.Deadline, until)
	if later.Equal(f.membership.Facts.Deadline) {
		return
	}
	f.changes++
	f.membership.Facts.Deadline = later
	f.reconsider()
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

func (f *fold) reconsider() {
	out := rules.Reconsider(f.membership, slices.Collect(maps.Values(f.purchases)), settings)
	for _, c := range out.Changed {
		p := f.purchases[c.Purchase]
		p.Evidence = c.Evidence
		f.purchases[c.Purchase] = p
	}
	f.membership.Facts, f.reviews = out.Facts, out.Reviews
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
