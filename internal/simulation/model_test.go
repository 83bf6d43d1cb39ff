package simulation

import (
	"maps"
	"slices"
)

// model is what must be in the database. It is told what happens, and knows nothing of how it is done.
type model struct {
	now         moment
	cohorts     []cohort
	people      []*person
	order       int // of imports
	words       map[string]*word
	codes       []string // of the platforms, by their ids
	heard       map[string][]message
	batches     int
	held        []held
	settlements []*settlement
	raises      []raise

	// What the group that is being recorded brought: those who wait for it are looked at next.
	brought map[string]bool
}

type cohort struct {
	announced, deadline moment
	provinces           map[string]moment // later deadlines granted to provinces
}

// word is what is known of a platform.
type word struct {
	statements []statement
	outages    []outage
}

type statement struct {
	through, received moment
	count             int64
}

type outage struct{ begins, ends moment } // ends is exclusive, 0 while nobody knows

type raise struct {
	cohort   int
	until    moment
	province string
	done     bool
}

func (m *model) clone() *model {
	n := *m
	n.cohorts = slices.Clone(m.cohorts)
	for i, c := range n.cohorts {
		n.cohorts[i].provinces = maps.Clone(c.provinces)
	}
	n.people = make([]*person, len(m.people))
	for i, p := range m.people {
		n.people[i] = p.clone()
	}
	n.words = map[string]*word{}
	for code, w := range m.words {
		n.words[code] = &word{slices.Clone(w.statements), slices.Clone(w.outages)}
	}
	n.heard = maps.Clone(m.heard)
	for k, v := range n.heard {
		n.heard[k] = slices.Clip(v)
	}
	n.held = slices.Clone(m.held)
	n.settlements = make([]*settlement, len(m.settlements))
	for i, s := range m.settlements {
		t := *s
		t.entries = slices.Clone(s.entries)
		n.settlements[i] = &t
	}
	n.raises, n.brought = slices.Clone(m.raises), maps.Clone(m.brought)
	return &n
}

// change does something to a person, and to the twin, and draws the consequences.
func (m *model) change(p *person, do func(*person)) {
	do(p)
	if p.twin != nil {
		do(p.twin)
		p.twin.ask()
	}
	if p.revoked != 0 && p.vindicated() {
		m.settlements[p.by-1].end(p, "REINSTATED", m.now)
	}
	p.ask()
}

// byCard returns the person with the card who is imported, nil if nobody is.
func (m *model) byCard(card string) *person {
	for _, p := range m.people {
		if p.card == card && p.imported > 0 {
			return p
		}
	}
	return nil
}

// members are those of the cohort who are imported, in the order of their imports.
func (m *model) members(cohort int) []*person {
	var all []*person
	for _, p := range m.people {
		if p.cohort == cohort && p.imported > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *person) int { return a.imported - b.imported })
	return all
}

// overdue are those of the cohort of whom a list would be made.
func (m *model) overdue(cohort int) []*person {
	return slices.DeleteFunc(m.members(cohort), func(p *person) bool { return p.status(m.now) != "OVERDUE" })
}

// join imports people into their cohort; those who are members stay as they are.
func (m *model) join(people []*person) {
	m.brought = map[string]bool{}
	fresh := slices.DeleteFunc(slices.Clone(people), func(p *person) bool { return p.imported > 0 })
	slices.SortFunc(fresh, func(a, b *person) int {
		if a.card < b.card {
			return -1
		}
		return 1
	})
	for _, p := range fresh {
		m.order++
		c := m.cohorts[p.cohort]
		p.imported, p.announced, p.deadline = m.order, c.announced, max(c.deadline, c.provinces[p.province])
		m.brought["card "+p.card] = true
	}
}

// grant gives a later deadline to the cohort, to one of its provinces or, when cards are given, to these.
func (m *model) grant(cohort int, until moment, province string, cards []string) {
	switch {
	case len(cards) > 0:
		for _, card := range cards {
			m.extend(m.byCard(card), until)
		}
		return
	case province != "":
		m.cohorts[cohort].provinces[province] = max(m.cohorts[cohort].provinces[province], until)
	default:
		m.cohorts[cohort].deadline = until
	}
	m.raises = append(m.raises, raise{cohort: cohort, until: until, province: province})
}

// raise gives the deadline of a raise to everybody whom it covers.
func (m *model) raise(i int) {
	r := &m.raises[i]
	if r.done {
		return
	}
	for _, p := range m.members(r.cohort) {
		if r.province == "" || p.province == r.province {
			m.extend(p, r.until)
		}
	}
	r.done = true
}

func (m *model) extend(p *person, until moment) {
	if p.deadline >= until || p.harmed(until, m.now) {
		return
	}
	m.change(p, func(p *person) { p.deadline = until })
}

// waits tells what has to come before a list may be made of those with deadlines until then.
func (m *model) waits(cohort int, through moment, quarantine bool) []string {
	if m.now < through {
		return []string{"deadline"}
	}
	var waits []string
	for _, code := range m.codes {
		if w := m.words[code]; w.down(m.now) {
			waits = append(waits, "outage "+code)
		} else if w.stated() < through && m.now < max(through, w.upSince(m.now))+lagLimit {
			waits = append(waits, "statement "+code)
		}
	}
	if slices.ContainsFunc(m.raises, func(r raise) bool { return r.cohort == cohort && !r.done }) {
		waits = append(waits, "extension")
	}
	for _, p := range m.members(cohort) {
		if quarantine && m.named(p.card) {
			waits = append(waits, "quarantine")
		}
	}
	return waits
}

// named reports whether a delivery in quarantine names the card.
func (m *model) named(card string) bool {
	return slices.ContainsFunc(m.held, func(h held) bool { return h.card == card })
}

// stated is before when the platform has stated that everything is sent. What it said before that instant is a promise.
func (w *word) stated() moment {
	latest := moment(0)
	for _, s := range w.statements {
		if s.received >= s.through {
			latest = max(latest, s.through)
		}
	}
	return latest
}

// down reports whether the platform is declared unable to report.
func (w *word) down(now moment) bool {
	return slices.ContainsFunc(w.outages, func(o outage) bool { return o.begins <= now && (o.ends == 0 || now < o.ends) })
}

// upSince is when its latest outage ended, 0 for none. One that covers nothing was declared in error.
func (w *word) upSince(now moment) moment {
	latest := moment(0)
	for _, o := range w.outages {
		if o.ends != 0 && o.ends <= now && o.begins < o.ends {
			latest = max(latest, o.ends)
		}
	}
	return latest
}

// overlaps reports whether an outage of the platform, other than except, covers a part of the time.
func (w *word) overlaps(begins, ends moment, except int) bool {
	if ends == begins {
		return false
	}
	for i, o := range w.outages {
		covers := o.ends == 0 || o.begins < o.ends
		if i != except && covers && (ends == 0 || o.begins < ends) && (o.ends == 0 || begins < o.ends) {
			return true
		}
	}
	return false
}
