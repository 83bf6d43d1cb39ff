package rules_test

import "gelombang/internal/rules"

// The model is the rules written a second time, from the design and not from the code: whole
// numbers of microseconds since day 1, no function of package rules. It knows nothing of the order
// in which messages arrive and extensions are granted, except on which side of the settlement.

// sale is one invoice and all that is ever said of it.
type sale struct {
	platform, invoice string
	bought            int64  // microseconds since 00:00 WIB of day 1
	void              *int64 // nil when it is never voided
	received          int64  // when the purchase first arrived
	complete          *int64 // the platform's latest statement before that; nil when there was none
	copies            int    // of the purchase's message, at least 1
	voidCopies        int    // of the void's message
	early, voidEarly  bool   // the message comes before the settlement
}

// extension is a longer deadline that is granted before or after the settlement.
type extension struct {
	until int64
	early bool
}

// story is a participant's whole life: when the deadline is, whether a settlement revokes whoever is
// overdue then, what time it is, every sale and every extension.
type story struct {
	deadline   int64
	settled    bool
	now        int64
	lag        int64 // the limit for late evidence
	ahead      int64 // how far the platforms' clocks may be ahead
	sales      []sale
	extensions []extension
}

// ending is what must come out, whatever the order.
type ending struct {
	First      string // "platform/invoice"; empty for none
	Revoked    bool
	UnderRev   bool
	Reviews    map[string]rules.ReviewKind
	Evidence   map[string]rules.Evidence // of every sale that is recorded
	Voided     map[string]bool           // those of them that are voided
	FinalState rules.Status
}

func (s sale) name() string { return s.platform + "/" + s.invoice }

// earlier reports whether s comes before t among first purchases.
func (s sale) earlier(t sale) bool {
	if s.bought != t.bought {
		return s.bought < t.bought
	}
	if s.platform != t.platform {
		return s.platform < t.platform
	}
	return s.invoice < t.invoice
}

// deadlines are the one at the settlement and the one that holds in the end.
func (s story) deadlines() (then, last int64) {
	then = s.deadline
	for _, x := range s.extensions {
		if x.early {
			then = max(then, x.until)
		}
	}
	last = then
	for _, x := range s.extensions {
		last = max(last, x.until)
	}
	return then, last
}

func (s story) recorded(x sale) bool { return x.bought >= 0 && x.bought <= s.now+s.ahead }

func (s story) voidTakes(x sale) bool {
	return x.void != nil && x.voidCopies > 0 && *x.void >= x.bought && *x.void <= s.now+s.ahead
}

// voidKnown reports whether the settlement knew of the sale and of its void, and the void came before the
// deadline.
func (s story) voidKnown(x sale, deadline int64) bool {
	return x.early && x.voidEarly && s.voidTakes(x) && *x.void < deadline
}

// revokes reports whether the settlement revokes: the deadline has passed, and every timely sale that is
// known was voided before it.
func (s story) revokes() bool {
	deadline, _ := s.deadlines()
	for _, x := range s.sales {
		if x.early && s.recorded(x) && x.bought < deadline && !s.voidKnown(x, deadline) {
			return false
		}
	}
	return s.settled && s.now >= deadline
}

func (s story) ending() ending {
	e := ending{Reviews: map[string]rules.ReviewKind{}, Evidence: map[string]rules.Evidence{}, Voided: map[string]bool{}}
	_, deadline := s.deadlines()
	trusted := func(x sale) bool {
		stated := x.complete != nil && x.bought < *x.complete
		return x.received <= deadline+s.lag && !stated
	}
	bears := func(x sale) bool {
		return s.recorded(x) && x.bought < deadline && !s.voidKnown(x, deadline)
	}

	// One timely sale that is believed, whatever became of it after the settlement, ends the revocation
	// for good.
	e.Revoked = s.revokes()
	for _, x := range s.sales {
		if bears(x) && trusted(x) {
			e.Revoked = false
		}
	}
	var first *sale
	for i, x := range s.sales {
		if !s.recorded(x) {
			continue
		}
		e.Voided[x.name()] = s.voidTakes(x)
		e.Evidence[x.name()] = rules.EvidenceAccepted
		if e.Revoked && bears(x) {
			e.Evidence[x.name()] = rules.EvidencePending
		}
		if !e.Revoked && x.bought < deadline && !e.Voided[x.name()] && (first == nil || x.earlier(*first)) {
			first = &s.sales[i]
		}
	}
	if first != nil {
		e.First = first.name()
	} else {
		s.questions(&e, deadline)
	}
	e.UnderRev = len(e.Reviews) > 0
	switch {
	case e.Revoked:
		e.FinalState = "REVOKED"
	case e.UnderRev:
		e.FinalState = "UNDER_REVIEW"
	case e.First != "":
		e.FinalState = "PURCHASED"
	case s.now >= deadline:
		e.FinalState = "OVERDUE"
	default:
		e.FinalState = "AWAITING"
	}
	return e
}

// questions fills in what a person is asked when nothing counts: every timely sale that had not
// been voided when the deadline came.
func (s story) questions(e *ending, deadline int64) {
	for _, x := range s.sales {
		if !s.recorded(x) || x.bought >= deadline || (e.Voided[x.name()] && *x.void < deadline) {
			continue
		}
		e.Reviews[x.name()] = "VOID_AFTER_DEADLINE"
		if e.Revoked {
			e.Reviews[x.name()] = "LATE_EVIDENCE"
		}
	}
}
