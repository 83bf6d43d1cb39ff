package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// settlement is a list and what became of it.
type settlement struct {
	number     int // from 1
	cohort     int
	state      string
	through    moment
	hash       string
	reserve    int
	preparedBy string
	approvedBy string
	orderedBy  string
	prepared   moment
	approved   moment
	stopped    moment
	executed   moment
	closes     moment
	reversal   moment // when it was ordered
	reversedBy string
	finished   moment
	entries    []entry
	released   int
}

type entry struct {
	card      string
	deadline  moment
	purchases int
	outcome   string
	passed    string // why the membership was kept
	decided   moment
	settled   []string // sales whose voids the revocation took into account
}

func (s *settlement) count(outcomes ...string) int {
	n := 0
	for _, e := range s.entries {
		if slices.Contains(outcomes, e.outcome) {
			n++
		}
	}
	return n
}

func (s *settlement) unfinished() bool { return s.finished == 0 }

// places are those that it freed and that were taken back.
func (s *settlement) places() (freed, retaken int) {
	return s.count("REVOKED", "REINSTATED", "REVERSED"), s.count("REINSTATED", "REVERSED")
}

// release gives the places that are left to later cohorts, less those that are kept.
func (s *settlement) release(keep int) {
	freed, retaken := s.places()
	s.released += max(0, freed-retaken-s.released-keep)
}

// open is the settlement of the cohort that is not finished, nil when there is none.
func (m *model) open(cohort int) *settlement {
	for _, s := range m.settlements {
		if s.cohort == cohort && s.unfinished() {
			return s
		}
	}
	return nil
}

// prepare freezes the list of the overdue. reserve is negative for the usual share.
func (m *model) prepare(cohort, reserve int, by string) {
	s := &settlement{number: len(m.settlements) + 1, cohort: cohort, state: "PREVIEWED", preparedBy: by, prepared: m.now, reserve: reserve}
	var cards []string
	for _, p := range m.overdue(cohort) {
		s.entries = append(s.entries, entry{card: p.card, deadline: p.deadline, purchases: len(p.sales), outcome: "LISTED"})
		s.through = max(s.through, p.deadline)
		cards = append(cards, p.card)
	}
	slices.Sort(cards)
	sum := sha256.New()
	for _, card := range cards {
		sum.Write([]byte(card + "\n"))
	}
	s.hash = hex.EncodeToString(sum.Sum(nil))
	if reserve < 0 {
		s.reserve = (len(s.entries)*5 + 99) / 100
	}
	m.settlements = append(m.settlements, s)
}

// mayPrepare reports whether a list may be made: somebody is overdue, nothing is awaited, and no list is open.
func (m *model) mayPrepare(cohort int) bool {
	overdue, through := m.overdue(cohort), moment(0)
	for _, p := range overdue {
		through = max(through, p.deadline)
	}
	return len(overdue) > 0 && m.open(cohort) == nil && len(m.waits(cohort, through, true)) == 0
}

// mayExecute reports whether the next chunk may be done.
func (m *model) mayExecute(s *settlement) bool {
	return s.state == "APPROVED" && s.orderedBy != "" && s.stopped == 0 && s.reversal == 0 && len(m.waits(s.cohort, s.through, false)) == 0
}

// execute looks again at the next of the list, n at most.
func (m *model) execute(s *settlement, n int) {
	for i := range s.entries {
		e := &s.entries[i]
		if e.outcome != "LISTED" || n == 0 {
			continue
		}
		n--
		p := m.byCard(e.card)
		e.decided = m.now
		if e.passed = m.spared(p, *e); e.passed != "" {
			e.outcome = "PASSED_OVER"
			continue
		}
		e.outcome = "REVOKED"
		p.twin = p.clone()
		p.revoked, p.by = m.now, s.number
		for j, sold := range p.sales {
			if sold.voided && !sold.known {
				p.sales[j].known = true
				e.settled = append(e.settled, sold.name())
			}
		}
	}
}

// spared tells why somebody on the list keeps the membership; empty when it ends.
func (m *model) spared(p *person, e entry) string {
	switch {
	case p.revoked != 0:
		return "REVOKED"
	case p.underReview():
		return "UNDER_REVIEW"
	case p.first() != "":
		return "PURCHASED"
	case p.deadline > e.deadline || p.deadline > m.now:
		return "EXTENDED"
	case len(p.sales) > e.purchases:
		return "NEW_EVIDENCE"
	case m.named(p.card):
		return "QUARANTINED"
	}
	return ""
}

// finish ends the execution when nobody is left.
func (m *model) finish(s *settlement) {
	s.state, s.executed, s.finished = "EXECUTED", m.now, m.now
	s.closes = max(m.now, s.through) + lagLimit
	s.release(s.reserve)
}

// end ends the revocation of a person.
func (s *settlement) end(p *person, outcome string, now moment) {
	i := slices.IndexFunc(s.entries, func(e entry) bool { return e.card == p.card })
	s.entries[i].outcome, s.entries[i].decided = outcome, now
	p.revoked, p.by = 0, 0
}

// keptOut are those whom the settlement keeps revoked, in the order of their imports.
func (m *model) keptOut(s *settlement) []*person {
	return slices.DeleteFunc(m.members(s.cohort), func(p *person) bool { return p.by != s.number })
}

// reverse gives people the state from before.
func (m *model) reverse(s *settlement, people []*person) {
	for _, p := range people {
		i := slices.IndexFunc(s.entries, func(e entry) bool { return e.card == p.card })
		for j, sold := range p.sales {
			if slices.Contains(s.entries[i].settled, sold.name()) {
				p.sales[j].known = false
			}
		}
		s.end(p, "REVERSED", m.now)
		p.ask()
	}
}

func (m *model) reversed(s *settlement) {
	s.state = "REVERSED"
	if s.finished == 0 {
		s.finished = m.now
	}
}

// closeable reports whether the time for late evidence is over.
func (s *settlement) closeable(now moment) bool {
	return s.state == "EXECUTED" && s.reversal == 0 && s.closes <= now
}

func (m *model) close(s *settlement) {
	s.state = "CLOSED"
	s.release(0)
}
