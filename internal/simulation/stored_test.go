package simulation

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// stored is what the database holds of a history.
type stored struct {
	people      []*row
	byID        map[int]*row
	settlements []*list
	held        []string
	deliveries  int
	others      []string // lines about cohorts, raises, statements and outages
}

// row is a participant as it is stored.
type row struct {
	id         int
	card       string
	deadline   moment
	first      int
	revoked    moment
	settlement int
	review     bool
	balance    int64
	purchases  []bought
	reviews    []string
	open       int
}

type bought struct {
	id                         int
	name                       string
	amount                     int64
	at, received, stated, void moment
	evidence                   string
	known                      bool
}

// list is a settlement as it is stored.
type list struct {
	id, cohort                                                       int
	state, hash, preparedBy, approvedBy, orderedBy, reversedBy       string
	listed, reserve                                                  int
	through, prepared, approved, stopped, executed, closes, finished moment
	reversal                                                         moment
	entries                                                          []listed
	freed, retaken, released                                         int
}

type listed struct {
	participant, purchases int
	deadline, decided      moment
	outcome, passed        string
}

// status is what the rules derive from the facts that are stored.
func (r *row) status(now moment, at func(moment) db.Time) rules.Status {
	f := rules.Facts{Deadline: at(r.deadline).Time, ReviewOpen: r.review}
	if r.revoked != 0 {
		f.RevokedAt = at(r.revoked).Time
	}
	if r.first != 0 {
		f.FirstPurchase = &rules.PurchaseKey{Invoice: "it does not matter which"}
	}
	return f.StatusAt(at(now).Time)
}

// read reads what is stored of the history.
func (w *world) read() *stored {
	s := &stored{byID: map[int]*row{}}
	w.readPeople(s)
	w.readSettlements(s)
	w.readDeliveries(s)
	w.readOthers(s)
	return s
}

func (w *world) readPeople(s *stored) {
	lo, hi := w.number(0), w.number(1)
	w.each("SELECT id, card_number, deadline, first_purchase_id, revoked_at, settlement_id, review_open, balance FROM participants WHERE cohort_id IN ($1, $2) ORDER BY id", func(rows *sql.Rows) error {
		r := &row{}
		var deadline, revoked db.Time
		var first, settlement sql.NullInt64
		err := rows.Scan(&r.id, &r.card, &deadline, &first, &revoked, &settlement, &r.review, &r.balance)
		r.deadline, r.revoked, r.first, r.settlement = w.moment(deadline), w.moment(revoked), int(first.Int64), int(settlement.Int64)
		s.people, s.byID[r.id] = append(s.people, r), r
		return err
	}, lo, hi)
	w.each("SELECT q.id, q.participant_id, q.platform_id, q.invoice_code, q.amount, q.purchased_at, q.received_at, q.stated_through, q.evidence, q.voided_at, q.void_settled"+
		" FROM participants p JOIN purchases q ON q.participant_id = p.id WHERE p.cohort_id IN ($1, $2)", func(rows *sql.Rows) error {
		var b bought
		var owner, platform int
		var at, received, stated, void db.Time
		err := rows.Scan(&b.id, &owner, &platform, &b.name, &b.amount, &at, &received, &stated, &b.evidence, &void, &b.known)
		b.name = w.fleet.codeOf(platform) + "/" + b.name
		b.at, b.received, b.stated, b.void = w.moment(at), w.moment(received), w.moment(stated), w.moment(void)
		s.byID[owner].purchases = append(s.byID[owner].purchases, b)
		return err
	}, lo, hi)
	w.each("SELECT v.participant_id, v.kind, q.platform_id, q.invoice_code, v.state, COALESCE(v.decision, ''), v.closed_at IS NULL"+
		" FROM participants p JOIN reviews v ON v.participant_id = p.id JOIN purchases q ON q.id = v.purchase_id WHERE p.cohort_id IN ($1, $2)", func(rows *sql.Rows) error {
		var owner, platform int
		var kind, invoice, state, decision string
		var open bool
		err := rows.Scan(&owner, &kind, &platform, &invoice, &state, &decision, &open)
		r := s.byID[owner]
		r.reviews = append(r.reviews, fmt.Sprintf("%s asked %s %s/%s %s %s", r.card, kind, w.fleet.codeOf(platform), invoice, state, decision))
		if open {
			r.open++
		}
		return err
	}, lo, hi)
}

