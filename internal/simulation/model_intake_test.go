package simulation

import (
	"cmp"
	"slices"
	"strings"
)

// message is what a platform says, under an id of its own.
type message struct {
	platform string
	id       string
	kind     string // purchase, void or statement
	time     moment // of the event, by the platform's clock
	at       moment // bought, voided or complete before then
	invoice  string
	card     string
	amount   int64 // in rupiah; for a statement, the number of purchases
	received moment
}

// sameBytes reports whether two messages are the same, byte for byte: whenever they arrive.
func (a message) sameBytes(b message) bool {
	a.received = b.received
	return a == b
}

// held is a delivery in quarantine.
type held struct {
	message
	reused bool // its id was used before, for other bytes
	reason string
	batch  int // those of one batch have their ids by platform and message id
}

// record records a group of messages and what follows at once.
func (m *model) record(group []message) {
	m.brought = map[string]bool{}
	m.batches++
	var fresh []message
	for _, x := range group {
		if x.kind == "purchase" {
			m.brought["invoice "+x.invoice] = true
		}
		key := x.platform + "/" + x.id
		known := m.heard[key]
		switch {
		case slices.ContainsFunc(known, x.sameBytes):
			continue
		case len(known) > 0:
			m.hold(held{message: x, reused: true, reason: "MESSAGE_ID_REUSED", batch: m.batches})
		default:
			fresh = append(fresh, x)
		}
		m.heard[key] = append(known, x)
	}
	slices.SortStableFunc(fresh, byKind)
	m.atOnce(func() {
		for _, x := range fresh {
			if reason := m.apply(x); reason != "" {
				m.hold(held{message: x, reason: reason, batch: m.batches})
			}
		}
	})
}

// atOnce does several things in one transaction: a question that comes up in it and is moot at its end was never asked.
func (m *model) atOnce(do func()) {
	known := map[string]int{}
	for _, p := range m.people {
		known[p.card] = len(p.questions)
	}
	do()
	for _, p := range m.people {
		n := known[p.card]
		fresh := slices.DeleteFunc(slices.Clone(p.questions[n:]), func(q question) bool { return q.state == "MOOT" })
		p.questions = append(p.questions[:n], fresh...)
	}
}

// byKind orders a group: a statement comes before the purchases, and a void after them.
func byKind(a, b message) int {
	rank := map[string]int{"statement": 0, "purchase": 1, "void": 2}
	return rank[a.kind] - rank[b.kind]
}

// hold puts a delivery into the quarantine, in the order of the ids there.
func (m *model) hold(h held) {
	m.held = append(m.held, h)
	place := func(code string) int { return slices.Index(m.codes, code) }
	slices.SortStableFunc(m.held, func(a, b held) int {
		return cmp.Or(a.batch-b.batch, place(a.platform)-place(b.platform), strings.Compare(a.id, b.id))
	})
}

// apply does what the message says, or tells why it cannot.
func (m *model) apply(x message) string {
	if x.time > m.now+ahead {
		return "FROM_FUTURE"
	}
	switch x.kind {
	case "purchase":
		return m.applyPurchase(x)
	case "void":
		return m.applyVoid(x)
	}
	return m.applyStatement(x)
}

func (m *model) applyPurchase(x message) string {
	p := m.byCard(x.card)
	if p == nil {
		return "UNKNOWN_CARD"
	}
	if owner, s := m.sold(x.platform, x.invoice); s != nil {
		if owner == p && s.amount == x.amount && s.bought == x.at {
			return ""
		}
		return "CONTRADICTS_PURCHASE"
	}
	if x.at > m.now+ahead {
		return "FROM_FUTURE"
	}
	if x.at < p.announced {
		return "BEFORE_ANNOUNCEMENT"
	}
	stated := moment(0)
	for _, s := range m.words[x.platform].statements {
		if s.received < x.received && s.through > x.at {
			stated = max(stated, s.through)
		}
	}
	m.change(p, func(p *person) {
		p.sales = append(p.sales, sale{platform: x.platform, invoice: x.invoice, amount: x.amount, bought: x.at, received: x.received, stated: stated})
	})
	return ""
}

