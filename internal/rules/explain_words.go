package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// words are the sentences of one language. A deadline given to them is exclusive; they show the
// minute before it. An empty reference or reason is left out.
type words interface {
	awaiting(cohort int, deadline time.Time, left time.Duration) string
	purchased(cohort int, invoice, platform string, at time.Time) string
	purchasedUnseen(cohort int, invoice, platform string) string
	overdue(cohort int, deadline time.Time) string
	underReview(cohort int) string
	revoked(cohort int, at, deadline time.Time, reason string) string
	settled(n SettlementNote) string
	reinstated(at time.Time) string

	announced(at time.Time) string
	counting(first, last time.Time, days int) string
	decreed(deadline time.Time, reference string) string
	extended(x ExtensionNote) string
	extendedInVain(x ExtensionNote) string
	raising() string // a later deadline is on its way to the participant
	spared() string  // a later deadline would have harmed, see [ExtensionHarms]
	lastMoment(deadline time.Time) string

	invoice(invoice, platform string, amount int64, at time.Time) string
	reported(at time.Time) string
	verdict(code EvidenceCode, voidedAt, decidedAt time.Time) string

	awaitPurchase(deadline time.Time) string
	awaitReport() string
	awaitLateReport(until time.Time) string
	awaitDoubtedReport() string
	awaitDecision(kind ReviewKind, invoice, platform string, openedAt time.Time) string
	awaitAnyDecision() string
	awaitSettlement() string
	wait(w Wait) string // see [Wait.Text]
	awaitDeliveries(n int) string
}

// beforeDeadline returns the last instant before an exclusive deadline, as people read it, and the
// clock layout that shows it: "15:04" when the deadline falls on a whole minute, so that 00:00 is
// shown as 23:59 of the day before, else with seconds.
func beforeDeadline(deadline time.Time) (last time.Time, layout string) {
	last = deadline.Add(-time.Nanosecond).In(WIB)
	if deadline.Equal(deadline.Truncate(time.Minute)) {
		return last, "15:04"
	}
	return last, "15:04:05"
}

// rupiah writes an amount with its digits in groups of three, after a sign and the prefix.
func rupiah(amount int64, prefix, separator string) string {
	digits := strconv.FormatInt(amount, 10)
	digits, negative := strings.CutPrefix(digits, "-")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(prefix)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// spans writes a length of time in its two largest units, by a function that writes a number of
// one unit ('d', 'h' or 'm'). It is empty for less than a minute.
func spans(d time.Duration, write func(n int, unit byte) string) string {
	minutes := int(d / time.Minute)
	parts := []struct {
		n    int
		unit byte
	}{{minutes / (24 * 60), 'd'}, {minutes / 60 % 24, 'h'}, {minutes % 60, 'm'}}
	var out []string
	for i, p := range parts {
		if p.n > 0 && (i < 2 || parts[0].n == 0) {
			out = append(out, write(p.n, p.unit))
		}
	}
	return strings.Join(out, " ")
}

// bracketed returns " (text)", or nothing for an empty text.
func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", text)
}

// after returns the separator and the text, or nothing for an empty text.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}
