package registry

import (
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// workspace is what one transaction works on: the participants it has locked, with all their
// purchases and open reviews, and what it will write of them. Everything is decided in memory, on
// these structs, and written at the end, one statement a table.
type workspace struct {
	tx       *db.Tx
	settings rules.Settings

	platforms    map[int]string // code by id
	participants map[int]*participant
	byCard       map[string]*participant
	purchases    map[invoice]*purchase
	offerings    map[course]*offering
	statements   []statement

	history []historyEntry
	ended   []restored // revocations that ended here
	places  []placeEntry
}

// invoice identifies a purchase among all platforms.
type invoice struct {
	platform int
	code     string
}

// course identifies an offering among all platforms.
type course struct {
	platform int
	code     string
}

type participant struct {
	id          int
	cohort      int
	card        string
	announced   time.Time // inclusive
	deadline    time.Time // exclusive
	first       *purchase
	storedFirst int // its id as stored; zero for none
	revokedAt   time.Time
	settlement  int // that ended the membership, while it is; zero for none
	balance     int64
	purchases   []*purchase
	reviews     []*review // open ones
	closed      []*review // stored ones that were closed here
	changed     bool
}

type purchase struct {
	rules.Purchase
	id           int // zero until it is written
	platformID   int
	owner        *participant
	offering     *offering
	scheduleCode string
	from         *message // the delivery that reported it, when it is new
	voidReason   string
	voidedBy     *message
	changed      bool // a purchase that is stored needs an update
}

type offering struct {
	id         int // zero until it is written
	platformID int
	code       string
	title      string
	provider   string
	category   string
	mode       rules.Mode
	price      int64
	hasPrice   bool
	url        string
	listed     bool
	sample     bool
	withdrawn  time.Time
	changedAt  time.Time // event time of the last description taken over; zero while unlisted
	changed    bool
}

type review struct {
	id       int // zero until it is written
	owner    *participant
	kind     rules.ReviewKind
	purchase *purchase
	openedBy *message
	closed   closure
}

// closure says how a review was closed; the zero value is open.
type closure struct {
	state    rules.ReviewState
	decision rules.ReviewDecision
	by, note string
}

type statement struct {
	platformID int
	through    time.Time
	count      int64
	amount     int64
	receivedAt time.Time // when it arrived or, if it spoke of the future then, when that had come
	from       *message  // nil when it is stored already
}

// facts is a participant's facts with a reference to the purchase instead of its key, because a new
// purchase has no id until it is written.
type facts struct {
	deadline   time.Time
	first      *purchase
	revokedAt  time.Time
	reviewOpen bool
}

type historyEntry struct {
	owner       *participant
	kind        rules.HistoryKind
	effectiveAt time.Time
	cause       rules.Cause
	from, to    facts
	by          *message // the delivery, or nil
	actor       string
	reason      string
	settlement  int // that it belongs to; zero for none
}

// occasion is what makes the registry reconsider a participant, as the history will tell it.
type occasion struct {
	effectiveAt time.Time
	cause       rules.Cause
	by          *message
	actor       string
	reason      string
	settlement  int // that takes its course; zero for none
}

func newWorkspace(tx *db.Tx, settings rules.Settings) *workspace {
	return &workspace{
		tx: tx, settings: settings,
		platforms:    map[int]string{},
		participants: map[int]*participant{},
		byCard:       map[string]*participant{},
		purchases:    map[invoice]*purchase{},
		offerings:    map[course]*offering{},
	}
}

func (p *participant) facts() facts {
	return facts{deadline: p.deadline, first: p.first, revokedAt: p.revokedAt, reviewOpen: len(p.reviews) > 0}
}

func (f facts) equal(g facts) bool {
	return f.first == g.first && f.reviewOpen == g.reviewOpen && f.deadline.Equal(g.deadline) && f.revokedAt.Equal(g.revokedAt)
}

func (p *participant) membership() rules.Membership {
	m := rules.Membership{Announced: p.announced, Facts: rules.Facts{
		Deadline: p.deadline, RevokedAt: p.revokedAt, ReviewOpen: len(p.reviews) > 0,
	}}
	if p.first != nil {
		m.Facts.FirstPurchase = &p.first.PurchaseKey
	}
	return m
}

// reconsider asks the rules what follows from the participant's purchases and takes it over: facts,
// balance, reviews opened and reviews that have become moot. before are the facts as they were
// before the occasion.
func (w *workspace) reconsider(p *participant, before facts, o occasion) {
	set := p.set()
	out := rules.Reconsider(p.membership(), set, w.settings)
	for _, s := range out.Changed {
		q := p.find(s.Purchase)
		q.Evidence, q.changed = s.Evidence, true
	}
	p.first = nil
	if key := out.Facts.FirstPurchase; key != nil {
		p.first = p.find(*key)
	}
	p.revokedAt = out.Facts.RevokedAt
	p.balance = rules.Balance(w.settings, set)
	p.keepReviews(out.Reviews, o)
	p.changed = true
	settlement := o.settlement
	if !before.revokedAt.IsZero() && p.revokedAt.IsZero() && settlement == 0 {
		settlement = p.settlement
		w.reinstate(p, o.actor)
	}
	if after := p.facts(); !after.equal(before) {
		w.history = append(w.history, historyEntry{
			owner: p, kind: rules.HistoryFacts, effectiveAt: o.effectiveAt, cause: o.cause,
			from: before, to: after, by: o.by, actor: o.actor, reason: o.reason, settlement: settlement,
		})
	}
}

// set is the participant's purchases as the rules see them.
func (p *participant) set() []rules.Purchase {
	set := make([]rules.Purchase, len(p.purchases))
	for i, q := range p.purchases {
		set[i] = q.Purchase
	}
	return set
}

func (p *participant) find(key rules.PurchaseKey) *purchase {
	for _, q := range p.purchases {
		if q.PurchaseKey == key {
			return q
		}
	}
	return nil
}