func (w *world) readSettlements(s *stored) {
	lo, hi := w.number(0), w.number(1)
	byID := map[int]*list{}
	w.each("SELECT id, cohort_id, state, list_sha256, prepared_by, approved_by, ordered_by, reversed_by, listed, reserve, through, prepared_at, approved_at, stopped_at, executed_at, closes_at,"+
		" finished_at, reversal_ordered_at FROM settlements WHERE cohort_id IN ($1, $2) ORDER BY id", func(rows *sql.Rows) error {
		l := &list{}
		var through, prepared, approved, stopped, executed, closes, finished, reversal db.Time
		err := rows.Scan(&l.id, &l.cohort, &l.state, &l.hash, &l.preparedBy, &l.approvedBy, &l.orderedBy, &l.reversedBy, &l.listed, &l.reserve,
			&through, &prepared, &approved, &stopped, &executed, &closes, &finished, &reversal)
		l.through, l.prepared, l.approved, l.stopped = w.moment(through), w.moment(prepared), w.moment(approved), w.moment(stopped)
		l.executed, l.closes, l.finished, l.reversal = w.moment(executed), w.moment(closes), w.moment(finished), w.moment(reversal)
		s.settlements, byID[l.id] = append(s.settlements, l), l
		return err
	}, lo, hi)
	if len(byID) == 0 {
		return
	}
	w.each("SELECT e.settlement_id, e.participant_id, e.deadline, e.purchases, e.outcome, COALESCE(e.passed_over, ''), e.decided_at"+
		" FROM settlements s JOIN settlement_entries e ON e.settlement_id = s.id WHERE s.cohort_id IN ($1, $2) ORDER BY e.participant_id", func(rows *sql.Rows) error {
		var settlement int
		var e listed
		var deadline, decided db.Time
		err := rows.Scan(&settlement, &e.participant, &deadline, &e.purchases, &e.outcome, &e.passed, &decided)
		e.deadline, e.decided = w.moment(deadline), w.moment(decided)
		byID[settlement].entries = append(byID[settlement].entries, e)
		return err
	}, lo, hi)
	w.each("SELECT settlement_id, kind, SUM(places) FROM places WHERE cohort_id IN ($1, $2) GROUP BY settlement_id, kind", func(rows *sql.Rows) error {
		var settlement, n int
		var kind string
		err := rows.Scan(&settlement, &kind, &n)
		switch l := byID[settlement]; kind {
		case "FREED":
			l.freed = n
		case "RETAKEN":
			l.retaken = n
		case "RELEASED":
			l.released = n
		}
		return err
	}, lo, hi)
}

func (w *world) readDeliveries(s *stored) {
	w.each("SELECT platform_id, dedupe_key, COALESCE(reason, ''), settled_at IS NULL FROM deliveries WHERE received_at >= $1 AND received_at < $2", func(rows *sql.Rows) error {
		var platform int
		var key, reason string
		var open bool
		err := rows.Scan(&platform, &key, &reason, &open)
		s.deliveries++
		if open {
			key, _, _ = strings.Cut(key, "#")
			s.held = append(s.held, w.fleet.codeOf(platform)+" "+key+" "+reason)
		}
		return err
	}, w.at(0).Time, w.at(spacing).Time)
}

func (w *world) readOthers(s *stored) {
	tell := func(format string, args ...any) { s.others = append(s.others, fmt.Sprintf(format, args...)) }
	w.each("SELECT id, deadline FROM cohorts WHERE id IN ($1, $2) ORDER BY id", func(rows *sql.Rows) error {
		var id int
		var deadline db.Time
		err := rows.Scan(&id, &deadline)
		tell("cohort %d until %d", id-w.number(0), w.moment(deadline))
		return err
	}, w.number(0), w.number(1))
	w.each("SELECT cohort_id, until, COALESCE(province, ''), done_at IS NOT NULL FROM deadline_raises WHERE cohort_id IN ($1, $2) ORDER BY id", func(rows *sql.Rows) error {
		var number int
		var until db.Time
		var province string
		var done bool
		err := rows.Scan(&number, &until, &province, &done)
		tell("raise of %d %s until %d done=%t", number-w.number(0), province, w.moment(until), done)
		return err
	}, w.number(0), w.number(1))
	w.each("SELECT platform_id, through, count FROM statements WHERE received_at >= $1 ORDER BY id", func(rows *sql.Rows) error {
		var platform, count int
		var through db.Time
		err := rows.Scan(&platform, &through, &count)
		tell("%s states through %d: %d", w.fleet.codeOf(platform), w.moment(through), count)
		return err
	}, w.at(0).Time)
	w.each("SELECT platform_id, begins_at, ends_at FROM outages WHERE begins_at >= $1 ORDER BY id", func(rows *sql.Rows) error {
		var platform int
		var begins, ends db.Time
		err := rows.Scan(&platform, &begins, &ends)
		tell("%s is down from %d to %d", w.fleet.codeOf(platform), w.moment(begins), w.moment(ends))
		return err
	}, w.at(0).Time)
}

