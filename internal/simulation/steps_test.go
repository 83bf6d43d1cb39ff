package simulation

import (
	"context"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// action is something that may happen.
type action struct {
	name   string
	weight int
	may    func(w *world) bool // nil for always
	do     func(w *world)
}

func settlementsExist(w *world) bool { return len(w.m.settlements) > 0 }

var actions = []action{
	{"sell", 4, nil, (*world).sell},
	{"sell to who is kept out", 8, func(w *world) bool { return len(w.kept()) > 0 }, func(w *world) { w.sellTo(pick(w, "person", w.kept()...)) }},
	{"void", 3, func(w *world) bool { return len(w.sold) > 0 }, (*world).void},
	{"deliver", 4, func(w *world) bool { return len(w.talkative()) > 0 }, (*world).deliver},
	{"repeat", 2, func(w *world) bool { return len(w.sent) > 0 }, (*world).repeat},
	{"state", 1, nil, (*world).state},
	{"state all", 4, nil, (*world).stateAll},
	{"break down", 1, nil, (*world).breakDown},
	{"time", 8, nil, (*world).pass},
	{"settle", 16, func(w *world) bool { return len(w.ready()) > 0 }, (*world).settle},
	{"work", 8, func(w *world) bool { return len(w.due()) > 0 }, (*world).work},
	{"meddle", 4, settlementsExist, (*world).meddle},
	{"prepare", 1, nil, func(w *world) { w.prepare(w.upTo("cohort", 0, len(w.m.cohorts)-1), -1, pick(w, "by", staff...)) }},
	{"reverse", 4, settlementsExist, (*world).undo},
	{"extend", 2, nil, (*world).extend},
	{"declare", 1, nil, (*world).declare},
	{"end outage", 2, func(w *world) bool { return len(w.troubled()) > 0 }, (*world).mend},
	{"decide", 6, func(w *world) bool { return len(w.asked()) > 0 }, (*world).answer},
	{"quarantine", 3, func(w *world) bool { return len(w.m.held) > 0 }, (*world).tend},
	{"sweep", 1, nil, (*world).sweep},
	{"join", 1, nil, func(w *world) { w.join([]*person{pick(w, "person", w.m.people...)}) }},
	{"bar", 2, func(w *world) bool { return len(w.m.cohorts) > 1 && len(w.members()) > 0 }, func(w *world) {
		w.bar(pick(w, "person", w.members()...), rapid.Bool().Draw(w.t, "by card"))
	}},
	{"restart", 1, nil, func(w *world) { w.server = 1 - w.server }},
}

// step has something happen.
func (w *world) step() {
	var possible []action
	for _, a := range actions {
		if a.may == nil || a.may(w) {
			possible = append(possible, slices.Repeat([]action{a}, a.weight)...)
		}
	}
	next := possible[w.upTo("step", 0, len(possible)-1)]
	w.t.Logf("%s: [%s]", clock(w.m.now), next.name)
	next.do(w)
}

// pass lets time pass: a while, or until something happens by itself.
func (w *world) pass() {
	now := w.m.now
	edges := []moment{now + minute, now + 2*hour, now + day}
	edge := func(m moment) {
		if m > now && m <= now+4*day {
			edges = append(edges, m-1, m, m, m+hour)
		}
	}
	for _, p := range w.members() {
		edge(p.deadline)
		edge(p.deadline + lagLimit)
	}
	for _, s := range w.m.settlements {
		edge(s.closes)
	}
	slices.Sort(edges)
	edges = slices.DeleteFunc(edges, func(m moment) bool { return m > last && m > now+minute })
	w.setClock(pick(w, "until", slices.Compact(edges)...))
	w.t.Logf("%s: now", clock(w.m.now))
	w.check()
}

func (w *world) members() []*person {
	return slices.DeleteFunc(slices.Clone(w.m.people), func(p *person) bool { return p.imported == 0 })
}

// ready are the cohorts with something to settle.
func (w *world) ready() []int {
	var all []int
	for c := range w.m.cohorts {
		if w.m.open(c) != nil || w.m.mayPrepare(c) {
			all = append(all, c)
		}
	}
	return all
}

// settle takes the next step of a settlement as it should be taken, as a rule by somebody who may.
func (w *world) settle() {
	cohort := pick(w, "cohort", w.ready()...)
	s := w.m.open(cohort)
	switch {
	case s == nil:
		w.prepare(cohort, pick(w, "reserve", -1, -1, 0, 1, 3), pick(w, "by", staff...))
	case s.state == "PREVIEWED":
		w.approve(s.number, pick(w, "by", staff[2:]...), s.hash)
	case s.reversal != 0:
		w.reverseChunk(s.number)
	case s.orderedBy == "" || s.stopped != 0:
		if w.upTo("at once", 0, 3) == 3 {
			w.executeAll(s.number, pick(w, "by", staff...))
		} else {
			w.order(s.number, pick(w, "by", staff...))
		}
	default:
		w.chunk(s.number)
	}
}

// meddle takes a step that may be out of order.
func (w *world) meddle() {
	number := w.anySettlement()
	by := pick(w, "by", staff...)
	switch pick(w, "meddle", "stop", "stop", "stop", "discard", "approve with another hash", "approve", "chunk", "chunk of the reversal") {
	case "stop":
		w.stop(number, by)
	case "order":
		w.order(number, by)
	case "discard":
		w.discard(number, by)
	case "approve with another hash":
		w.approve(number, by, "0000"+w.m.settlements[number-1].hash[4:])
	case "approve":
		w.approve(number, by, w.m.settlements[number-1].hash)
	case "chunk":
		w.chunk(number)
	default:
		w.reverseChunk(number)
	}
}

func (w *world) anySettlement() int {
	return len(w.m.settlements) - w.upTo("settlement before the last", 0, len(w.m.settlements)-1)
}

// undo reverses a settlement, or one of those whom it keeps out.
func (w *world) undo() {
	number := w.anySettlement()
	card := ""
	if out := w.m.keptOut(w.m.settlements[number-1]); len(out) > 0 && rapid.Bool().Draw(w.t, "one") {
		card = pick(w, "card", out...).card
	} else if w.upTo("somebody else", 0, 3) == 3 {
		card = pick(w, "card", w.m.people...).card
	}
	w.reverse(number, pick(w, "by", staff[1:5]...), card)
}

// due are the jobs that a sweep must find, as kind and number.
func (w *world) due() []string {
	var jobs []string
	for _, s := range w.m.settlements {
		switch {
		case s.reversal != 0 && s.state != "REVERSED":
			jobs = append(jobs, fmt.Sprintf("%s %d", registry.JobReverse, s.number))
		case s.state == "APPROVED" && s.orderedBy != "" && s.stopped == 0 && s.reversal == 0:
			jobs = append(jobs, fmt.Sprintf("%s %d", registry.JobExecute, s.number))
		}
	}
	for i, r := range w.m.raises {
		if !r.done {
			jobs = append(jobs, fmt.Sprintf("%s %d", registry.JobRaise, i))
		}
	}
	return jobs
}

// work looks for what is due, as the periodic job does, and does a piece of it.
func (w *world) work() {
	due := w.due()
	ids := map[registry.Job]string{}
	for _, job := range due {
		var kind string
		var n int
		if _, err := fmt.Sscan(job, &kind, &n); err != nil {
			w.t.Fatal(err)
		}
		find := w.idOfSettlement
		if kind == registry.JobRaise {
			find = w.idOfRaise
		}
		ids[registry.Job{Kind: kind, ID: find(n)}] = job
	}
	ctx, r := context.Background(), w.fleet.servers[w.server]
	found, err := r.DueSettlements(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	raises, err := r.DueRaises(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, job := range append(found, raises...) {
		delete(ids, job)
	}
	if len(ids) > 0 {
		w.t.Fatalf("nobody would find the jobs %v", ids)
	}
	var kind string
	var n int
	if _, err := fmt.Sscan(pick(w, "job", due...), &kind, &n); err != nil {
		w.t.Fatal(err)
	}
	switch kind {
	case registry.JobRaise:
		w.raise(n)
	case registry.JobReverse:
		w.reverseChunk(n)
	default:
		w.chunk(n)
	}
}

func (w *world) mend() {
	code := pick(w, "platform", w.troubled()...)
	i := w.upTo("outage", 0, len(w.m.words[code].outages)-1)
	o := w.m.words[code].outages[i]
	w.endOutage(code, i, pick(w, "at", 0, 0, o.begins+hour, w.m.now+hour, o.begins-1, o.begins))
}

// asked are the people of whom something is asked.
func (w *world) asked() []*person {
	return slices.DeleteFunc(w.members(), func(p *person) bool { return !p.underReview() })
}

func (w *world) answer() {
	p := pick(w, "person", w.asked()...)
	open := slices.DeleteFunc(slices.Clone(p.questions), func(q question) bool { return q.state != "OPEN" })
	w.decide(p, pick(w, "question", open...), pick(w, "decision", rules.DecisionReject, rules.DecisionUphold, rules.DecisionReject))
}

// tend has a person look at a delivery in quarantine.
func (w *world) tend() {
	h := pick(w, "delivery", w.m.held...)
	if rapid.Bool().Draw(w.t, "dismiss") {
		w.dismiss(h)
		return
	}
	id := w.idOfDelivery(h)
	retry := func(m *model) { m.retry(func(x held) bool { return x == h }) }
	_ = w.do("another try of "+h.id, "", []phase{retry, (*model).heal}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.RetryDelivery(ctx, registrytest.Officer, id)
		return err
	})
}

func (w *world) dismiss(h held) {
	id := w.idOfDelivery(h)
	w.saw("dismissed")
	_ = w.do("dismissal of "+h.id, "", []phase{func(m *model) { m.dismiss(h) }}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.DismissDelivery(ctx, registrytest.Officer, id, "asked the platform")
		return err
	})
}

func (w *world) idOfDelivery(h held) int {
	w.t.Helper()
	return w.idOf("SELECT id FROM deliveries WHERE platform_id = $1 AND dedupe_key = $2", w.fleet.fixture.Platforms[h.platform], w.dedupeKey(h))
}

// sweep does what time drives.
func (w *world) sweep() {
	retry := func(m *model) { m.retry(m.mayHeal) }
	_ = w.do("retry what waits", "", []phase{retry, (*model).heal}, func(ctx context.Context, r *registry.Registry) error {
		_, err := r.RetryWaiting(ctx)
		return err
	})
	_ = w.do("close what is due", "", w.closings(), func(ctx context.Context, r *registry.Registry) error {
		_, err := r.CloseDueSettlements(ctx)
		return err
	})
}

// closings are the settlements that are to be closed now, each in a transaction of its own.
func (w *world) closings() []phase {
	var phases []phase
	for _, s := range w.m.settlements {
		number := s.number
		if s.closeable(w.m.now) {
			w.saw("closed")
			phases = append(phases, func(m *model) { m.close(m.settlements[number-1]) })
		}
	}
	return phases
}

// end brings the history to its end: everything is sent, decided and settled, and nobody is left overdue.
func (w *world) end() {
	w.calm = true
	for _, code := range w.m.codes {
		w.dark[code] = false
		for i, o := range w.m.words[code].outages {
			if o.ends == 0 || o.ends > w.m.now {
				w.endOutage(code, i, max(o.begins, w.m.now))
			}
		}
	}
	w.stateAll()
	latest := w.m.now
	for _, p := range w.members() {
		latest = max(latest, p.deadline)
	}
	for i, r := range w.m.raises {
		if !r.done {
			w.raise(i)
		}
	}
	for _, p := range w.members() {
		latest = max(latest, p.deadline)
	}
	w.setClock(latest + lagLimit + 3*hour)
	w.sweep()
	for len(w.m.held) > 0 {
		w.dismiss(w.m.held[0])
	}
	for c := range w.m.cohorts {
		w.endCohort(c)
	}
	w.setClock(w.m.now + lagLimit)
	w.sweep()
	for _, p := range w.members() {
		if status := p.status(w.m.now); status == "OVERDUE" || status == "AWAITING" {
			w.t.Fatalf("%s is left %s", p.card, status)
		} else {
			w.saw("ends " + status)
		}
	}
}

// endCohort finishes what is open of a cohort, and settles those who are left.
func (w *world) endCohort(cohort int) {
	officer, supervisor := staff[0], staff[2]
	for range 2 {
		s := w.m.open(cohort)
		switch {
		case s != nil && s.reversal != 0:
			for s.state != "REVERSED" {
				w.reverseChunk(s.number)
			}
		case s != nil && s.state == "PREVIEWED":
			w.discard(s.number, officer)
		case s != nil:
			w.executeAll(s.number, officer)
		}
	}
	for len(w.m.overdue(cohort)) > 0 {
		w.prepare(cohort, -1, officer)
		number := len(w.m.settlements)
		w.approve(number, supervisor, w.m.settlements[number-1].hash)
		w.executeAll(number, officer)
	}
}
