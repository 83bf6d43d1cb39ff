package registry

import (
	"cmp"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// apply decides what a message means and changes the workspace accordingly. It does not touch the
// database.
func (w *workspace) apply(m *message) {
	if m.submission.Event == nil {
		m.quarantine(cmp.Or(m.submission.Unreadable, rules.ReasonMalformed))
		return
	}
	if rules.FromFuture(m.submission.Event.EventTime(), w.tx.Now, w.settings) {
		w.hold(m, rules.ReasonFromFuture)
		return
	}
	switch e := m.submission.Event.(type) {
	case rules.PurchaseCompleted:
		w.applyPurchase(m, e)
	case rules.PurchaseVoided:
		w.applyVoid(m, e)
	case rules.OfferingUpserted:
		w.applyOffering(m, e)
	case rules.OfferingWithdrawn:
		w.applyWithdrawal(m, e)
	case rules.CompleteThrough:
		w.applyStatement(m, e)
	default:
		m.quarantine(rules.ReasonUnsupportedType)
	}
}

// hold leaves a message in quarantine. One from the future is tried again as soon as nothing in it is ahead
// of our clock any more.
func (w *workspace) hold(m *message, reason rules.Reason) {
	m.quarantine(reason)
	if reason == rules.ReasonFromFuture {
		m.retryAt = rules.BelievedFrom(m.submission.Event, w.settings)
	}
}

func (w *workspace) applyPurchase(m *message, e rules.PurchaseCompleted) {
	p := w.byCard[e.CardNumber]
	if p == nil {
		m.quarantine(rules.ReasonUnknownCard)
		return
	}
	platformID := m.submission.PlatformID
	key := invoice{platformID, e.InvoiceCode}
	report := rules.Purchase{
		PurchaseKey: rules.PurchaseKey{Platform: w.platforms[platformID], Invoice: e.InvoiceCode},
		Course:      e.CourseCode, Amount: e.Amount,
		PurchasedAt: db.Instant(e.PurchasedAt), ReceivedAt: m.receivedAt(),
		StatedThrough: w.statedThrough(m, db.Instant(e.PurchasedAt)),
	}
	var known *rules.Purchase
	sameCard := false
	if q := w.purchases[key]; q != nil {
		known, sameCard = &q.Purchase, q.owner == p
	}
	v := rules.JudgePurchase(p.membership(), known, sameCard, report, w.tx.Now, w.settings)
	if v.Quarantine != "" {
		w.hold(m, v.Quarantine)
		return
	}
	m.applied()
	if !v.Changed {
		return
	}
	q := &purchase{
		Purchase: v.Purchase, platformID: platformID, owner: p, offering: w.offeringOf(platformID, e),
		scheduleCode: e.ScheduleCode, from: m,
	}
	before := p.facts()
	w.purchases[key] = q
	p.purchases = append(p.purchases, q)
	w.reconsider(p, before, occasion{
		effectiveAt: q.PurchasedAt, cause: rules.CauseDelivery, by: m,
		reason: "purchase " + e.InvoiceCode + " at " + q.Platform + " reported",
	})
}

func (w *workspace) applyVoid(m *message, e rules.PurchaseVoided) {
	q := w.purchases[invoice{m.submission.PlatformID, e.InvoiceCode}]
	var known *rules.Purchase
	if q != nil {
		known = &q.Purchase
	}
	v := rules.JudgeVoid(known, db.Instant(e.VoidedAt), w.tx.Now, w.settings)
	if v.Quarantine != "" {
		w.hold(m, v.Quarantine)
		return
	}
	m.applied()
	if !v.Changed {
		return
	}
	before := q.owner.facts()
	q.Purchase, q.voidReason, q.voidedBy, q.changed = v.Purchase, e.Reason, m, true
	w.reconsider(q.owner, before, occasion{
		effectiveAt: q.VoidedAt, cause: rules.CauseDelivery, by: m,
		reason: "void of " + e.InvoiceCode + " at " + q.Platform + " reported",
	})
}

// offeringOf returns the offering of a purchase. The catalogue may lag behind the sales: an unknown
// course becomes an unlisted offering, described by what the purchase says.
func (w *workspace) offeringOf(platformID int, e rules.PurchaseCompleted) *offering {
	key := course{platformID, e.CourseCode}
	if o := w.offerings[key]; o != nil {
		return o
	}
	o := &offering{
		platformID: platformID, code: e.CourseCode, title: e.CourseTitle, provider: e.Provider, category: e.Category, mode: e.Mode,
	}
	if o.title == "" {
		o.title = e.CourseCode
	}
	w.offerings[key] = o
	return o
}

func (w *workspace) applyOffering(m *message, e rules.OfferingUpserted) {
	m.applied()
	w.putOffering(course{m.submission.PlatformID, e.CourseCode}, offering{
		title: e.Title, provider: e.Provider, category: e.Category, mode: e.Mode, price: e.Price, hasPrice: true, url: e.URL,
	}, db.Instant(e.Timestamp))
}

// putOffering takes over what is said of an offering, unless something later was said already. It
// reports whether it changed anything but the time of the last word. A withdrawal that is not earlier
// stands: what is stored is a function of the set of events, not of their order.
func (w *workspace) putOffering(key course, said offering, at time.Time) bool {
	o := w.offerings[key]
	if o == nil {
		o = &offering{platformID: key.platform, code: key.code}
		w.offerings[key] = o
	}
	if !at.After(o.changedAt) {
		return false
	}
	said.id, said.platformID, said.code, said.listed = o.id, o.platformID, o.code, true
	said.changedAt = o.changedAt
	if !o.withdrawn.Before(at) {
		said.withdrawn = o.withdrawn
	}
	same := o.id != 0 && said == withoutChange(*o)
	said.changedAt, said.changed = at, true
	*o = said
	return !same
}

func withoutChange(o offering) offering {
	o.changed = false
	return o
}

func (w *workspace) applyWithdrawal(m *message, e rules.OfferingWithdrawn) {
	o := w.offerings[course{m.submission.PlatformID, e.CourseCode}]
	if o == nil {
		m.quarantine(rules.ReasonUnknownOffering)
		return
	}
	m.applied()
	o.withdraw(db.Instant(e.Timestamp))
}

// withdraw takes an offering off sale, unless something later was said of it already. At the same
// instant, the withdrawal is the later word. It says nothing of what the offering is, so an earlier
// description that comes late is still taken over.
func (o *offering) withdraw(at time.Time) {
	if at.Before(o.changedAt) || !at.After(o.withdrawn) {
		return
	}
	o.withdrawn, o.changed = at, true
}

// applyStatement records what a platform states. A statement about the future is a promise: it waits until
// its time has come, and then speaks of the reports that arrive from that instant on.
func (w *workspace) applyStatement(m *message, e rules.CompleteThrough) {
	if rules.FromFuture(e.Through, w.tx.Now, w.settings) {
		w.hold(m, rules.ReasonFromFuture)
		return
	}
	said := statement{
		platformID: m.submission.PlatformID, through: db.Instant(e.Through), count: e.Count, amount: e.Amount,
		receivedAt: m.receivedAt(), from: m,
	}
	if from := rules.BelievedFrom(e, w.settings); from.After(said.receivedAt) {
		said.receivedAt = db.Instant(from) // as from a message that arrived then
	}
	for _, s := range w.statements {
		if s.platformID != said.platformID || !s.through.Equal(said.through) {
			continue
		}
		if s.count == said.count && s.amount == said.amount {
			m.applied()
		} else {
			m.quarantine(rules.ReasonContradictsStatement)
		}
		return
	}
	m.applied()
	w.statements = append(w.statements, said)
}

// statedThrough returns the latest instant before which the platform had stated, before the message
// arrived, that every purchase was sent; zero when that does not cover one made at purchasedAt.
func (w *workspace) statedThrough(m *message, purchasedAt time.Time) time.Time {
	var latest time.Time
	for _, s := range w.statements {
		if s.platformID == m.submission.PlatformID && s.receivedAt.Before(m.receivedAt()) && s.through.After(purchasedAt) && s.through.After(latest) {
			latest = s.through
		}
	}
	return latest
}
