package reads

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// MaxReminders is how many reminders of a participant are listed: the latest.
const MaxReminders = 50

type planRow struct {
	object             model.ReminderPlan
	cohort             int
	stages, channels   string
	stoppedBy          string
	created, stoppedAt db.Time
}

var planTypes = []string{"ReminderPlan", "Node"}

func (r *Reader) plans() entity[planRow, model.ReminderPlan] {
	return entity[planRow, model.ReminderPlan]{
		types:   planTypes,
		from:    "reminder_plans rp",
		columns: []string{"rp.id", "rp.cohort_id", "rp.stages", "rp.channels", "rp.language", "rp.created_at", "rp.created_by", "rp.stopped_at", "rp.stopped_by"},
		into: func(row *planRow) []any {
			o := &row.object
			return []any{&o.Row, &row.cohort, &row.stages, &row.channels, &o.Language, &row.created, &o.CreatedBy, &row.stoppedAt, &row.stoppedBy}
		},
		fill:   r.fillPlans,
		object: func(row *planRow) *model.ReminderPlan { return &row.object },
	}
}

// planScope is the plans of reminders that the viewer may see: all, for PMO staff, or none.
func (r *Reader) planScope() where {
	if r.Viewer.ManagesCohorts() {
		return nil
	}
	return nothing
}

func (r *Reader) fillPlans(ctx context.Context, sel selection.Selection, rows []*planRow) error {
	for _, row := range rows {
		o := &row.object
		o.Channels, o.Stages, o.Counts = splitted[rules.ReminderChannel](row.channels), []int{}, []*model.ReminderCount{}
		for _, stage := range splitted[string](row.stages) {
			hours, err := strconv.Atoi(stage)
			if err != nil {
				return fmt.Errorf("the stages of plan %d: %w", o.Row, err)
			}
			o.Stages = append(o.Stages, hours)
		}
		o.CreatedAt, o.StoppedAt, o.StoppedBy = row.created.Time, row.stoppedAt.Pointer(), model.Text(row.stoppedBy)
	}
	cohort := edge[planRow, model.Cohort]{
		"cohort", cohortTypes, func(row *planRow) int { return row.cohort }, r.cohortsByNumber,
		func(row *planRow, behind *model.Cohort) { row.object.Cohort = behind },
	}
	return fillAll(ctx, sel, rows, cohort.fill, r.fillReminderCounts)
}

// fillReminderCounts counts the reminders of the plans by what became of them.
func (r *Reader) fillReminderCounts(ctx context.Context, sel selection.Selection, rows []*planRow) error {
	if !sel.Has("counts") {
		return nil
	}
	byID := map[int]*model.ReminderPlan{}
	for _, row := range rows {
		byID[row.object.Row] = &row.object
	}
	return db.Query(ctx, r.Query, func(found *sql.Rows) error {
		c := &model.ReminderCount{}
		var plan int
		var skipped sql.NullString
		if err := found.Scan(&plan, &c.Stage, &c.Channel, &c.State, &skipped, &c.Count); err != nil {
			return err
		}
		c.Skipped = nullable[rules.ReminderSkip](skipped)
		byID[plan].Counts = append(byID[plan].Counts, c)
		return nil
	}, "SELECT plan_id, stage, channel, state, skipped, COUNT(*) FROM reminders WHERE "+r.Dialect.Any("plan_id", 1)+" GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2 DESC, 3, 4, 5",
		r.Dialect.Ints(keys(byID)))
}

// ReminderPlan returns the plan with the row id; nil when there is none that the viewer may see.
func (r *Reader) ReminderPlan(ctx context.Context, sel selection.Selection, id int) (*model.ReminderPlan, error) {
	return one(ctx, r, r.plans(), sel, and(equals("rp.id", id), r.planScope()))
}

