package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// reminderBatch is how many reminders are made in one transaction, so that nobody waits long for a participant whose
// row they refer to, nor on SQLite for the writer.
const reminderBatch = 1000

// MakeReminders makes the reminders of the stages that have begun, for the plans in force, and returns how many. Who
// has one already gets no second, so it may run at any time, on several servers, and be cut off anywhere; it is to run
// often, for it also finds those who have been imported, or whose only purchase was cancelled, since.
func (r *Registry) MakeReminders(ctx context.Context) (made int, err error) {
	plans, err := r.plansInForce(ctx)
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, p := range plans {
		n, err := r.makeForPlan(ctx, p)
		made += n
		if err != nil {
			// The other cohorts do not wait for it.
			failures = append(failures, fmt.Errorf("make reminders for cohort %d: %w", p.cohort, err))
		}
	}
	return made, errors.Join(failures...)
}

func (r *Registry) plansInForce(ctx context.Context) ([]forcedPlan, error) {
	var plans []forcedPlan
	err := db.Query(ctx, r.db.Fresh, func(rows *sql.Rows) error {
		var p forcedPlan
		var stages, channels string
		if err := rows.Scan(&p.id, &p.cohort, &stages, &channels); err != nil {
			return err
		}
		p.channels = splitChannels(channels)
		var err error
		p.stages, err = splitStages(stages)
		plans = append(plans, p)
		return err
	}, "SELECT id, cohort_id, stages, channels FROM reminder_plans WHERE stopped_at IS NULL ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("load the plans in force: %w", err)
	}
	return plans, nil
}

func (r *Registry) makeForPlan(ctx context.Context, p forcedPlan) (made int, err error) {
	now := r.Now()
	deadlines, err := r.deadlinesAhead(ctx, p.cohort, now)
	if err != nil {
		return 0, err
	}
	for _, deadline := range deadlines {
		w, begun := rules.ReminderWindowAt(p.stages, deadline, now)
		if !begun {
			continue
		}
		spread, possible := rules.SpreadReminders(w, now)
		if !possible {
			continue
		}
		for _, channel := range p.channels {
			n, err := r.makeForStage(ctx, stageOrder{p, channel, w.Stage, deadline, spread})
			made += n
			if err != nil {
				return made, err
			}
		}
	}
	return made, nil
}

// stageOrder is what to make: the reminders of one stage, through one channel, for those with one deadline.
type stageOrder struct {
	plan     forcedPlan
	channel  rules.ReminderChannel
	stage    int
	deadline time.Time
	spread   rules.ReminderSpread
}

// wantsReminder is a condition on a participant p of cohort $1 with the deadline $2: who has not bought, and has no
// reminder by the channel $3 at the stage $4. One that a plan before the plan $5 made and never sent does not count.
const wantsReminder = "p.cohort_id = $1 AND p.deadline = $2 AND p.first_purchase_id IS NULL AND p.revoked_at IS NULL AND NOT p.review_open" +
	" AND NOT EXISTS (SELECT 1 FROM reminders m WHERE m.participant_id = p.id AND m.channel = $3 AND m.stage = $4 AND m.deadline = $2 AND NOT (" +
	"m.plan_id <> $5 AND (m.state = 'PLANNED' OR COALESCE(m.skipped, '') = 'STOPPED')))"

func (o stageOrder) args(more ...any) []any {
	return append([]any{o.plan.cohort, o.deadline, string(o.channel), o.stage, o.plan.id}, more...)
}

// makeForStage makes the reminders in batches. Who wants one is found without holding anything.
func (r *Registry) makeForStage(ctx context.Context, o stageOrder) (made int, err error) {
	for after := 0; ; {
		var ids []int
		err := queryAll(ctx, r.db.Fresh, &ids, func(id *int) []any { return []any{id} },
			"SELECT p.id FROM participants p WHERE "+wantsReminder+" AND p.id > $6 ORDER BY p.id LIMIT $7", o.args(after, reminderBatch)...)
		if err != nil {
			return made, fmt.Errorf("look for those to remind: %w", err)
		}
		if len(ids) == 0 {
			return made, nil
		}
		first := ids[0]
		after = ids[len(ids)-1]
		n, err := r.makeBatch(ctx, o, first, after)
		made += n
		if err != nil {
			return made, err
		}
	}
}

// makeBatch makes the reminders of those with ids from first to last, unless the plan has been stopped meanwhile.
func (r *Registry) makeBatch(ctx context.Context, o stageOrder, first, last int) (made int, err error) {
	one, two := o.spread.First, o.spread.Second
	us := func(d time.Duration) int64 { return d.Microseconds() }
	at := "CAST($8 AS TIMESTAMPTZ) + s.after * INTERVAL '1 microsecond' ELSE CAST($9 AS TIMESTAMPTZ) + (s.after - $10) * INTERVAL '1 microsecond'"
	if r.db.Dialect == db.SQLite {
		at = "$8 + s.after ELSE $9 + (s.after - $10)" // whole microseconds there
	}
	second := two.Begins
	if second.IsZero() {
		second = one.Begins // never used: all are due in the first span
	}
	// A participant's place in the spread is that of rules.ReminderSpread.DueAt.
	query := fmt.Sprintf("INSERT INTO reminders (plan_id, participant_id, stage, channel, deadline, due_at, state, attempts, problem)"+
		" SELECT $5, s.id, $4, $3, $2, CASE WHEN s.after < $10 THEN %s END, 'PLANNED', 0, ''"+
		" FROM (SELECT p.id, CAST($11 AS BIGINT) * ((p.id * %d) %% %d) / %d AS after FROM participants p WHERE %s AND p.id BETWEEN $6 AND $7) s"+
		" WHERE EXISTS (SELECT 1 FROM reminder_plans rp WHERE rp.id = $5 AND rp.stopped_at IS NULL) ORDER BY s.id"+
		" ON CONFLICT (participant_id, channel, stage, deadline) DO UPDATE SET plan_id = excluded.plan_id, due_at = excluded.due_at,"+
		" state = 'PLANNED', skipped = NULL, settled_at = NULL WHERE reminders.plan_id <> excluded.plan_id AND"+
		" (reminders.state = 'PLANNED' OR COALESCE(reminders.skipped, '') = 'STOPPED')",
		at, rules.SpreadMultiplier, rules.SpreadPlaces, rules.SpreadPlaces, wantsReminder)
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		result, err := tx.ExecContext(ctx, query, o.args(first, last, db.Instant(one.Begins), db.Instant(second), us(one.Length), us(one.Length+two.Length))...)
		if err != nil {
			return fmt.Errorf("write reminders: %w", err)
		}
		n, err := result.RowsAffected()
		made = int(n)
		return err
	})
	return made, err
}

// queryAll appends to out what a query returns, one element a row.
func queryAll[T any](ctx context.Context, from db.Execer, out *[]T, into func(*T) []any, query string, args ...any) error {
	*out = nil
	return db.Query(ctx, from, func(rows *sql.Rows) error {
		var v T
		if err := rows.Scan(into(&v)...); err != nil {
			return err
		}
		*out = append(*out, v)
		return nil
	}, query, args...)
}