func (m *model) applyVoid(x message) string {
	if x.at > m.now+ahead {
		return "FROM_FUTURE"
	}
	owner, s := m.sold(x.platform, x.invoice)
	switch {
	case s == nil:
		return "UNKNOWN_INVOICE"
	case s.voided && s.voidAt == x.at:
		return ""
	case s.voided:
		return "CONTRADICTS_VOID"
	case x.at < s.bought:
		return "VOID_BEFORE_PURCHASE"
	}
	m.change(owner, func(p *person) {
		_, s := p.sold(x.platform, x.invoice)
		s.voided, s.voidAt = true, x.at
	})
	return ""
}

func (m *model) applyStatement(x message) string {
	if x.at > m.now+ahead {
		return "FROM_FUTURE"
	}
	w := m.words[x.platform]
	for _, s := range w.statements {
		if s.through == x.at {
			if s.count == x.amount {
				return ""
			}
			return "CONTRADICTS_STATEMENT"
		}
	}
	w.statements = append(w.statements, statement{through: x.at, received: max(x.received, max(x.time, x.at)-ahead), count: x.amount})
	return ""
}

// sold finds a recorded sale and whose it is.
func (m *model) sold(platform, invoice string) (*person, *sale) {
	for _, p := range m.people {
		if _, s := p.sold(platform, invoice); s != nil {
			return p, s
		}
	}
	return nil, nil
}

func (p *person) sold(platform, invoice string) (int, *sale) {
	for i, s := range p.sales {
		if s.platform == platform && s.invoice == invoice {
			return i, &p.sales[i]
		}
	}
	return -1, nil
}

// mayHeal reports whether what the delivery waits for has come.
func (m *model) mayHeal(h held) bool {
	_, s := m.sold(h.platform, h.invoice)
	switch h.reason {
	case "UNKNOWN_CARD":
		return m.byCard(h.card) != nil
	case "UNKNOWN_INVOICE":
		return s != nil
	case "FROM_FUTURE":
		return max(h.time, h.at)-ahead <= m.now
	}
	return false
}

// heal tries those in quarantine that wait for what was brought, and notes what these bring.
func (m *model) heal() {
	brought := m.brought
	m.retry(func(h held) bool {
		awaited := (h.reason == "UNKNOWN_INVOICE" && brought["invoice "+h.invoice]) || (h.reason == "UNKNOWN_CARD" && brought["card "+h.card])
		return awaited && m.mayHeal(h)
	})
}

// retry tries those in quarantine that are chosen.
func (m *model) retry(chosen func(held) bool) {
	m.brought = map[string]bool{}
	var todo []message
	var kept []held
	state := map[string]held{}
	for _, h := range m.held {
		if !chosen(h) || h.reused {
			kept = append(kept, h)
			continue
		}
		todo, state[h.platform+"/"+h.id] = append(todo, h.message), h
	}
	m.held = kept
	slices.SortStableFunc(todo, byKind)
	m.atOnce(func() {
		for _, x := range todo {
			h := state[x.platform+"/"+x.id]
			if h.reason = m.apply(x); h.reason != "" {
				m.hold(h)
			} else if x.kind == "purchase" {
				m.brought["invoice "+x.invoice] = true
			}
		}
	})
}

// dismiss takes a delivery out of the quarantine.
func (m *model) dismiss(x held) {
	m.held = slices.DeleteFunc(m.held, func(h held) bool { return h == x })
}

// GoString keeps the telling of a failed history short.
func (a message) GoString() string {
	return a.platform + " " + a.id + " " + a.kind + " " + a.invoice
}

// GoString keeps the telling of a failed history short.
func (h held) GoString() string { return h.message.GoString() + " " + h.reason }
