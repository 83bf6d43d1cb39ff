package rules

// Ground is what a rehearsed status comes from.
type Ground string

// The grounds.
const (
	// GroundMoreTime: the deadline has not come yet.
	GroundMoreTime Ground = "MORE_TIME"
	// GroundTimeOver: the deadline has come already.
	GroundTimeOver Ground = "TIME_OVER"
	// GroundInTime: a purchase that was made too late is made in time.
	GroundInTime Ground = "IN_TIME"
	// GroundLate: a purchase that was made in time is made too late.
	GroundLate Ground = "LATE"
	// GroundTrusted: late evidence ends the revocation without a person.
	GroundTrusted Ground = "TRUSTED"
	// GroundDoubted: late evidence would not have ended the revocation: a person would have to decide.
	GroundDoubted Ground = "DOUBTED"
	// GroundVoidInTime: a void comes before the deadline and takes effect by itself.
	GroundVoidInTime Ground = "VOID_IN_TIME"
	// GroundVoidLate: a void comes at or after the deadline, and a person has to decide.
	GroundVoidLate Ground = "VOID_LATE"
)

// ground says what another status comes from. present and changed are the parameters without the change and with it.
func (o Rehearsed) ground(p Rehearsing, present, changed Settings) (Ground, *Purchase) {
	before, after := Membership{p.Announced, o.Before}, Membership{p.Announced, o.After}
	switch {
	case o.From == StatusRevoked:
		q := earliest(p.Purchases, func(q Purchase) bool { return endsRevocation(after, q, changed) })
		if q == nil { // the limit took effect before the deadline was moved
			q = earliest(p.Purchases, func(q Purchase) bool { return endsRevocation(before, q, changed) })
		}
		return either(q, before, GroundTrusted, GroundInTime), q
	case o.To == StatusRevoked:
		q := earliest(p.Purchases, func(q Purchase) bool { return endsRevocation(before, q, present) })
		return either(q, after, GroundDoubted, GroundLate), q
	case o.To == StatusPurchased:
		return GroundInTime, find(p.Purchases, *o.After.FirstPurchase)
	case o.From == StatusPurchased:
		return GroundLate, find(p.Purchases, *o.Before.FirstPurchase)
	case o.To == StatusUnderReview:
		return GroundVoidLate, firstAsked(after, p.Purchases, changed)
	case o.From == StatusUnderReview:
		q := firstAsked(before, p.Purchases, present)
		return either(q, after, GroundVoidInTime, GroundLate), q
	case o.To == StatusAwaiting:
		return GroundMoreTime, nil
	default:
		return GroundTimeOver, nil
	}
}

// either returns one ground when the purchase is in time for the membership, and else the other.
func either(q *Purchase, m Membership, inTime, not Ground) Ground {
	if q == nil || q.InTime(m.Announced, m.Facts.Deadline) {
		return inTime
	}
	return not
}

// firstAsked returns the purchase about which the first open question is; nil when there is no question.
func firstAsked(m Membership, purchases []Purchase, settings Settings) *Purchase {
	reviews := Reconsider(m, purchases, settings).Reviews
	if len(reviews) == 0 {
		return nil
	}
	return find(purchases, reviews[0].Purchase)
}

func find(purchases []Purchase, key PurchaseKey) *Purchase {
	return earliest(purchases, func(p Purchase) bool { return p.PurchaseKey == key })
}

// earliest returns the earliest purchase, in the order of [Purchase.Compare], that is such; nil for none.
func earliest(purchases []Purchase, such func(Purchase) bool) *Purchase {
	var first *Purchase
	for _, p := range purchases {
		if such(p) && (first == nil || p.Compare(*first) < 0) {
			first = &p
		}
	}
	return first
}
