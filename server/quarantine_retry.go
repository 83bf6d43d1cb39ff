package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// quarantineFilter says which deliveries in quarantine.
type quarantineFilter struct {
	Cohort   int    `placeholder:"N" help:"Only those that name a card of this cohort, and hold up its list."`
	Platform string `placeholder:"CODE" help:"Only those of this platform."`
	Kind     string `placeholder:"KIND" help:"Only those that are there for this reason, such as CONTRADICTS_PURCHASE."`
}

// check refuses a kind that is none.
func (f quarantineFilter) check() error {
	if kinds := rules.Reason("").Values(); f.Kind != "" && !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("--kind is %q: set %s", f.Kind, oneOf(kinds))
	}
	return nil
}

func (f quarantineFilter) empty() bool { return f == quarantineFilter{} }

// find returns the ids of the deliveries, the earliest first.
func (f quarantineFilter) find(ctx context.Context, r *registry.Registry) ([]int, error) {
	from, where, args := "deliveries d", "d.settled_at IS NULL", []any(nil)
	and := func(condition string, arg any) {
		args = append(args, arg)
		where += fmt.Sprintf(" AND %s = $%d", condition, len(args))
	}
	if f.Cohort != 0 {
		if _, err := cohortOf(ctx, r, f.Cohort); err != nil {
			return nil, err
		}
		from += " JOIN participants p ON p.card_number = d.card_number"
		where += " AND d.card_number <> ''"
		and("p.cohort_id", f.Cohort)
	}
	if f.Platform != "" {
		id, err := r.DB().Client().Platform.Query().Where(platform.Code(f.Platform)).OnlyID(ctx)
		if ent.IsNotFound(err) {
			return nil, noPlatform(f.Platform)
		}
		if err != nil {
			return nil, err
		}
		and("d.platform_id", id)
	}
	if f.Kind != "" {
		and("d.reason", f.Kind)
	}
	var ids []int
	err := db.Query(ctx, r.DB().Read, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT d.id FROM "+from+" WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("look through the quarantine: %w", err)
	}
	// Not in the statement: to be spared the sorting, the database would read all deliveries in the order of their ids
	// instead of the few in quarantine.
	slices.Sort(ids)
	return ids, nil
}

type quarantineRetry struct {
	Deliveries []int `arg:"" optional:"" name:"delivery" help:"The numbers of the deliveries."`
	All        bool  `help:"All in quarantine, or those of --platform, --kind and --cohort."`

	quarantineFilter `embed:""`
	acting           `embed:""`
}

// Help is shown by --help.
func (quarantineRetry) Help() string {
	return `Each is applied, or stays in quarantine for whatever reason there is now. The exit code is 1 when one stays.

Examples:

	gelombang quarantine retry 4711 4712
	gelombang quarantine retry --all --platform tokopedia --kind CONTRADICTS_PURCHASE`
}

// Run implements the command.
func (c *quarantineRetry) Run(t *terminal) error {
	if err := c.check(); err != nil {
		return usage(err)
	}
	return c.as(t, func(r *registry.Registry, v viewer.Viewer) error {
		if !v.ManagesCohorts() {
			return errors.New("your role does not allow you to retry deliveries" + viewer.OfficersMay)
		}
		ids := c.Deliveries
		if c.All {
			var err error
			if ids, err = c.find(t.ctx, r); err != nil {
				return err
			}
		}
		return t.retry(r, v, ids)
	})
}

// check reads the command line.
func (c *quarantineRetry) check() error {
	wrong := []error{c.quarantineFilter.check()}
	switch {
	case c.All && len(c.Deliveries) > 0:
		wrong = append(wrong, errors.New("--all is about every delivery: leave out the numbers"))
	case !c.All && len(c.Deliveries) == 0:
		wrong = append(wrong, errors.New("say which deliveries by their numbers, or --all"))
	case !c.All && !c.empty():
		wrong = append(wrong, errors.New("--platform, --kind and --cohort belong to --all: leave them out"))
	}
	return errors.Join(wrong...)
}

// retry tries the deliveries one after the other, and prints what became of them. One that has left the quarantine
// since, or never was in it, is told and keeps no other from being tried.
func (t *terminal) retry(r *registry.Registry, v viewer.Viewer, ids []int) error {
	bar := t.countProgress("deliveries", int64(len(ids)))
	var lines strings.Builder
	lines.WriteString("DELIVERY\tOUTCOME\tKIND\tPROBLEM\n")
	var wrong []error
	stay := 0
	for _, id := range ids {
		d, err := r.RetryDelivery(t.ctx, v, id)
		bar.add()
		var refused *registry.Error
		switch {
		case errors.As(err, &refused):
			wrong = append(wrong, fmt.Errorf("delivery %d: %w", id, err))
			continue
		case err != nil:
			bar.end(t)
			return errors.Join(printTable(t.out, lines.String()), err)
		case d.Outcome == rules.DeliveryQuarantined:
			stay++
		}
		kind := "-"
		if d.Outcome == rules.DeliveryQuarantined {
			kind = kindOf(d)
		}
		fmt.Fprintf(&lines, "%d\t%s\t%s\t%s\n", d.ID, d.Outcome, kind, named(d.Problem))
	}
	bar.end(t)
	if stay > 0 {
		wrong = append(wrong, fmt.Errorf("%d of %d stay in quarantine: 'quarantine show' says how that ends", stay, len(ids)))
	}
	return errors.Join(append([]error{printTable(t.out, lines.String())}, wrong...)...)
}
