package reads

import (
	"context"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

// MaxOutages is how many outages and how many alerts of a platform are listed: the latest. Of the alerts, those that
// stand are listed besides: at most one of each kind.
const MaxOutages = 50

type outageRow struct {
	object                model.Outage
	platform              int
	begins, ends, created db.Time
	declaredBy, endedBy   string
	reason                string
}

func (r *Reader) outages() entity[outageRow, model.Outage] {
	return entity[outageRow, model.Outage]{
		types:   []string{"Outage", "Node"},
		from:    "outages u LEFT JOIN platforms pl ON pl.id = u.platform_id",
		columns: []string{"u.id", "u.platform_id", "u.begins_at", "u.ends_at", "u.reason", "u.declared_by", "u.created_at", "u.ended_by"},
		into: func(row *outageRow) []any {
			o := &row.object
			return []any{&o.Row, &row.platform, &row.begins, &row.ends, &row.reason, &row.declaredBy, &row.created, &row.endedBy}
		},
		fill:   r.fillOutages,
		object: func(row *outageRow) *model.Outage { return &row.object },
	}
}

func (r *Reader) fillOutages(ctx context.Context, sel selection.Selection, rows []*outageRow) error {
	for _, row := range rows {
		o := &row.object
		o.BeginsAt, o.EndsAt, o.DeclaredAt = row.begins.Time, row.ends.Pointer(), row.created.Time
		if r.Viewer.SeesReasons() {
			o.Reason = model.Text(row.reason)
		}
		if r.Viewer.SeesActors() {
			o.DeclaredBy, o.EndedBy = model.Text(row.declaredBy), model.Text(row.endedBy)
		}
	}
	platform := edge[outageRow, model.Platform]{
		"platform", platformTypes, func(row *outageRow) int { return row.platform }, r.platformsByID,
		func(row *outageRow, behind *model.Platform) { row.object.Platform = behind },
	}
	return platform.fill(ctx, sel, rows)
}

// watchScope is the platforms of which the viewer may see how they report: all, its own, or none.
func (r *Reader) watchScope() where {
	own := r.Viewer.OwnPlatform()
	switch {
	case own == "" && r.Viewer.SeesWatch(""):
		return nil
	case own != "" && r.Viewer.SeesWatch(own):
		return equals("pl.code", own)
	default:
		return nothing
	}
}

// Outage returns the outage with the row id; nil when there is none that the viewer may see.
func (r *Reader) Outage(ctx context.Context, sel selection.Selection, id int) (*model.Outage, error) {
	return one(ctx, r, r.outages(), sel, and(equals("u.id", id), r.watchScope()))
}

// fillOutagesOfPlatforms reads the latest outages of all the platforms at once.
func (r *Reader) fillOutagesOfPlatforms(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	if !sel.Has("outages") {
		return nil
	}
	seen := r.watched(rows)
	for _, o := range seen {
		o.Outages = []*model.Outage{}
	}
	found, err := all(ctx, r, r.outages(), sel.Sub("outages", "Outage", "Node"), and(anyInt(r.Dialect, "u.platform_id", keys(seen)), r.latest("u", "outages", "begins_at", "1 = 0", keys(seen))), "u.begins_at DESC, u.id DESC")
	for _, row := range found {
		p := seen[row.platform]
		p.Outages = append(p.Outages, &row.object)
	}
	return err
}

type alertRow struct {
	object          model.Alert
	platform        int
	raised, cleared db.Time
}

func (r *Reader) alerts() entity[alertRow, model.Alert] {
	return entity[alertRow, model.Alert]{
		types:   []string{"Alert", "Node"},
		from:    "alerts al LEFT JOIN platforms pl ON pl.id = al.platform_id",
		columns: []string{"al.id", "al.platform_id", "al.kind", "al.raised_at", "al.cleared_at"},
		into: func(row *alertRow) []any {
			return []any{&row.object.Row, &row.platform, &row.object.Kind, &row.raised, &row.cleared}
		},
		fill:   r.completeAlerts,
		object: func(row *alertRow) *model.Alert { return &row.object },
	}
}

func (r *Reader) completeAlerts(ctx context.Context, sel selection.Selection, rows []*alertRow) error {
	for _, row := range rows {
		row.object.RaisedAt, row.object.ClearedAt = row.raised.Time, row.cleared.Pointer()
	}
	platform := edge[alertRow, model.Platform]{
		"platform", platformTypes, func(row *alertRow) int { return row.platform }, r.platformsByID,
		func(row *alertRow, behind *model.Platform) { row.object.Platform = behind },
	}
	return platform.fill(ctx, sel, rows)
}

// alertScope is the alerts that the viewer may see: all, for PMO staff, or none.
func (r *Reader) alertScope() where {
	if r.Viewer.SeesSettlements() {
		return nil
	}
	return nothing
}

// fillAlerts reads the latest alerts of all the platforms at once.
func (r *Reader) fillAlerts(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	if !sel.Has("alerts") || !r.Viewer.SeesSettlements() {
		return nil
	}
	seen := r.watched(rows)
	for _, o := range seen {
		o.Alerts = []*model.Alert{}
	}
	found, err := all(ctx, r, r.alerts(), sel.Sub("alerts", "Alert", "Node"), and(anyInt(r.Dialect, "al.platform_id", keys(seen)), r.latest("al", "alerts", "raised_at", "cleared_at IS NULL", keys(seen))), "al.raised_at DESC, al.id DESC")
	for _, row := range found {
		p := seen[row.platform]
		p.Alerts = append(p.Alerts, &row.object)
	}
	return err
}

// watched are the platforms, by row id, of which the viewer may see how they report.
func (r *Reader) watched(rows []*platformRow) map[int]*model.Platform {
	seen := map[int]*model.Platform{}
	for _, row := range rows {
		if r.Viewer.SeesWatch(row.object.Code) {
			seen[row.object.Row] = &row.object
		}
	}
	return seen
}
