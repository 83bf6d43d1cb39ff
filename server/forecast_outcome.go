package main

import (
	"fmt"
	"strings"
	"time"

	"gelombang/internal/forecast"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// outcomeOutput is what became of a cohort that is closed, as JSON: what there is in place of a forecast. Times are WIB.
type outcomeOutput struct {
	Cohort      int       `json:"cohort"`
	At          time.Time `json:"at"`       // now: an outcome is told as it is known
	Deadline    time.Time `json:"deadline"` // exclusive
	Closed      bool      `json:"closed"`   // true
	Recipients  int       `json:"recipients"`
	Awaiting    int       `json:"awaiting"` // with a later deadline of their own
	Purchased   int       `json:"purchased"`
	Overdue     int       `json:"overdue"`
	UnderReview int       `json:"underReview"`
	Revoked     int       `json:"revoked"`
}

// outcome prints what became of a cohort whose deadline has been over for the lag limit: nothing is left to forecast.
func (c *forecastCommand) outcome(t *terminal, r *registry.Registry, target forecast.Curve) error {
	counts, err := statusCounts(t.ctx, r)
	if err != nil {
		return err
	}
	n := counts[target.Cohort]
	out := outcomeOutput{
		Cohort: target.Cohort, At: r.Now().In(rules.WIB), Deadline: target.Deadline.In(rules.WIB), Closed: true,
		Awaiting: n[rules.StatusAwaiting], Purchased: n[rules.StatusPurchased], Overdue: n[rules.StatusOverdue],
		UnderReview: n[rules.StatusUnderReview], Revoked: n[rules.StatusRevoked],
	}
	out.Recipients = out.Awaiting + out.Purchased + out.Overdue + out.UnderReview + out.Revoked
	if c.JSON {
		return printJSON(t.out, out)
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "cohort\t%d\ndeadline\t%s\n", out.Cohort, lastMinute(target.Deadline))
	fmt.Fprintf(&lines, "closed\tnothing is left to forecast; this is the outcome as known at %s\n", minute(out.At))
	fmt.Fprintf(&lines, "recipients\t%d\nhave bought\t%d\noverdue\t%d\nunder review\t%d\nrevoked\t%d\n", out.Recipients, out.Purchased, out.Overdue, out.UnderReview, out.Revoked)
	if out.Awaiting > 0 {
		fmt.Fprintf(&lines, "have more time\t%d\n", out.Awaiting)
	}
	return printTable(t.out, lines.String())
}
