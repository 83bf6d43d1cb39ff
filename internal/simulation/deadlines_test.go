package simulation

import (
	"context"
	"fmt"
	"slices"

	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// extend grants a later deadline: to a cohort, by an extension or a decree, to a province, or to cards.
func (w *world) extend() {
	c := w.upTo("cohort", 0, len(w.m.cohorts)-1)
	is := w.m.cohorts[c].deadline
	until := pick(w, "until", is+day, is+3*day, (w.m.now/day+2)*day, is, is-day)
	until = min(until, last)
	scope := pick(w, "scope", "cohort", "province", "cards", "decree")
	var province string
	var cards []string
	code := registry.Code("")
	switch scope {
	case "cohort":
		code = first(refusal{until <= is, registry.NotPossible})
	case "decree":
		code = first(refusal{until < is, registry.NotPossible})
	case "province":
		province = pick(w, "province", "31", "32", "91")
		code = first(refusal{until <= is, registry.NotPossible})
	case "cards":
		for range w.upTo("cards", 1, 2) {
			cards = append(cards, pick(w, "card", w.m.people...).card)
		}
		code = first(refusal{until <= is, registry.NotPossible}, refusal{slices.ContainsFunc(cards, func(card string) bool {
			p := w.m.byCard(card)
			return p == nil || p.cohort != c
		}), registry.NotFound})
	}
	w.note("extension: "+scope, code)
	phases := []phase{func(m *model) { m.grant(c, until, province, cards) }}
	if scope != "cards" {
		phases = append(phases, func(m *model) { m.raise(len(m.raises) - 1) })
	}
	what := fmt.Sprintf("a deadline of %d for cohort %d, %s %s %v", until, c, scope, province, cards)
	_ = w.do(what, code, phases, func(ctx context.Context, r *registry.Registry) error {
		return w.grant(ctx, r, scope, c, until, province, cards)
	})
}

func (w *world) grant(ctx context.Context, r *registry.Registry, scope string, cohort int, until moment, province string, cards []string) error {
	lastDay := w.at(until - hour).Time
	if scope == "decree" {
		_, err := r.DecreeDeadline(ctx, registrytest.Officer, registry.DecreeDeadline{Cohort: w.number(cohort), LastDay: lastDay, Reference: "SE 1/2021", Reason: "flood"})
		return err
	}
	in := registry.ExtendDeadline{Cohort: w.number(cohort), Province: province, Cards: cards, LastDay: lastDay, Reference: "SE 1/2021", Reason: "flood"}
	in.Scope = map[string]rules.ExtensionScope{"cohort": rules.ExtendCohort, "province": rules.ExtendProvince, "cards": rules.ExtendCards}[scope]
	_, err := r.ExtendDeadline(ctx, registrytest.Officer, in)
	return err
}

// raise goes on with a deadline that has not reached everybody: its server died.
func (w *world) raise(i int) {
	id := w.idOfRaise(i)
	w.saw("raise resumed")
	_ = w.do(fmt.Sprintf("a chunk of raise %d", i), "", []phase{func(m *model) { m.raise(i) }}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.RaiseChunk(ctx, id)
		return err
	})
}

// idOfRaise is the database's id of the raise with the number, from 0.
func (w *world) idOfRaise(i int) int {
	w.t.Helper()
	return w.idOf("SELECT id FROM deadline_raises WHERE cohort_id IN ($1, $2) ORDER BY id LIMIT 1 OFFSET $3", w.number(0), w.number(1), i)
}

// declare declares an outage, of a platform that has one or not.
func (w *world) declare() {
	code := pick(w, "platform", w.m.codes...)
	now := w.m.now
	begins := now - pick(w, "began", 0, hour, day, -hour)
	ends := pick(w, "ends", 0, 0, now+hour, now+day, begins+minute)
	if ends != 0 && ends <= begins {
		ends = begins + minute
	}
	refused := first(refusal{w.m.words[code].overlaps(begins, ends, -1), registry.Conflict})
	w.note("outage", refused)
	in := registry.DeclareOutage{Platform: code, BeginsAt: w.at(begins).Time, Reason: "fire"}
	if ends != 0 {
		in.EndsAt = w.at(ends).Pointer()
	}
	down := func(m *model) { m.words[code].outages = append(m.words[code].outages, outage{begins, ends}) }
	_ = w.do(fmt.Sprintf("an outage of %s from %d to %d", code, begins, ends), refused, []phase{down}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.DeclareOutage(ctx, registrytest.Officer, in)
		return err
	})
}

