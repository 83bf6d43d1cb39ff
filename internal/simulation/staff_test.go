package simulation

import (
	"context"
	"fmt"
	"slices"

	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// staff are those who act; the last may only look.
var staff = []viewer.Viewer{
	{Role: viewer.Officer, Subject: "officer-1"}, {Role: viewer.Officer, Subject: "officer-2"},
	{Role: viewer.Supervisor, Subject: "supervisor-1"}, {Role: viewer.Supervisor, Subject: "supervisor-2"},
	{Role: viewer.Admin, Subject: "admin-1"}, {Role: viewer.Analyst, Subject: "analyst-1"},
}

func mayPrepare(v viewer.Viewer) bool { return v.Role != viewer.Analyst }

func mayApprove(v viewer.Viewer) bool { return v.Role == viewer.Supervisor || v.Role == viewer.Admin }

// first returns the code of the first condition that holds.
func first(refusals ...refusal) registry.Code {
	for _, r := range refusals {
		if r.when {
			return r.code
		}
	}
	return ""
}

type refusal struct {
	when bool
	code registry.Code
}

// idOfSettlement is the database's id of the settlement with the number.
func (w *world) idOfSettlement(number int) int {
	w.t.Helper()
	return w.idOf("SELECT id FROM settlements WHERE cohort_id IN ($1, $2) ORDER BY id LIMIT 1 OFFSET $3", w.number(0), w.number(1), number-1)
}

func (w *world) prepare(cohort, reserve int, by viewer.Viewer) {
	in := registry.PrepareSettlement{Cohort: w.number(cohort), Reason: "no purchase"}
	if reserve >= 0 {
		in.Reserve = &reserve
	}
	code := first(
		refusal{!mayPrepare(by), registry.Forbidden},
		refusal{!w.m.mayPrepare(cohort), registry.NotPossible},
		refusal{reserve > len(w.m.overdue(cohort)), registry.Invalid},
	)
	w.note("prepared", code)
	list := func(m *model) { m.prepare(cohort, reserve, by.Subject) }
	_ = w.do(fmt.Sprintf("%s prepares a settlement of cohort %d", by.Subject, cohort), code, []phase{list}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.PrepareSettlement(ctx, by, in)
		return err
	})
}

func (w *world) approve(number int, by viewer.Viewer, hash string) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code := first(
		refusal{!mayApprove(by), registry.Forbidden},
		refusal{by.Subject == s.preparedBy, registry.Forbidden},
		refusal{s.state != "PREVIEWED", registry.NotPossible},
		refusal{hash != s.hash, registry.Conflict},
		refusal{len(w.m.waits(s.cohort, s.through, true)) > 0, registry.NotPossible},
	)
	w.note("approved", code)
	if by.Subject == s.preparedBy && mayApprove(by) {
		w.saw("own list refused")
	}
	yes := func(m *model) {
		s := m.settlements[number-1]
		s.state, s.approved, s.approvedBy = "APPROVED", m.now, by.Subject
	}
	_ = w.do(fmt.Sprintf("%s approves settlement %d", by.Subject, number), code, []phase{yes}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.ApproveSettlement(ctx, by, registry.ApproveSettlement{Settlement: id, ListSHA256: hash})
		return err
	})
}

// note counts how a decision of staff went.
func (w *world) note(what string, code registry.Code) {
	if code == "" {
		w.saw(what)
	} else {
		w.saw(what + ": " + string(code))
	}
}

func order(number int, by string) phase {
	return func(m *model) {
		if s := m.settlements[number-1]; s.orderedBy == "" || s.stopped != 0 {
			s.orderedBy, s.stopped = by, 0
		}
	}
}

func (w *world) order(number int, by viewer.Viewer) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code := first(refusal{!mayPrepare(by), registry.Forbidden}, refusal{s.state != "APPROVED" || s.reversal != 0, registry.NotPossible})
	if code == "" && s.stopped != 0 {
		w.saw("resumed")
	}
	_ = w.do(fmt.Sprintf("%s orders settlement %d", by.Subject, number), code, []phase{order(number, by.Subject)}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.OrderExecution(ctx, by, id)
		return err
	})
}

func (w *world) stop(number int, by viewer.Viewer) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code := first(
		refusal{!mayPrepare(by), registry.Forbidden},
		refusal{s.state != "APPROVED" || s.reversal != 0 || s.orderedBy == "", registry.NotPossible},
	)
	w.note("stopped", code)
	halt := func(m *model) {
		if s := m.settlements[number-1]; s.stopped == 0 {
			s.stopped = m.now
		}
	}
	_ = w.do(fmt.Sprintf("%s stops settlement %d", by.Subject, number), code, []phase{halt}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.StopExecution(ctx, by, id)
		return err
	})
}

func (w *world) discard(number int, by viewer.Viewer) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	possible := (s.state == "PREVIEWED" || s.state == "APPROVED") && s.reversal == 0 && s.count("REVOKED", "REINSTATED", "REVERSED") == 0
	code := first(refusal{!mayPrepare(by), registry.Forbidden}, refusal{!possible, registry.NotPossible})
	w.note("discarded", code)
	drop := func(m *model) {
		s := m.settlements[number-1]
		s.state, s.finished = "DISCARDED", m.now
	}
	_ = w.do(fmt.Sprintf("%s discards settlement %d", by.Subject, number), code, []phase{drop}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.DiscardSettlement(ctx, by, id)
		return err
	})
}

