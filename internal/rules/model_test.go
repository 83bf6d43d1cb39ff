package rules_test

import "gelombang/internal/rules"

// The model is the rules written a second time, from the design and not from the code: whole
// numbers of microseconds since day 1, no function of package rules. It knows nothing of the order
// in which messages arrive.

// sale is one invoice and all that is ever said of it.
type sale struct {
	platform, invoice string
	bought            int64  // microseconds since 00:00 WIB of day 1
	void              *int64 // nil when it is never voided
	received          int64  // when the purchase first arrived
	complete          *int64 // the platform's latest statement before that; nil when there was none
	copies            int    // of the purchase's message, at least 1
	voidCopies        int    // of the void's message
}

// story is a participant's whole life: when the deadline is, whether it was revoked before the
// messages arrive, what time it is, and every sale.
type story struct {
	deadline int64
	revoked  bool
	now      int64
	lag      int64 // the limit for late evidence
	ahead    int64 // how far the platforms' clocks may be ahead
	sales    []sale
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

func (s story) recorded(x sale) bool { return x.bought >= 0 && x.bought <= s.now+s.ahead }

func (s story) voidTakes(x sale) bool {
	return x.void != nil && x.voidCopies > 0 && *x.void >= x.bought && *x.void <= s.now+s.ahead
}

func (s story) trusted(x sale) bool {
	stated := x.complete != nil && x.bought < *x.complete
	return x.received <= s.deadline+s.lag && !stated
}

func (s story) ending() ending {
	e := ending{Reviews: map[string]rules.ReviewKind{}, Evidence: map[string]rules.Evidence{}, Voided: map[string]bool{}}

	// One timely sale that is believed, whatever became of it later, ends the revocation for good.
	e.Revoked = s.revoked
	for _, x := range s.sales {
		if s.recorded(x) && x.bought < s.deadline && s.trusted(x) {
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
		if x.bought >= s.deadline {
			continue
		}
		if e.Revoked {
			e.Evidence[x.name()] = rules.EvidencePending
		} else if !e.Voided[x.name()] && (first == nil || x.earlier(*first)) {
			first = &s.sales[i]
		}
	}
	if first != nil {
		e.First = first.name()
	} else {
		s.questions(&e)
	}
	e.UnderRev = len(e.Reviews) > 0
	switch {
	case e.Revoked:
		e.FinalState = "REVOKED"
	case e.UnderRev:
		e.FinalState = "UNDER_REVIEW"
	case e.First != "":
		e.FinalState = "PURCHASED"
	case s.now >= s.deadline:
		e.FinalState = "OVERDUE"
	default:
		e.FinalState = "AWAITING"
	}
	return e
}

// questions fills in what a person is asked when nothing counts: every timely sale that had not
// been voided when the deadline came.
func (s story) questions(e *ending) {
	for _, x := range s.sales {
		if !s.recorded(x) || x.bought >= s.deadline || (e.Voided[x.name()] && *x.void < s.deadline) {
			continue
		}
		e.Reviews[x.name()] = "VOID_AFTER_DEADLINE"
		if e.Revoked {
			e.Reviews[x.name()] = "LATE_EVIDENCE"
		}
	}
}
