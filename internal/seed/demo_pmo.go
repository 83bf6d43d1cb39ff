package seed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// officer is who acts for the PMO in the scenario, and supervisor who approves.
var (
	officer    = viewer.Viewer{Role: viewer.Officer, Subject: "officer"}
	supervisor = viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor"}
)

// extendedProvince is Nusa Tenggara Timur, where a cyclone struck in the night to 5 April 2021. The extension
// is invented.
const extendedProvince = "53"

// planPMO has the latecomers of cohort 12 revoked by a settlement, once the time for late evidence was over,
// and an officer uphold what came in for one of them and give a province more time.
func (d *demo) planPMO() {
	d.acts = append(d.acts,
		act{wib(time.April, 5, 10, 0), settle},
		act{wib(time.April, 6, 9, 30), d.uphold},
		act{wib(time.April, 6, 14, 0), extend},
	)
}

// registerChunk is how many people are registered in one transaction.
const registerChunk = 5000

// register imports the cohort's people.
func (d *demo) register(ctx context.Context, reg *registry.Registry, number, people int) error {
	for done := 0; done < people; {
		rows := make([]registry.ParticipantRow, min(registerChunk, people-done))
		for i := range rows {
			rows[i] = person{number, done + i + 1}.row(d.provinces)
		}
		result, err := reg.ImportParticipants(ctx, officer, number, rows)
		if err != nil {
			return err
		}
		if result.Added != len(rows) {
			return fmt.Errorf("only %d of %d invented people were registered", result.Added, len(rows))
		}
		done += len(rows)
		d.progress(len(rows))
	}
	return nil
}

// settle closes cohort 12: the officer prepares the list, the supervisor approves it, and it is executed.
func settle(ctx context.Context, reg *registry.Registry) error {
	s, err := reg.PrepareSettlement(ctx, officer, registry.PrepareSettlement{Cohort: 12, Reason: "no training bought by 1 April 2021, 23:59 WIB"})
	if err != nil {
		return err
	}
	if _, err := reg.ApproveSettlement(ctx, supervisor, registry.ApproveSettlement{Settlement: s.ID, ListSHA256: s.ListSha256}); err != nil {
		return err
	}
	_, err = reg.Execute(ctx, officer, s.ID, nil)
	return err
}

func (d *demo) uphold(ctx context.Context, reg *registry.Registry) error {
	var review int
	err := db.Query(ctx, reg.DB().Write, func(rows *sql.Rows) error { return rows.Scan(&review) },
		"SELECT r.id FROM reviews r JOIN participants p ON p.id = r.participant_id WHERE r.closed_at IS NULL AND p.card_number = $1", d.upheld)
	if err != nil {
		return fmt.Errorf("find the review: %w", err)
	}
	if review == 0 {
		return errors.New("the late evidence has opened no review")
	}
	_, err = reg.DecideReview(ctx, officer, registry.DecideReview{
		Review: review, Decision: rules.DecisionUphold, Note: "The platform showed its payment record of 1 April.",
	})
	return err
}

func extend(ctx context.Context, reg *registry.Registry) error {
	_, err := reg.ExtendDeadline(ctx, officer, registry.ExtendDeadline{
		Cohort: 13, Scope: rules.ExtendProvince, Province: extendedProvince, LastDay: wib(time.April, 15, 0, 0),
		Reference: "SK contoh 1/2021", Reason: "the cyclone of 5 April (an invented extension)",
	})
	return err
}