// inTurn does a chunk when nobody else is at work on the settlement: a connection that was cut in the middle of one has its
// row until Postgres has noticed.
func (w *world) inTurn(ctx context.Context, id int, chunk func(context.Context, int) (registry.Progress, error)) error {
	for {
		p, err := chunk(ctx, id)
		if err != nil || !p.Busy {
			return err
		}
		if _, err := w.fleet.db.Write.ExecContext(ctx, "SELECT id FROM settlements WHERE id = $1 FOR UPDATE", id); err != nil {
			return err
		}
	}
}

// chunk does the next of an execution: a chunk of the list or, when nobody is left, its end.
func (w *world) chunk(number int) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code, phases := registry.Code(""), []phase{}
	switch {
	case s.reversal == 0 && (s.state == "EXECUTED" || s.state == "CLOSED"):
	case !w.m.mayExecute(s):
		code = registry.NotPossible
	default:
		phases = append(phases, w.chunkOf(number, s.count("LISTED")))
		w.sawSpared(s)
	}
	w.note("chunk", code)
	_ = w.do(fmt.Sprintf("a chunk of settlement %d", number), code, phases, func(ctx context.Context, r *registry.Registry) error {
		return w.inTurn(ctx, id, r.ExecuteChunk)
	})
}

// sawSpared notes a chunk in the middle of a list.
func (w *world) sawSpared(s *settlement) {
	if left := s.count("LISTED"); left > 0 && left < len(s.entries) && !w.calm {
		w.saw("half a list")
	}
}

// chunkOf is a chunk when so many are left.
func (w *world) chunkOf(number, left int) phase {
	n := w.chunkSize()
	return func(m *model) {
		s := m.settlements[number-1]
		if left > 0 {
			m.execute(s, n)
		} else {
			m.finish(s)
		}
	}
}

// executeAll is what the command does: order, and chunks until the end.
func (w *world) executeAll(number int, by viewer.Viewer) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code := first(refusal{!mayPrepare(by), registry.Forbidden}, refusal{s.state != "APPROVED" || s.reversal != 0, registry.NotPossible})
	phases := []phase{order(number, by.Subject)}
	if code == "" && len(w.m.waits(s.cohort, s.through, false)) > 0 {
		return // it would order, and then wait
	}
	left := s.count("LISTED")
	for ; left > 0; left -= w.chunkSize() {
		phases = append(phases, w.chunkOf(number, left))
	}
	phases = append(phases, w.chunkOf(number, 0))
	w.note("executed at once", code)
	_ = w.do(fmt.Sprintf("%s executes settlement %d", by.Subject, number), code, phases, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.Execute(ctx, by, id, nil)
		return err
	})
}

// reverse orders the reversal of a settlement, or reverses one of it.
func (w *world) reverse(number int, by viewer.Viewer, card string) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	possible := s.state == "APPROVED" || s.state == "EXECUTED" || s.state == "CLOSED"
	one := card != "" && slices.ContainsFunc(w.m.keptOut(s), func(p *person) bool { return p.card == card })
	code := first(refusal{!mayApprove(by), registry.Forbidden}, refusal{!possible || (card != "" && !one), registry.NotPossible})
	what := "reversal of everybody"
	undo := func(m *model) {
		if s := m.settlements[number-1]; s.reversal == 0 {
			s.reversal, s.reversedBy = m.now, by.Subject
		}
	}
	if card != "" {
		what = "reversal of one"
		undo = func(m *model) { m.reverse(m.settlements[number-1], []*person{m.byCard(card)}) }
	}
	w.note(what, code)
	_ = w.do(fmt.Sprintf("%s orders the %s, settlement %d %s", by.Subject, what, number, card), code, []phase{undo}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.OrderReversal(ctx, by, registry.ReverseSettlement{Settlement: id, Card: card, Reason: "wrong list"})
		return err
	})
}

func (w *world) reverseChunk(number int) {
	s := w.m.settlements[number-1]
	id := w.idOfSettlement(number)
	code := first(refusal{s.reversal == 0, registry.NotPossible})
	n := w.chunkSize()
	next := func(m *model) {
		s := m.settlements[number-1]
		if out := m.keptOut(s); len(out) > 0 {
			m.reverse(s, out[:min(n, len(out))])
		} else if s.state != "REVERSED" {
			m.reversed(s)
		}
	}
	if len(w.m.keptOut(s)) > 0 {
		w.note("chunk of a reversal", code)
	}
	_ = w.do(fmt.Sprintf("a chunk of the reversal of settlement %d", number), code, []phase{next}, func(ctx context.Context, r *registry.Registry) error {
		return w.inTurn(ctx, id, r.ReverseChunk)
	})
}

func (w *world) chunkSize() int {
	w.fleet.wire.mu.Lock()
	defer w.fleet.wire.mu.Unlock()
	return int(w.fleet.wire.chunk)
}
