package rules

import (
	"fmt"
	"time"
)

// english is the wording in English.
type english struct{}

func (english) day(t time.Time) string { return t.In(WIB).Format("2 January 2006") }

func (english) rupiah(amount int64) string { return rupiah(amount, "Rp ", ",") }

// moment writes an instant to the second, so that it can be compared with a deadline.
func (english) moment(t time.Time) string {
	return t.In(WIB).Format("2 January 2006, 15:04:05") + " WIB"
}

func (english) until(deadline time.Time) string {
	last, layout := beforeDeadline(deadline)
	return last.Format("2 January 2006, "+layout) + " WIB"
}

func (english) span(d time.Duration) string {
	s := spans(d, func(n int, unit byte) string {
		name := map[byte]string{'d': "day", 'h': "hour", 'm': "minute"}[unit]
		if n != 1 {
			name += "s"
		}
		return fmt.Sprintf("%d %s", n, name)
	})
	if s == "" {
		return "less than a minute"
	}
	return s
}

func (w english) awaiting(cohort int, deadline time.Time, left time.Duration) string {
	return fmt.Sprintf("Recipient of cohort %d, no first training bought yet. It may be bought until %s: %s left.", cohort, w.until(deadline), w.span(left))
}

func (w english) purchased(cohort int, invoice, platform string, at time.Time) string {
	return fmt.Sprintf("Recipient of cohort %d, first training bought in time: invoice %s at %s, %s.", cohort, invoice, platform, w.moment(at))
}

func (english) purchasedUnseen(cohort int, invoice, platform string) string {
	return fmt.Sprintf("Recipient of cohort %d, first training bought in time: invoice %s at %s.", cohort, invoice, platform)
}

func (w english) overdue(cohort int, deadline time.Time) string {
	return fmt.Sprintf("Recipient of cohort %d, no purchase known that counts. The time to buy ended %s. The membership is not revoked.", cohort, w.until(deadline))
}

func (english) underReview(cohort int) string {
	return fmt.Sprintf("Recipient of cohort %d. Whether a first training was bought in time is for a person to decide. Until then the membership is not revoked.", cohort)
}

func (w english) revoked(cohort int, at, deadline time.Time, reason string) string {
	window := "and the time to buy ended"
	if deadline.After(at) { // extended since
		window = "and the time to buy had ended; it has been extended since, until"
	}
	s := fmt.Sprintf("Recipient of cohort %d, membership revoked %s: no purchase that counts was known, %s %s.", cohort, w.moment(at), window, w.until(deadline))
	if reason != "" {
		s += fmt.Sprintf(" Reason given: %s.", reason)
	}
	return s
}

func (w english) settled(n SettlementNote) string {
	return fmt.Sprintf("It was ended by settlement %d, a list that one person prepared %s and another approved %s.", n.Number, w.moment(n.PreparedAt), w.moment(n.ApprovedAt))
}

func (w english) reinstated(at time.Time) string {
	return fmt.Sprintf("An earlier revocation ended %s.", w.moment(at))
}

func (w english) announced(at time.Time) string {
	day := at.In(WIB).Format("Monday 2 January 2006")
	if at.Equal(StartOfDay(at)) {
		return fmt.Sprintf("Announced %s.", day)
	}
	return fmt.Sprintf("Announced %s, %s WIB. Day 1 is the whole of that day.", day, at.In(WIB).Format("15:04"))
}

func (english) counting(first, last time.Time, days int) string {
	return fmt.Sprintf("Day 1 is %s, day %d is %s.", first.Format("2 January"), days, last.Format("2 January"))
}

func (w english) decreed(deadline time.Time, reference string) string {
	return fmt.Sprintf("By decree%s the last moment is %s, whatever the count of days.", bracketed(reference), w.until(deadline))
}

func (english) covered(scope ExtensionScope) string {
	switch scope {
	case ExtendCohort:
		return "the whole cohort"
	case ExtendProvince:
		return "the province"
	default:
		return "named recipients"
	}
}

