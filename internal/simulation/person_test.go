package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The model is written from docs/semantics.md and the design, and not from the code: whole microseconds, plain sets, and
// no function of package rules. A moment is counted from 00:00 WIB of the day on which the history begins; 0 is none.
type moment = int64

const (
	second = moment(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour

	window   = 30 * day
	lagLimit = 72 * hour  // inclusive
	ahead    = 5 * minute // inclusive
	balance  = 1_000_000  // rupiah
)

// sale is a purchase that is recorded.
type sale struct {
	platform string
	invoice  string
	amount   int64
	bought   moment
	received moment // when it first arrived
	stated   moment // before when the platform had said by then that all was sent, if that covers it
	voided   bool
	voidAt   moment
	known    bool   // the void was known when the membership was last ended
	decision string // of a person: UPHELD, REJECTED, or empty
}

func (s sale) name() string { return s.platform + "/" + s.invoice }

// question is a review.
type question struct{ kind, about, state, decision string }

// person is a recipient, imported or not.
type person struct {
	card, nik, province string
	cohort              int
	imported            int // the place in the order of the imports, from 1; 0 when not imported
	announced           moment
	deadline            moment
	revoked             moment
	by                  int // number of the settlement, from 1, while revoked
	sales               []sale
	questions           []question

	// twin is the same person as if the membership had not been ended, while it is.
	twin *person
}

func (p *person) clone() *person {
	if p == nil {
		return nil
	}
	q := *p
	q.sales, q.questions, q.twin = slices.Clone(p.sales), slices.Clone(p.questions), p.twin.clone()
	return &q
}

func (p *person) inTime(s sale) bool { return p.announced <= s.bought && s.bought < p.deadline }

// forgiven reports whether the sale was voided in time, and that this was known when the membership was ended.
func (p *person) forgiven(s sale) bool { return s.known && s.voided && s.voidAt < p.deadline }

// doubtful reports whether the sale, if it were believed, would undo the revocation.
func (p *person) doubtful(s sale) bool {
	return s.decision == "" && p.inTime(s) && !p.forgiven(s)
}

// vindicated reports whether a revocation cannot stand beside what is known.
func (p *person) vindicated() bool {
	for _, s := range p.sales {
		upheld := s.decision == "UPHELD" && p.inTime(s)
		timely := s.received <= p.deadline+lagLimit && s.bought >= s.stated
		if upheld || (p.doubtful(s) && timely) {
			return true
		}
	}
	return false
}

func (p *person) evidence(s sale) string {
	switch {
	case s.decision != "":
		return s.decision
	case p.revoked != 0 && p.doubtful(s):
		return "PENDING"
	}
	return "ACCEPTED"
}

// first is the name of the first purchase; empty for none.
func (p *person) first() string {
	var found *sale
	for i, s := range p.sales {
		e := p.evidence(s)
		counts := p.inTime(s) && (e == "UPHELD" || (e == "ACCEPTED" && !s.voided))
		if counts && (found == nil || before(s, *found)) {
			found = &p.sales[i]
		}
	}
	if found == nil {
		return ""
	}
	return found.name()
}

func before(s, t sale) bool {
	return cmp.Or(cmp.Compare(s.bought, t.bought), strings.Compare(s.platform, t.platform), strings.Compare(s.invoice, t.invoice)) < 0
}

// asked are the questions that a person has to decide: of whom no purchase counts, each that stood at the deadline.
func (p *person) asked() []question {
	if p.first() != "" {
		return nil
	}
	var all []question
	for _, s := range p.sales {
		if !p.inTime(s) || s.decision != "" || (s.voided && s.voidAt < p.deadline) {
			continue
		}
		switch e := p.evidence(s); {
		case e == "PENDING":
			all = append(all, question{kind: "LATE_EVIDENCE", about: s.name(), state: "OPEN"})
		case s.voided:
			all = append(all, question{kind: "VOID_AFTER_DEADLINE", about: s.name(), state: "OPEN"})
		}
	}
	return all
}

// ask opens the questions that are asked now and makes moot what is none any more.
func (p *person) ask() {
	asked := p.asked()
	for i, q := range p.questions {
		if q.state != "OPEN" {
			continue
		}
		if at := slices.Index(asked, q); at >= 0 {
			asked = slices.Delete(asked, at, at+1)
		} else {
			p.questions[i].state = "MOOT"
		}
	}
	p.questions = append(p.questions, asked...)
}

func (p *person) underReview() bool {
	return slices.ContainsFunc(p.questions, func(q question) bool { return q.state == "OPEN" })
}

func (p *person) status(now moment) string {
	switch {
	case p.revoked != 0:
		return "REVOKED"
	case p.underReview():
		return "UNDER_REVIEW"
	case p.first() != "":
		return "PURCHASED"
	case now < p.deadline:
		return "AWAITING"
	}
	return "OVERDUE"
}

func (p *person) balance() int64 {
	left := int64(balance)
	for _, s := range p.sales {
		if !s.voided {
			left -= s.amount
		}
	}
	return left
}

// harmed reports whether the person would lose by a later deadline: no time to buy is left, no purchase counts, and a
// question is gone that a person might have answered in the person's favour.
func (p *person) harmed(until, now moment) bool {
	q := p.clone()
	q.deadline = until
	if q.revoked != 0 && q.vindicated() {
		q.revoked = 0
	}
	if q.first() != "" || now < until {
		return false
	}
	after := q.asked()
	return slices.ContainsFunc(p.asked(), func(a question) bool {
		return !slices.ContainsFunc(after, func(b question) bool { return a.about == b.about })
	})
}

// lines tell what is stored of the person, all but the status.
func (p *person) lines() []string {
	head := fmt.Sprintf("%s deadline=%d first=%s revoked=%d by=%d review=%t balance=%d", p.card, p.deadline, p.first(), p.revoked, p.by, p.underReview(), p.balance())
	lines := []string{head}
	for _, s := range p.sales {
		void := ""
		if s.voided {
			void = fmt.Sprintf(" void=%d known=%t", s.voidAt, s.known)
		}
		lines = append(lines, fmt.Sprintf("%s bought %s amount=%d at=%d received=%d stated=%d %s%s", p.card, s.name(), s.amount, s.bought, s.received, s.stated, p.evidence(s), void))
	}
	for _, q := range p.questions {
		lines = append(lines, fmt.Sprintf("%s asked %s %s %s %s", p.card, q.kind, q.about, q.state, q.decision))
	}
	slices.Sort(lines)
	return lines
}

// facts tell what has to be as it was before a revocation, and of what was recorded meanwhile as if there had been none:
// everything that is stored but the questions that are answered or moot. Which voids a revocation has taken into account
// is held against the model with all else: a reversal takes it back, evidence that ends the revocation does not need to.
func (p *person) facts() []string {
	q := p.clone()
	q.questions = slices.DeleteFunc(q.questions, func(a question) bool { return a.state != "OPEN" })
	for i := range q.sales {
		q.sales[i].known = false
	}
	return q.lines()
}

// GoString keeps the telling of a failed history short.
func (p *person) GoString() string { return p.card }
