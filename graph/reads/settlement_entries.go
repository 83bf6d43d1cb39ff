package reads

import (
	"context"
	"database/sql"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type entryRow struct {
	object                  model.SettlementEntry
	settlement, participant int
	deadline, decided       db.Time
	passedOver              sql.NullString
}

var entryTypes = []string{"SettlementEntry", "Node"}

func (r *Reader) entries() entity[entryRow, model.SettlementEntry] {
	return entity[entryRow, model.SettlementEntry]{
		types:   entryTypes,
		from:    "settlement_entries e LEFT JOIN participants pa ON pa.id = e.participant_id" + behindParticipants,
		columns: []string{"e.id", "e.settlement_id", "e.participant_id", "e.deadline", "e.purchases", "e.outcome", "e.passed_over", "e.decided_at"},
		into: func(row *entryRow) []any {
			o := &row.object
			return []any{&o.Row, &row.settlement, &row.participant, &row.deadline, &o.Purchases, &o.Outcome, &row.passedOver, &row.decided}
		},
		fill:   r.fillEntries,
		object: func(row *entryRow) *model.SettlementEntry { return &row.object },
	}
}

func (r *Reader) fillEntries(ctx context.Context, sel selection.Selection, rows []*entryRow) error {
	for _, row := range rows {
		o := &row.object
		o.Deadline, o.DecidedAt, o.PassedOver = row.deadline.Time, row.decided.Pointer(), nullable[rules.PassedOver](row.passedOver)
	}
	settlement := edge[entryRow, model.Settlement]{
		"settlement", settlementTypes, func(row *entryRow) int { return row.settlement }, r.settlementsByID,
		func(row *entryRow, behind *model.Settlement) { row.object.Settlement = behind },
	}
	participant := edge[entryRow, model.Participant]{
		"participant", participantTypes, func(row *entryRow) int { return row.participant }, r.participantsByID,
		func(row *entryRow, behind *model.Participant) { row.object.Participant = behind },
	}
	return fillAll(ctx, sel, rows, settlement.fill, participant.fill)
}

// entryListing lists the entries of settlements in the order of the participants.
func (r *Reader) entryListing() listing[generated.SettlementEntryFilter, entryRow, model.SettlementEntry] {
	return listing[generated.SettlementEntryFilter, entryRow, model.SettlementEntry]{
		name: "entries", input: "SettlementEntry", types: entryTypes,
		entity: func(selection.Selection) entity[entryRow, model.SettlementEntry] { return r.entries() },
		scope:  r.settlementScope(),
		filter: r.entryFilter,
		terms:  map[string]keyset.Term{entryUsual: {Column: "e.participant_id", Kind: keyset.Integer}},
		usual:  model.Order{Field: entryUsual}, id: "e.id",
	}
}

// entryUsual is the only order of entries.
const entryUsual = "PARTICIPANT"

func (r *Reader) entryFilter(f *generated.SettlementEntryFilter) (where, error) {
	return filtered(f, r.entryFields, func(f *generated.SettlementEntryFilter) junction[generated.SettlementEntryFilter] {
		return junction[generated.SettlementEntryFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

func (r *Reader) entryFields(f *generated.SettlementEntryFilter) (where, error) {
	participant, err := r.participantFilter(f.Participant)
	if err != nil {
		return nil, err
	}
	var c conditions
	c.add(oneOf(r.Dialect, "e.outcome", f.Outcome), oneOf(r.Dialect, "e.passed_over", f.PassedOver), participant)
	return c.all()
}

func (r *Reader) fillEntryPages(ctx context.Context, sel selection.Selection, rows []*settlementRow) error {
	places := childrenOf(rows, func(row *settlementRow) (int, placeOf[model.SettlementEntry]) {
		return row.object.Row, &row.object.EntryPages
	})
	return r.entryListing().below(ctx, r, sel, "entries", "e.settlement_id", places)
}

func settlementIDs(rows []*settlementRow) []int {
	ids := make([]int, len(rows))
	for i, row := range rows {
		ids[i] = row.object.Row
	}
	return ids
}

// fillSettlementCounts counts the entries by what became of them.
func (r *Reader) fillSettlementCounts(ctx context.Context, sel selection.Selection, rows []*settlementRow) error {
	if !sel.Has("counts") {
		return nil
	}
	counted := map[int]*model.SettlementCounts{}
	for _, row := range rows {
		row.object.Counts = &model.SettlementCounts{}
		counted[row.object.Row] = row.object.Counts
	}
	return db.Query(ctx, r.Query, func(found *sql.Rows) error {
		var id, n int
		var outcome rules.EntryOutcome
		if err := found.Scan(&id, &outcome, &n); err != nil {
			return err
		}
		switch c := counted[id]; outcome {
		case rules.EntryListed:
			c.Listed = n
		case rules.EntryRevoked:
			c.Revoked = n
		case rules.EntryPassedOver:
			c.PassedOver = n
		case rules.EntryReinstated:
			c.Reinstated = n
		case rules.EntryReversed:
			c.Reversed = n
		}
		return nil
	}, "SELECT settlement_id, outcome, COUNT(*) FROM settlement_entries WHERE "+r.Dialect.Any("settlement_id", 1)+" GROUP BY 1, 2",
		r.Dialect.Ints(settlementIDs(rows)))
}
