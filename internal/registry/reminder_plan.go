package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"gelombang/ent"
	entparticipant "gelombang/ent/participant"
	"gelombang/ent/reminderplan"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

const (
	maxReminderStages = 10
	maxReminderStage  = longestWindow * 24 // hours before the deadline
)

// PlanReminders is an order that those of a cohort who have not bought be reminded.
type PlanReminders struct {
	Cohort   int
	Stages   []int // hours before the deadline, in any order; none for rules.DefaultReminderStages
	Channels []rules.ReminderChannel
	Language rules.Language
}

// PlanReminders takes the place of the cohort's plan in force. What that has sent is not sent again; what waits for its
// time goes over to the new plan. The same plan again changes nothing. It is [NotPossible] when nobody has time left.
func (r *Registry) PlanReminders(ctx context.Context, v viewer.Viewer, in PlanReminders) (*ent.ReminderPlan, error) {
	if err := authorise(v.ManagesCohorts(), "plan reminders"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var out *ent.ReminderPlan
	done := "reminders were planned"
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		c, err := lockCohort(ctx, tx, in.Cohort)
		if err != nil {
			return err
		}
		if err := someoneHasTimeLeft(ctx, tx, c); err != nil {
			return err
		}
		earlier, err := planInForce(ctx, tx, in.Cohort)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("look for the plan in force: %w", err)
		}
		if earlier != nil {
			if in.same(earlier) {
				out, done = earlier, "these reminders are planned already: nothing was changed"
				return nil
			}
			if _, err := tx.Client.ReminderPlan.UpdateOne(earlier).SetStoppedAt(tx.Now).SetStoppedBy(v.Subject).Save(ctx); err != nil {
				return fmt.Errorf("stop the plan in force: %w", err)
			}
		}
		out, err = tx.Client.ReminderPlan.Create().SetCohortID(in.Cohort).SetStages(joinStages(in.Stages)).SetChannels(joinChannels(in.Channels)).
			SetLanguage(in.Language).SetCreatedAt(tx.Now).SetCreatedBy(v.Subject).Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, done, slog.Int("cohort", in.Cohort), slog.Int("plan_id", out.ID), slog.String("by", v.Subject))
	return out, nil
}

// StopReminders stops the cohort's plan in force: what is not being sent already is not sent. It is [NotFound] when
// there is none.
func (r *Registry) StopReminders(ctx context.Context, v viewer.Viewer, cohort int) (*ent.ReminderPlan, error) {
	if err := authorise(v.ManagesCohorts(), "stop reminders"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	var out *ent.ReminderPlan
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		if _, err := lockCohort(ctx, tx, cohort); err != nil {
			return err
		}
		plan, err := planInForce(ctx, tx, cohort)
		if ent.IsNotFound(err) {
			return notFound("cohort", "no reminders are planned for cohort %d: there is nothing to stop", cohort)
		}
		if err != nil {
			return fmt.Errorf("look for the plan in force: %w", err)
		}
		out, err = tx.Client.ReminderPlan.UpdateOne(plan).SetStoppedAt(tx.Now).SetStoppedBy(v.Subject).Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, "reminders were stopped", slog.Int("cohort", cohort), slog.Int("plan_id", out.ID), slog.String("by", v.Subject))
	return out, nil
}

// check refuses what cannot be planned, and brings stages and channels into order.
func (in *PlanReminders) check() error {
	if len(in.Stages) == 0 {
		in.Stages = rules.DefaultReminderStages()
	}
	in.Stages = slices.Compact(slices.SortedFunc(slices.Values(in.Stages), func(a, b int) int { return b - a }))
	switch {
	case len(in.Stages) > maxReminderStages:
		return invalid("stages", "at most %d stages", maxReminderStages)
	case in.Stages[0] > maxReminderStage || in.Stages[len(in.Stages)-1] < 1:
		return invalid("stages", "a stage is between 1 hour and %d days before the deadline", longestWindow)
	case len(in.Channels) == 0:
		return invalid("channels", "say how to reach them: EMAIL, GATEWAY or both")
	case !slices.Contains(in.Language.Values(), string(in.Language)):
		return invalid("language", "the language is ID or EN")
	}
	for _, c := range in.Channels {
		if !slices.Contains(c.Values(), string(c)) {
			return invalid("channels", "the channels are EMAIL and GATEWAY")
		}
	}
	in.Channels = slices.Compact(slices.Sorted(slices.Values(in.Channels)))
	return nil
}