func (w english) extended(x ExtensionNote) string {
	return fmt.Sprintf("Extended for %s until %s%s%s.", w.covered(x.Scope), w.until(x.Until), bracketed(x.Reference), after(": ", x.Reason))
}

func (w english) extendedInVain(x ExtensionNote) string {
	return fmt.Sprintf("An extension for %s until %s%s changes nothing: an extension never shortens.", w.covered(x.Scope), w.until(x.Until), bracketed(x.Reference))
}

func (english) raising() string {
	return "The later deadline is being applied to one recipient after the other, and has not reached this one yet."
}

func (english) spared() string {
	return "The later deadline does not hold for this recipient: it had passed already when it was granted, and would have taken away a person's decision."
}

func (w english) lastMoment(deadline time.Time) string {
	return fmt.Sprintf("Last moment %s.", w.until(deadline))
}

func (w english) invoice(invoice, platform string, amount int64, at time.Time) string {
	return fmt.Sprintf("Invoice %s at %s, %s, bought %s", invoice, platform, w.rupiah(amount), w.moment(at))
}

func (w english) reported(at time.Time) string {
	return fmt.Sprintf(", reported to us %s", w.moment(at))
}

func (w english) decision(at time.Time) string {
	if at.IsZero() {
		return "by a person's decision"
	}
	return fmt.Sprintf("by a person's decision of %s", w.day(at))
}

func (w english) verdict(code EvidenceCode, voidedAt, decidedAt time.Time) string {
	switch code {
	case CodeBeforeAnnouncement:
		return "does not count, it was made before the day of the announcement"
	case CodeLate:
		return "does not count, it was made after the last moment"
	case CodeUpheld:
		return "counts, " + w.decision(decidedAt)
	case CodeRejected:
		return "does not count, " + w.decision(decidedAt)
	case CodeVoided:
		return fmt.Sprintf("does not count, the platform cancelled it %s, in the time to buy", w.moment(voidedAt))
	case CodePending:
		return "does not count yet, it was reported too late, or after the platform had stated that all was sent; a person decides"
	case CodeVoidedAfterDeadline:
		return fmt.Sprintf("does not count unless a person so decides, the platform cancelled it %s, after the last moment", w.moment(voidedAt))
	case CodeFirstPurchase:
		return "counts, it is the first purchase"
	default:
		return "counts, but another purchase is the first"
	}
}

func (w english) awaitPurchase(deadline time.Time) string {
	return fmt.Sprintf("A first purchase, until %s.", w.until(deadline))
}

func (english) awaitReport() string {
	return "A report of a purchase made in time. It counts whenever it arrives before a revocation."
}

func (w english) awaitLateReport(until time.Time) string {
	return fmt.Sprintf("A report of a purchase made in time. It reinstates at once when it arrives by %s and the platform had not stated that all was sent; otherwise a person decides.", w.moment(until))
}

func (english) awaitDoubtedReport() string {
	return "A report of a purchase made in time. It comes too late to reinstate by itself: a person would decide."
}

func (w english) awaitDecision(kind ReviewKind, invoice, platform string, openedAt time.Time) string {
	question := "the platform cancelled it after the last moment"
	if kind == ReviewLateEvidence {
		question = "it was reported too late, or after the platform had stated that all was sent"
	}
	return fmt.Sprintf("A person's decision, open since %s, whether invoice %s at %s counts: %s.", w.day(openedAt), invoice, platform, question)
}

func (english) awaitAnyDecision() string { return "A person's decision." }

func (english) awaitSettlement() string {
	return "The settlement of the cohort, which one person prepares and another approves."
}

func (english) awaitDeliveries(n int) string {
	if n == 1 {
		return "1 message from a platform about this card that cannot be applied yet."
	}
	return fmt.Sprintf("%d messages from platforms about this card that cannot be applied yet.", n)
}
