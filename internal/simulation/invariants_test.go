package simulation

import (
	"database/sql"
	"fmt"
	"strings"

	"gelombang/internal/db"
)

// facts are a participant's, as the history tells them.
type facts struct {
	deadline moment
	first    int
	revoked  moment
	review   bool
}

// check holds what is stored against the model, and against the rules that hold whatever the model says.
func (w *world) check() {
	w.t.Helper()
	s := w.read()
	w.checkStored(s)
	if d := difference(w.m.lines(), s.lines(w)); d != "" {
		w.t.Fatalf("what is stored is not what must come of the history (-model +stored):\n%s", d)
	}
	w.checkTwins()
	w.countOutcomes()
}

// countOutcomes notes what became of those on the lists.
func (w *world) countOutcomes() {
	for _, s := range w.m.settlements {
		for _, e := range s.entries {
			key, outcome := fmt.Sprintf("%d %s", s.number, e.card), e.outcome+" "+e.passed
			if w.outcomes[key] != outcome && !w.calm {
				w.saw("outcome " + outcome)
			}
			w.outcomes[key] = outcome
		}
	}
}

// checkStored needs no model but for what was announced.
func (w *world) checkStored(s *stored) {
	w.t.Helper()
	w.checkHistory(s)
	for _, r := range s.people {
		if r.revoked != 0 {
			w.checkEvidence(s, r)
		}
		if (r.revoked != 0) != (r.settlement != 0) || r.review != (r.open > 0) {
			w.t.Fatalf("%s is revoked at %d by settlement %d, review %t with %d open", r.card, r.revoked, r.settlement, r.review, r.open)
		}
	}
	w.checkLists(s)
}