func (in *PlanReminders) same(plan *ent.ReminderPlan) bool {
	return plan.Stages == joinStages(in.Stages) && plan.Channels == joinChannels(in.Channels) && plan.Language == in.Language
}

func planInForce(ctx context.Context, tx *db.Tx, cohort int) (*ent.ReminderPlan, error) {
	return tx.Client.ReminderPlan.Query().Where(reminderplan.CohortID(cohort), reminderplan.StoppedAtIsNil()).Only(ctx)
}

// someoneHasTimeLeft refuses a plan that would remind nobody. A cohort may be planned for before its participants are
// imported.
func someoneHasTimeLeft(ctx context.Context, tx *db.Tx, c *ent.Cohort) error {
	if tx.Now.Before(c.Deadline) {
		return nil
	}
	some, err := tx.Client.Participant.Query().Where(entparticipant.CohortID(c.ID), entparticipant.FirstPurchaseIDIsNil(), entparticipant.RevokedAtIsNil(),
		entparticipant.DeadlineGT(tx.Now)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for participants with time left: %w", err)
	}
	if !some {
		return notPossible("cohort", "the deadline of cohort %d has passed for everybody who has not bought: there is nobody to remind", c.ID)
	}
	return nil
}

func joinStages(stages []int) string {
	texts := make([]string, len(stages))
	for i, s := range stages {
		texts[i] = strconv.Itoa(s)
	}
	return strings.Join(texts, ",")
}

func splitStages(stored string) ([]int, error) {
	var stages []int
	for s := range strings.SplitSeq(stored, ",") {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, errors.New("the stages of a plan of reminders cannot be read")
		}
		stages = append(stages, n)
	}
	return stages, nil
}

func joinChannels(channels []rules.ReminderChannel) string {
	texts := make([]string, len(channels))
	for i, c := range channels {
		texts[i] = string(c)
	}
	return strings.Join(texts, ",")
}

func splitChannels(stored string) []rules.ReminderChannel {
	var channels []rules.ReminderChannel
	for s := range strings.SplitSeq(stored, ",") {
		channels = append(channels, rules.ReminderChannel(s))
	}
	return channels
}

// ReminderCount is how many reminders of a plan stand where.
type ReminderCount struct {
	Stage   int // hours before the deadline
	Channel rules.ReminderChannel
	State   rules.ReminderState
	Skipped rules.ReminderSkip // empty but for the state SKIPPED
	N       int
}

// ReminderCounts returns what became of a plan's reminders: by stage, the largest first, channel, state and reason. The
// caller has asked the viewer.
func (r *Registry) ReminderCounts(ctx context.Context, plan int) ([]ReminderCount, error) {
	var counts []ReminderCount
	err := queryAll(ctx, r.db.Read, &counts, func(c *ReminderCount) []any { return []any{&c.Stage, &c.Channel, &c.State, &c.Skipped, &c.N} },
		"SELECT stage, channel, state, COALESCE(skipped, ''), COUNT(*) FROM reminders WHERE plan_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4", plan)
	if err != nil {
		return nil, fmt.Errorf("count the reminders: %w", err)
	}
	return counts, nil
}

// forcedPlan is a plan in force.
type forcedPlan struct {
	id, cohort int
	stages     []int
	channels   []rules.ReminderChannel
}

// deadlinesAhead returns the different deadlines, after an instant, of the cohort's participants who have not bought, the
// earliest first. There are few, and each is found in the index: the participants are not read.
func (r *Registry) deadlinesAhead(ctx context.Context, cohort int, after time.Time) ([]time.Time, error) {
	var deadlines []time.Time
	for {
		var next db.Time
		err := r.db.Fresh.QueryRowContext(ctx, "SELECT MIN(deadline) FROM participants WHERE cohort_id = $1 AND deadline > $2"+
			" AND first_purchase_id IS NULL AND revoked_at IS NULL", cohort, after).Scan(&next)
		if err != nil {
			return nil, fmt.Errorf("look for deadlines: %w", err)
		}
		if next.IsZero() {
			return deadlines, nil
		}
		deadlines, after = append(deadlines, next.Time), next.Time
	}
}
