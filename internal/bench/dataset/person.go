package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"gelombang/internal/rules"
)

// invoice is a purchase with what the tables need of it besides what the rules do.
type invoice struct {
	rules.Purchase
	id, offering, platform int
	delivery, voidDelivery int       // ids of the deliveries that reported it, and its void
	recordedAt             time.Time // when the purchase was committed
	voidReceivedAt         time.Time
	voidRecordedAt         time.Time // zero when it is not voided
}

// change is an entry of a history: what a delivery made of the facts.
type change struct {
	invoice  *invoice
	void     bool
	from, to rules.Facts
}

// member is a participant with everything that has happened.
type member struct {
	cohort   *Cohort
	place    int
	invoices []*invoice // in the order of the streams
	changes  []change   // in the order in which they were recorded
	outcome  rules.Outcome
	balance  int64 // rupiah
}

func (m *member) id() int { return m.cohort.FirstID + m.place }

// find returns the id of the purchase with the key, 0 for none.
func (m *member) find(key *rules.PurchaseKey) int {
	if key == nil {
		return 0
	}
	for _, v := range m.invoices {
		if v.PurchaseKey == *key {
			return v.id
		}
	}
	return 0
}

// member makes the member at a place of a cohort.
func (f *filling) member(c *Cohort, place int) *member {
	m := &member{cohort: c, place: place}
	first := c.members.from(place)
	for level, s := range c.streams {
		if n := s.buyers.from(first); first < c.streams[0].count && n < s.count {
			m.invoices = append(m.invoices, f.invoice(c, place, level, n))
		}
	}
	f.replay(m)
	return m
}

// invoice makes the n-th invoice of a stream, which is that of the member at a place.
func (f *filling) invoice(c *Cohort, place, level, n int) *invoice {
	s := c.streams[level]
	key := []uint64{f.Seed, uint64(c.Number), uint64(level), uint64(n)}
	random := func(purpose uint64) float64 { return fraction(draw(append(key, purpose)...)) }
	at := s.when.at((float64(n) + random(1)) / float64(s.count))
	platform, offering := f.pick(random(2), random(3))
	v := &invoice{id: s.firstID + n, platform: platform.id, offering: offering.id}
	v.delivery, v.voidDelivery = 2*v.id-1, 2*v.id
	if f.ReadsOnly {
		v.delivery, v.voidDelivery = platform.id, platform.id
	}
	v.Purchase = rules.Purchase{
		PurchaseKey: rules.PurchaseKey{Platform: platform.code, Invoice: fmt.Sprintf("INV-%02d%09d-%d", c.Number, place+1, level+1)},
		Course:      offering.code, Amount: offering.price, PurchasedAt: at, Evidence: rules.EvidenceAccepted,
		ReceivedAt: at.Add(time.Second + seconds(4, random(4))),
	}
	v.recordedAt = v.ReceivedAt.Add(commit)
	voided := at.Add(2*time.Hour + time.Duration(random(5)*float64(28*time.Hour))).Truncate(time.Millisecond)
	if random(6) < voids && voided.Before(f.AsOf.Add(-time.Hour)) {
		v.VoidedAt = voided
		v.voidReceivedAt = voided.Add(time.Second + seconds(4, random(7)))
		v.voidRecordedAt = v.voidReceivedAt.Add(commit)
	}
	return v
}

const (
	voids  = 0.04                 // of the purchases
	commit = 5 * time.Millisecond // from the arrival of a delivery to its commit
)

// seconds draws how long a report takes, with a mean.
func seconds(mean, u float64) time.Duration {
	return time.Duration(-math.Log(1-u)*mean*1000) * time.Millisecond
}

// replay asks the rules what follows from one delivery after another, as the registry does.
func (f *filling) replay(m *member) {
	var events []change
	for _, v := range m.invoices {
		events = append(events, change{invoice: v})
		if v.Voided() {
			events = append(events, change{invoice: v, void: true})
		}
	}
	slices.SortStableFunc(events, func(a, b change) int {
		return cmp.Or(a.recordedAt().Compare(b.recordedAt()), cmp.Compare(a.invoice.id, b.invoice.id))
	})
	membership := rules.Membership{Announced: rules.AnnouncedFrom(m.cohort.AnnouncedAt), Facts: rules.Facts{Deadline: m.cohort.Deadline}}
	m.outcome.Facts = membership.Facts
	var known []rules.Purchase
	for _, e := range events {
		if e.void {
			i := slices.IndexFunc(known, func(p rules.Purchase) bool { return p.PurchaseKey == e.invoice.PurchaseKey })
			known[i].VoidedAt = e.invoice.VoidedAt
		} else {
			p := e.invoice.Purchase
			p.VoidedAt = time.Time{} // nobody knows of it yet
			known = append(known, p)
		}
		e.from = m.outcome.Facts
		membership.Facts = e.from
		m.outcome = rules.Reconsider(membership, known, f.settings)
		e.to = m.outcome.Facts
		if !e.to.Equal(e.from) {
			m.changes = append(m.changes, e)
		}
	}
	m.balance = rules.Balance(f.settings, known)
}

func (c change) recordedAt() time.Time {
	if c.void {
		return c.invoice.voidRecordedAt
	}
	return c.invoice.recordedAt
}

func (c change) deliveryID() int {
	if c.void {
		return c.invoice.voidDelivery
	}
	return c.invoice.delivery
}