// difference lists the lines of which one of two sorted lists has more; empty when they are the same.
func difference(want, got []string) string {
	var lines []string
	for len(want)+len(got) > 0 {
		switch {
		case len(got) == 0 || (len(want) > 0 && want[0] < got[0]):
			lines, want = append(lines, "- "+want[0]), want[1:]
		case len(want) == 0 || got[0] < want[0]:
			lines, got = append(lines, "+ "+got[0]), got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// checkTwins holds those whose revocation has ended against who they would be had there been none.
func (w *world) checkTwins() {
	w.t.Helper()
	for _, p := range w.m.people {
		if p.twin == nil || p.revoked != 0 {
			continue
		}
		if diff := difference(p.twin.facts(), p.facts()); diff != "" {
			w.t.Fatalf("%s is not as if there had been no revocation (-without it +now):\n%s", p.card, diff)
		}
		p.twin = nil
	}
}

// checkEvidence looks for a purchase that speaks against a revocation: made in time, not voided in time with the
// knowledge of who ended the membership, and not rejected by a person. There may be one that came afterwards, too late or
// against the word of its platform; then it waits for a person.
func (w *world) checkEvidence(s *stored, r *row) {
	w.t.Helper()
	announced := w.m.byCard(r.card).announced
	var then moment // the deadline when the membership was ended
	for _, l := range s.settlements {
		for _, e := range l.entries {
			if l.id == r.settlement && e.participant == r.id {
				then = e.deadline
			}
		}
	}
	for _, b := range r.purchases {
		voidedInTime := b.void != 0 && b.void < r.deadline
		if b.at < announced || b.at >= r.deadline || (voidedInTime && b.known) || b.evidence == "REJECTED" {
			continue
		}
		afterwards := b.received >= r.revoked || b.at >= then
		untrusted := b.received > r.deadline+lagLimit || b.stated > b.at
		asked := voidedInTime || r.review
		if !afterwards || !untrusted || !asked || b.evidence != "PENDING" {
			w.t.Fatalf("%s is revoked in spite of %s, bought at %d, received at %d, %s, before the deadline %d (revoked at %d, review %t)",
				r.card, b.name, b.at, b.received, b.evidence, r.deadline, r.revoked, r.review)
		}
	}
}

// checkLists adds up the lists, and holds them against the participants and the places.
func (w *world) checkLists(s *stored) {
	w.t.Helper()
	unfinished := map[int]bool{}
	for _, l := range s.settlements {
		outcomes, out := map[string]int{}, 0
		for _, e := range l.entries {
			outcomes[e.outcome]++
			r := s.byID[e.participant]
			if (e.outcome == "REVOKED") != (r.settlement == l.id) {
				w.t.Fatalf("%s is %s on the list of settlement %d and is kept out by %d", r.card, e.outcome, l.id, r.settlement)
			}
			if e.outcome == "REVOKED" {
				out++
			}
			if l.finished == 0 && unfinished[e.participant] {
				w.t.Fatalf("%s is on two lists that are not finished", r.card)
			}
			unfinished[e.participant] = unfinished[e.participant] || l.finished == 0
		}
		reserved, overdrawn := max(0, l.freed-l.retaken-l.released), max(0, l.retaken+l.released-l.freed)
		switch {
		case l.listed != len(l.entries) || l.listed == 0:
			w.t.Fatalf("settlement %d has %d entries and says %d", l.id, len(l.entries), l.listed)
		case l.freed-l.retaken != out:
			w.t.Fatalf("settlement %d freed %d places and %d were taken back, and it keeps %d out", l.id, l.freed, l.retaken, out)
		case l.freed != outcomes["REVOKED"]+outcomes["REINSTATED"]+outcomes["REVERSED"]:
			w.t.Fatalf("settlement %d freed %d places, with the outcomes %v", l.id, l.freed, outcomes)
		case l.released > l.freed || (reserved > 0 && overdrawn > 0) || (l.state == "EXECUTED" && reserved > l.reserve) || (l.state == "CLOSED" && reserved > 0):
			w.t.Fatalf("settlement %d, %s, freed %d places, released %d, %d were taken back, reserve %d", l.id, l.state, l.freed, l.released, l.retaken, l.reserve)
		case l.approvedBy != "" && (l.approvedBy == l.preparedBy || l.approved < l.prepared):
			w.t.Fatalf("settlement %d was prepared by %s and approved by %s", l.id, l.preparedBy, l.approvedBy)
		case l.state != "APPROVED" && l.state != "REVERSED" && l.state != "PREVIEWED" && l.state != "DISCARDED" && outcomes["LISTED"] > 0:
			w.t.Fatalf("settlement %d is %s, and nobody has looked at %d of its list", l.id, l.state, outcomes["LISTED"])
		}
	}
}

// checkHistory follows what was added to the history since the last time: it has no gaps, it ends where the participants
// are, and it tells each revocation with the settlement that two people made.
func (w *world) checkHistory(s *stored) {
	w.t.Helper()
	w.each("SELECT h.id, h.participant_id, h.cause, h.actor, h.recorded_at, h.settlement_id, h.from_deadline, h.from_first_purchase_id, h.from_revoked_at, h.from_review_open,"+
		" h.to_deadline, h.to_first_purchase_id, h.to_revoked_at, h.to_review_open FROM participants p JOIN history h ON h.participant_id = p.id"+
		" WHERE p.cohort_id IN ($1, $2) AND h.id > $3 ORDER BY h.id", func(rows *sql.Rows) error {
		var participant int
		var cause, actor string
		var from, to facts
		var fromFirst, toFirst, settlement sql.NullInt64
		var recorded, fromDeadline, toDeadline, fromRevoked, toRevoked db.Time
		err := rows.Scan(&w.told, &participant, &cause, &actor, &recorded, &settlement, &fromDeadline, &fromFirst, &fromRevoked, &from.review,
			&toDeadline, &toFirst, &toRevoked, &to.review)
		if err != nil {
			return err
		}
		from.deadline, from.first, from.revoked = w.moment(fromDeadline), int(fromFirst.Int64), w.moment(fromRevoked)
		to.deadline, to.first, to.revoked = w.moment(toDeadline), int(toFirst.Int64), w.moment(toRevoked)
		last, begun := w.replayed[participant]
		if !begun {
			last = facts{deadline: from.deadline}
		}
		if from != last || from == to {
			return fmt.Errorf("the history of participant %d goes from %+v to %+v, after %+v", participant, from, to, last)
		}
		w.replayed[participant] = to
		if from.revoked == 0 && to.revoked != 0 {
			return w.checkRevocation(s, participant, cause, actor, w.moment(recorded), int(settlement.Int64))
		}
		if from.revoked != 0 && to.revoked == 0 && !settlement.Valid {
			return fmt.Errorf("the history of participant %d does not say which settlement came to its end", participant)
		}
		return nil
	}, w.number(0), w.number(1), w.told)
	for _, r := range s.people {
		now := facts{r.deadline, r.first, r.revoked, r.review}
		last, begun := w.replayed[r.id]
		if !begun {
			last = facts{deadline: r.deadline}
		}
		if now != last {
			w.t.Fatalf("%s is %+v, and the history ends with %+v", r.card, now, last)
		}
	}
}

// checkRevocation holds a revocation against the settlement that it names.
func (w *world) checkRevocation(s *stored, participant int, cause, actor string, at moment, settlement int) error {
	for _, l := range s.settlements {
		if l.id != settlement {
			continue
		}
		for _, e := range l.entries {
			if e.participant != participant {
				continue
			}
			two := l.preparedBy != "" && l.approvedBy != "" && l.preparedBy != l.approvedBy
			if cause == "SETTLEMENT" && actor != "" && two && l.prepared <= l.approved && l.approved <= at {
				return nil
			}
		}
	}
	return fmt.Errorf("participant %d was revoked at %d by %s (%s) without a list of settlement %d that somebody else had approved", participant, at, actor, cause, settlement)
}