// troubled are the platforms for which an outage was declared.
func (w *world) troubled() []string {
	return slices.DeleteFunc(slices.Clone(w.m.codes), func(code string) bool { return len(w.m.words[code].outages) == 0 })
}

func (w *world) endOutage(code string, i int, at moment) {
	o := w.m.words[code].outages[i]
	ends := at
	if at == 0 {
		ends = w.m.now
	}
	refused := first(refusal{ends < o.begins, registry.Invalid}, refusal{w.m.words[code].overlaps(o.begins, ends, i), registry.Conflict})
	w.note("end of an outage", refused)
	id := w.idOf("SELECT id FROM outages WHERE platform_id = $1 AND begins_at >= $2 ORDER BY id LIMIT 1 OFFSET $3", w.fleet.fixture.Platforms[code], w.at(0).Time, i)
	up := func(m *model) { m.words[code].outages[i].ends = ends }
	_ = w.do(fmt.Sprintf("the end of outage %d of %s at %d", i, code, ends), refused, []phase{up}, func(ctx context.Context, r *registry.Registry) error {
		in := registry.EndOutage{Outage: id}
		if at != 0 {
			in.At = w.at(at).Time
		}
		_, err := r.EndOutage(ctx, registrytest.Officer, in)
		return err
	})
}

// decide answers a question that is open.
func (w *world) decide(p *person, q question, decision rules.ReviewDecision) {
	card, about := p.card, q.about
	w.note("decided "+q.kind+" "+string(decision), "")
	id := w.idOf("SELECT v.id FROM participants p JOIN reviews v ON v.participant_id = p.id JOIN purchases q ON q.id = v.purchase_id JOIN platforms f ON f.id = q.platform_id"+
		" WHERE p.card_number = $1 AND v.closed_at IS NULL AND f.code || '/' || q.invoice_code = $2", card, about)
	answer := func(m *model) {
		p := m.byCard(card)
		i := slices.IndexFunc(p.questions, func(x question) bool { return x == q })
		p.questions[i].state, p.questions[i].decision = "DECIDED", string(decision)
		m.change(p, func(p *person) {
			for i, s := range p.sales {
				if s.name() == about {
					p.sales[i].decision = map[rules.ReviewDecision]string{rules.DecisionUphold: "UPHELD", rules.DecisionReject: "REJECTED"}[decision]
				}
			}
		})
	}
	_ = w.do(fmt.Sprintf("%s about %s of %s", decision, about, card), "", []phase{answer}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.DecideReview(ctx, registrytest.Officer, registry.DecideReview{Review: id, Decision: decision, Note: "looked at the receipt"})
		return err
	})
}

// join imports some people, who may be members already.
func (w *world) join(people []*person) {
	cohort := people[0].cohort
	cards := make([]string, len(people))
	for i, p := range people {
		cards[i] = p.card
	}
	added := func(m *model) {
		var all []*person
		for _, p := range m.people {
			if slices.Contains(cards, p.card) {
				all = append(all, p)
			}
		}
		m.join(all)
	}
	_ = w.do(fmt.Sprintf("import of %v", cards), "", []phase{added, (*model).heal, (*model).heal}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.ImportParticipants(ctx, registrytest.Officer, w.number(cohort), rowsOf(people))
		return err
	})
}

// bar tries to make somebody a member of the other cohort too, with the same card or another one.
func (w *world) bar(p *person, byCard bool) {
	row := registry.ParticipantRow{Line: 2, CardNumber: "37" + p.card[2:], NIK: p.nik}
	want := registry.RowNIKRegistered
	if byCard {
		row, want = registry.ParticipantRow{Line: 2, CardNumber: p.card, NIK: p.nik}, registry.RowInOtherCohort
	}
	if p.revoked != 0 {
		want = registry.RowBarred
	}
	w.saw("import " + want)
	_ = w.do("another membership of "+p.card, "", nil, func(ctx context.Context, r *registry.Registry) error {
		result, err := r.ImportParticipants(ctx, registrytest.Officer, w.number(1-p.cohort), []registry.ParticipantRow{row})
		if err == nil && (len(result.Errors) != 1 || result.Errors[0].Code != want) {
			w.t.Fatalf("importing %s into the other cohort: %+v, want %s", p.card, result, want)
		}
		return err
	})
}