// fillReminderPlans reads the latest plan of each cohort.
func (r *Reader) fillReminderPlans(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	if !sel.Has("reminders") || !r.Viewer.ManagesCohorts() {
		return nil
	}
	last := literal("NOT EXISTS (SELECT 1 FROM reminder_plans later WHERE later.cohort_id = rp.cohort_id AND later.id > rp.id)")
	rows, err := all(ctx, r, r.plans(), sel.Sub("reminders", planTypes...), and(anyInt(r.Dialect, "rp.cohort_id", numbers), last), "rp.id")
	for _, row := range rows {
		byNumber[row.cohort].Reminders = &row.object
	}
	return err
}

// fillReminderPreviews says who would be reminded, once for each place in the query where that is asked for.
func (r *Reader) fillReminderPreviews(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	for _, f := range sel.Fields("reminderPreview") {
		var preview *model.ReminderPreview
		if r.Viewer.ManagesCohorts() {
			var err error
			if preview, err = r.reminderPreview(ctx, f, numbers); err != nil {
				return at(f, err)
			}
		}
		for _, c := range byNumber {
			c.Previews.Put(f.Node, preview)
		}
	}
	return nil
}

// reminderPreview is the preview that is asked for at the field, of the only cohort.
func (r *Reader) reminderPreview(ctx context.Context, f selection.Field, numbers []int) (*model.ReminderPreview, error) {
	if len(numbers) != 1 {
		return nil, &registry.Error{Code: registry.Invalid, Field: f.Node.Name, Message: "reminders are previewed for one cohort at a time: ask `cohort(number: …)`"}
	}
	stages, err := f.Ints("stages")
	if err != nil {
		return nil, err
	}
	channels, err := f.Texts("channels")
	if err != nil {
		return nil, err
	}
	in := registry.PlanReminders{Cohort: numbers[0], Stages: stages, Language: rules.ID}
	for _, channel := range channels {
		in.Channels = append(in.Channels, rules.ReminderChannel(channel))
	}
	preview, err := r.PreviewReminders(ctx, in)
	if err != nil {
		return nil, err
	}
	return previewOf(preview), nil
}

func previewOf(p registry.ReminderPreview) *model.ReminderPreview {
	shown := &model.ReminderPreview{Exact: p.Exact, Stages: []*model.ReminderStagePreview{}, Sample: []*model.ReminderSample{}}
	for _, s := range p.Stages {
		shown.Stages = append(shown.Stages, &model.ReminderStagePreview{
			Stage: s.Stage, Channel: s.Channel, BeginsAt: s.BeginsAt, Sent: s.Sent, Recipients: s.Recipients, Unreachable: s.Unreachable, Capped: s.Capped,
		})
	}
	for _, s := range p.Sample {
		shown.Sample = append(shown.Sample, &model.ReminderSample{CardNumber: s.Card, Deadline: s.Deadline, DueAt: db.Time{Time: s.DueAt}.Pointer()})
	}
	return shown
}

// fillReminders reads the latest reminders of the participants at once.
func (r *Reader) fillReminders(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	if !sel.Has("reminders") {
		return nil
	}
	seen := map[int]*model.Participant{}
	for _, row := range rows {
		if r.Viewer.SeesContact(row.card) {
			row.object.Reminders = []*model.Reminder{}
			seen[row.object.Row] = &row.object
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return db.Query(ctx, r.Query, func(found *sql.Rows) error {
		m := &model.Reminder{}
		var participant int
		var deadline, due, settled db.Time
		var skipped sql.NullString
		if err := found.Scan(&participant, &m.Stage, &m.Channel, &deadline, &due, &m.State, &skipped, &settled); err != nil {
			return err
		}
		m.Deadline, m.DueAt, m.SettledAt, m.Skipped = deadline.Time, due.Time, settled.Pointer(), nullable[rules.ReminderSkip](skipped)
		if p := seen[participant]; len(p.Reminders) < MaxReminders {
			p.Reminders = append(p.Reminders, m)
		}
		return nil
	}, "SELECT participant_id, stage, channel, deadline, due_at, state, skipped, settled_at FROM reminders WHERE "+r.Dialect.Any("participant_id", 1)+" ORDER BY participant_id, due_at DESC, id DESC",
		r.Dialect.Ints(keys(seen)))
}