// lines tell everything that is stored, with numbers and names instead of ids.
func (s *stored) lines(w *world) []string {
	var all []string
	number := map[int]int{} // of a settlement by its id
	for i, l := range s.settlements {
		number[l.id] = i + 1
	}
	for _, r := range s.people {
		first := ""
		for _, b := range r.purchases {
			if b.id == r.first {
				first = b.name
			}
			void := ""
			if b.void != 0 {
				void = fmt.Sprintf(" void=%d known=%t", b.void, b.known)
			}
			all = append(all, fmt.Sprintf("%s bought %s amount=%d at=%d received=%d stated=%d %s%s", r.card, b.name, b.amount, b.at, b.received, b.stated, b.evidence, void))
		}
		all = append(all, fmt.Sprintf("%s deadline=%d first=%s revoked=%d by=%d review=%t balance=%d", r.card, r.deadline, first, r.revoked, number[r.settlement], r.review, r.balance),
			fmt.Sprintf("%s is %s", r.card, r.status(w.m.now, w.at)))
		all = append(all, r.reviews...)
	}
	for i, l := range s.settlements {
		all = append(all, fmt.Sprintf("settlement %d of %d %s listed=%d reserve=%d %s through=%d prepared=%d/%s approved=%d/%s ordered=%s stopped=%d executed=%d closes=%d reversal=%d/%s finished=%d freed=%d retaken=%d released=%d",
			i+1, l.cohort-w.number(0), l.state, l.listed, l.reserve, l.hash, l.through, l.prepared, l.preparedBy, l.approved, l.approvedBy, l.orderedBy, l.stopped, l.executed, l.closes, l.reversal, l.reversedBy,
			l.finished, l.freed, l.retaken, l.released))
		for _, e := range l.entries {
			all = append(all, fmt.Sprintf("settlement %d lists %s deadline=%d purchases=%d %s%s at %d", i+1, s.byID[e.participant].card, e.deadline, e.purchases, e.outcome, e.passed, e.decided))
		}
	}
	all = append(append(all, s.held...), s.others...)
	all = append(all, fmt.Sprintf("%d deliveries", s.deliveries))
	slices.Sort(all)
	return all
}

// lines tell the same of the model.
func (m *model) lines() []string {
	var all []string
	for _, p := range m.people {
		if p.imported > 0 {
			all = append(append(all, p.lines()...), fmt.Sprintf("%s is %s", p.card, p.status(m.now)))
		}
	}
	for _, l := range m.settlements {
		freed, retaken := l.places()
		all = append(all, fmt.Sprintf("settlement %d of %d %s listed=%d reserve=%d %s through=%d prepared=%d/%s approved=%d/%s ordered=%s stopped=%d executed=%d closes=%d reversal=%d/%s finished=%d freed=%d retaken=%d released=%d",
			l.number, l.cohort, l.state, len(l.entries), l.reserve, l.hash, l.through, l.prepared, l.preparedBy, l.approved, l.approvedBy, l.orderedBy, l.stopped, l.executed, l.closes, l.reversal, l.reversedBy,
			l.finished, freed, retaken, l.released))
		for _, e := range l.entries {
			all = append(all, fmt.Sprintf("settlement %d lists %s deadline=%d purchases=%d %s%s at %d", l.number, e.card, e.deadline, e.purchases, e.outcome, e.passed, e.decided))
		}
	}
	deliveries := 0
	for _, heard := range m.heard {
		deliveries += len(heard)
	}
	for _, h := range m.held {
		all = append(all, h.platform+" "+h.id+" "+h.reason)
	}
	for i, c := range m.cohorts {
		all = append(all, fmt.Sprintf("cohort %d until %d", i, c.deadline))
	}
	for _, r := range m.raises {
		all = append(all, fmt.Sprintf("raise of %d %s until %d done=%t", r.cohort, r.province, r.until, r.done))
	}
	for code, w := range m.words {
		for _, s := range w.statements {
			all = append(all, fmt.Sprintf("%s states through %d: %d", code, s.through, s.count))
		}
		for _, o := range w.outages {
			all = append(all, fmt.Sprintf("%s is down from %d to %d", code, o.begins, o.ends))
		}
	}
	all = append(all, fmt.Sprintf("%d deliveries", deliveries))
	slices.Sort(all)
	return all
}
