package registry_test

import (
	"fmt"
	"slices"
	"time"
)

// The model is what must come of a set of messages, written from docs/semantics.md and not from the
// code: whole microseconds since 00:00 WIB of day 1, and no function of package rules. It does not
// know in which order messages arrive and extensions are granted, except on which side of the settlement.
const (
	second   = int64(time.Second / time.Microsecond)
	hour     = 3600 * second
	day      = 24 * hour
	deadline = 30 * day     // exclusive
	lag      = 72 * hour    // inclusive
	ahead    = 300 * second // inclusive

	// What tokopedia has stated: that it has sent whatever was bought before one instant, in a message that
	// arrived at another.
	statedThrough = deadline + hour
	statedAt      = deadline + lag
)

// person is a recipient of the tale.
type person struct {
	arrives  arrival
	settled  bool  // a settlement revokes the person, if overdue then
	extended int64 // when not zero, the deadline is extended until then, after the settlement
	sales    []sale
}

// arrival says when a person is imported.
type arrival int

const (
	before arrival = iota // before any message
	between
	never
)

// sale is one invoice and all that is said of it.
type sale struct {
	platform, invoice string
	amount            int64
	bought            int64
	received          int64  // when the purchase first arrived
	void              *int64 // nil when it is never voided
	copies            int    // of each message, byte for byte
	repeats           int    // messages that say the same under an id of their own, at least 1
	early, voidEarly  bool   // the messages come before the settlement
}

func (s sale) name() string { return s.platform + "/" + s.invoice }

func (p person) records(s sale, now int64) bool {
	return p.arrives != never && s.bought >= 0 && s.bought <= now+ahead
}

// voided reports whether the void of a recorded sale takes effect.
func (s sale) voided(now int64) bool {
	return s.void != nil && *s.void >= s.bought && *s.void <= now+ahead
}

// trusted reports whether a sale ends a revocation without a person's decision.
func (s sale) trusted(deadline int64) bool {
	stated := s.platform == "tokopedia" && s.bought < statedThrough && s.received > statedAt
	return s.received <= deadline+lag && !stated
}

// revoked reports whether the settlement revokes: the deadline has passed, every sale in time that is known was voided
// before it, and nothing about the person waits in quarantine.
func (p person) revoked(now int64) bool {
	for _, s := range p.sales {
		if s.early && !p.records(s, now) {
			return false
		}
		if s.early && p.records(s, now) && s.bought < deadline && !s.voidKnown(now, deadline) {
			return false
		}
	}
	return p.settled && now >= deadline
}

// last is the deadline that holds in the end.
func (p person) last() int64 { return max(deadline, p.extended) }

// bears reports whether a sale speaks against a revocation: it was made in time, and the settlement did not
// know of it that it was voided in time.
func (p person) bears(s sale, now int64) bool {
	return p.records(s, now) && s.bought < p.last() && !s.voidKnown(now, p.last())
}

// voidKnown reports whether the settlement knew of the sale and of its void, which came before end.
func (s sale) voidKnown(now, end int64) bool {
	return s.early && s.voidEarly && s.voided(now) && *s.void < end
}

// ending returns the state of a person who was imported.
func (p person) ending(now int64) state {
	e := state{Balance: 1_000_000, Revoked: p.revoked(now)}
	for _, s := range p.sales {
		if p.bears(s, now) && s.trusted(p.last()) {
			e.Revoked = false // once and for all, whatever becomes of the sale
		}
	}
	var first *sale
	for i, s := range p.sales {
		if !p.records(s, now) {
			continue
		}
		evidence, line := "ACCEPTED", ""
		if e.Revoked && p.bears(s, now) {
			evidence = "PENDING"
		}
		if s.voided(now) {
			line = " void " + instant(*s.void).Format(time.RFC3339Nano)
		} else {
			e.Balance -= s.amount
		}
		e.Purchases = append(e.Purchases, fmt.Sprintf("%s %s %d %s%s", s.name(), instant(s.bought).Format(time.RFC3339Nano), s.amount, evidence, line))
		if s.bought < p.last() && !e.Revoked && !s.voided(now) && (first == nil || s.comesBefore(*first)) {
			first = &p.sales[i]
		}
	}
	if first != nil {
		e.First = first.name()
	} else {
		e.Open = p.questions(e.Revoked, now)
	}
	slices.Sort(e.Purchases)
	switch {
	case e.Revoked:
		e.Status = "REVOKED"
	case len(e.Open) > 0:
		e.Status = "UNDER_REVIEW"
	case e.First != "":
		e.Status = "PURCHASED"
	case now >= p.last():
		e.Status = "OVERDUE"
	default:
		e.Status = "AWAITING"
	}
	return e
}

// questions are the reviews of a person of whom no purchase counts: one for each sale that stood when
// the deadline came.
func (p person) questions(revoked bool, now int64) []string {
	var open []string
	for _, s := range p.sales {
		if !p.records(s, now) || s.bought >= p.last() || (s.voided(now) && *s.void < p.last()) {
			continue
		}
		if revoked {
			open = append(open, "LATE_EVIDENCE")
		} else {
			open = append(open, "VOID_AFTER_DEADLINE")
		}
	}
	slices.Sort(open)
	return open
}

func (s sale) comesBefore(t sale) bool {
	if s.bought != t.bought {
		return s.bought < t.bought
	}
	if s.platform != t.platform {
		return s.platform < t.platform
	}
	return s.invoice < t.invoice
}

// held are the messages about the person's sales that stay in quarantine, each with its reason.
func (p person) held(now int64) []string {
	var held []string
	hold := func(s sale, kind, reason string) {
		for range s.repeats {
			held = append(held, kind+" "+s.name()+" "+reason)
		}
	}
	for _, s := range p.sales {
		switch {
		case s.bought > now+ahead:
			hold(s, "purchase.completed", "FROM_FUTURE")
		case p.arrives == never:
			hold(s, "purchase.completed", "UNKNOWN_CARD")
		case s.bought < 0:
			hold(s, "purchase.completed", "BEFORE_ANNOUNCEMENT")
		}
		switch {
		case s.void == nil:
		case *s.void > now+ahead:
			hold(s, "purchase.voided", "FROM_FUTURE")
		case !p.records(s, now):
			hold(s, "purchase.voided", "UNKNOWN_INVOICE")
		case *s.void < s.bought:
			hold(s, "purchase.voided", "VOID_BEFORE_PURCHASE")
		}
	}
	return held
}

// instant is a time of the model as an instant of cohort 13.
func instant(us int64) time.Time {
	return time.Date(2021, 3, 9, 17, 0, 0, 0, time.UTC).Add(time.Duration(us) * time.Microsecond)
}
