package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/cohort"
	"gelombang/ent/extension"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// cohortCommands are about cohorts.
type cohortCommands struct {
	Announce cohortAnnounce `cmd:"" help:"Announce a cohort, and print its deadline."`
	List     cohortList     `cmd:"" help:"List the cohorts, with how many participants there are of each status."`
}

type cohortAnnounce struct {
	Number    int    `arg:"" help:"The cohort's number."`
	On        string `required:"" placeholder:"DATE|TIME" help:"When it was announced: a WIB day such as 2021-03-10, a WIB time such as 2021-09-22T20:00, or a time with an offset."`
	Quota     int    `required:"" placeholder:"N" help:"How many may be members."`
	Deadline  string `placeholder:"DATE" help:"A published last day (WIB) that overrides the computed one. Needs --reference."`
	Reference string `placeholder:"TEXT" help:"The legal reference of the published last day."`

	storage `embed:""`
}

// Help is shown by --help.
func (cohortAnnounce) Help() string {
	return `Announcing the same again changes nothing; other facts for the same number are refused.

Examples:

	gelombang cohort announce 13 --on 2021-03-10 --quota 600000
	gelombang cohort announce 21 --on 2021-09-22T20:00 --quota 754929
	gelombang cohort announce 22 --on 2021-11-01 --quota 46000 --deadline 2021-11-30 --reference "SE 12/2021"`
}

// Run implements the command.
func (c *cohortAnnounce) Run(t *terminal) error {
	announced, err := parseInstant(c.On)
	if err != nil {
		return usage(fmt.Errorf("--on: %w", err))
	}
	in := registry.AnnounceCohort{Number: c.Number, Quota: c.Quota, AnnouncedAt: announced, Reference: c.Reference}
	if c.Deadline != "" {
		if in.LastDay, err = parseDay(c.Deadline); err != nil {
			return usage(fmt.Errorf("--deadline: %w", err))
		}
	}
	return c.with(t, func(r *registry.Registry) error {
		announced, err := r.AnnounceCohort(t.ctx, atTheTerminal, in)
		if err != nil {
			return misuse(err, field{"number", "<number>"}, field{"quota", "--quota"}, field{"announcedAt", "--on"}, field{"lastDay", "--deadline"}, field{"reference", "--reference"})
		}
		_, err = fmt.Fprintln(t.out, lastMinute(announced.Deadline))
		return err
	})
}

type cohortList struct {
	storage `embed:""`
}

// Help is shown by --help.
func (cohortList) Help() string {
	return `With how many participants there are of each status now.`
}

// Run implements the command.
func (c *cohortList) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		all, err := r.DB().Client().Cohort.Query().WithExtensions(func(q *ent.ExtensionQuery) {
			q.Where(extension.ScopeEQ(rules.ExtendCohort)).Order(extension.ByUntil(), extension.ByID())
		}).Order(cohort.ByID()).All(t.ctx)
		if err != nil {
			return err
		}
		counts, err := statusCounts(t.ctx, r)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("COHORT\tANNOUNCED\tQUOTA\tDEADLINE\tPARTICIPANTS")
		for _, status := range rules.Statuses() {
			lines.WriteString("\t" + strings.ReplaceAll(string(status), "_", " "))
		}
		lines.WriteString("\tBASIS\tREFERENCE\n")
		for _, c := range all {
			cohortLine(&lines, c, counts[c.ID])
		}
		return printTable(t.out, lines.String())
	})
}

func cohortLine(lines *strings.Builder, c *ent.Cohort, counts map[rules.Status]int) {
	participants := 0
	for _, n := range counts {
		participants += n
	}
	fmt.Fprintf(lines, "%d\t%s\t%d\t%s\t%d", c.ID, c.AnnouncedAt.In(rules.WIB).Format("2006-01-02 15:04 WIB"), c.Quota, lastMinute(c.Deadline), participants)
	for _, status := range rules.Statuses() {
		fmt.Fprintf(lines, "\t%d", counts[status])
	}
	fmt.Fprintf(lines, "\t%s\t%s\n", c.Basis, referenceOf(c))
}

// referenceOf is the legal reference of a cohort's deadline: of the extension in force, which is the latest, for
// extensions never shorten; else of the decree.
func referenceOf(c *ent.Cohort) string {
	if extensions := c.Edges.Extensions; c.Basis == rules.BasisExtended && len(extensions) > 0 {
		return extensions[len(extensions)-1].Reference
	}
	return c.Reference
}

// statusCounts counts the participants of every cohort by their status now. The database counts those with
// like facts; what the facts mean, only package rules says.
func statusCounts(ctx context.Context, r *registry.Registry) (map[int]map[rules.Status]int, error) {
	now := r.Now()
	counts := map[int]map[rules.Status]int{}
	err := db.Query(ctx, r.DB().Read, func(rows *sql.Rows) error {
		var number, n int
		var revoked, bought, overdue bool
		facts := rules.Facts{Deadline: now.Add(time.Second)}
		if err := rows.Scan(&number, &revoked, &facts.ReviewOpen, &bought, &overdue, &n); err != nil {
			return err
		}
		if revoked {
			facts.RevokedAt = now
		}
		if bought {
			facts.FirstPurchase = &rules.PurchaseKey{}
		}
		if overdue {
			facts.Deadline = now
		}
		if counts[number] == nil {
			counts[number] = map[rules.Status]int{}
		}
		counts[number][facts.StatusAt(now)] += n
		return nil
	}, `SELECT cohort_id, revoked_at IS NOT NULL, review_open, first_purchase_id IS NOT NULL, deadline <= $1, COUNT(*)
FROM participants GROUP BY 1, 2, 3, 4, 5`, now)
	if err != nil {
		return nil, fmt.Errorf("count the participants: %w", err)
	}
	return counts, nil
}

// lastMinute writes an exclusive deadline as people read it: 23:59 WIB of the last day.
func lastMinute(deadline time.Time) string {
	return deadline.Add(-time.Minute).In(rules.WIB).Format("2006-01-02 15:04 WIB")
}

// parseDay reads a WIB day, and returns its beginning.
func parseDay(s string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, s, rules.WIB)
	if err != nil {
		return time.Time{}, errors.New("not a day: write it as 2021-03-10")
	}
	return day, nil
}

// parseInstant reads a WIB day, which begins at 00:00, a WIB time without an offset, or a time with
// an offset.
func parseInstant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, rules.WIB); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a time: write a WIB day as 2021-03-10, a WIB time as 2021-03-10T09:00, or a time with its offset as 2021-03-10T02:00:00Z")
}
