package seed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"gelombang/internal/registry"
)

// DemoOptions are how the demonstration's scenario is made.
type DemoOptions struct {
	// Scale is the share of the real size, more than 0 and at most 1. At 1 the cohorts 12 and 13 have
	// 600,000 participants each, and the scenario takes some minutes.
	Scale float64
	// Progress is told how far a step has come, from 0 to total: [StepPlan], then [StepRecord]. Optional.
	Progress func(step string, done, total int)
	// Disposable says that the database is thrown away in the end: SQLite then need not wait for the disk.
	Disposable bool
}

// The steps of [Demo].
const (
	StepPlan   = "planning what everybody does" // counts people
	StepRecord = "recording people and deliveries"
)

// DemoInfo is what there is to see in the scenario. It is the same for every run with the same scale.
type DemoInfo struct {
	// Secrets are the platforms' signing secrets, in the form whsec_…, by platform code. They are published in
	// this source, and good for the demonstration only.
	Secrets map[string]string

	Awaiting    []string // cards of cohort 13 without any purchase, with two days left
	Purchased   []string // cards of cohort 13; the second changed its mind about a first one
	Revoked     []string // cards of cohort 12: without any purchase, with a late one, with one that a person must judge
	UnderReview []string // cards of cohort 12, whose only purchase was voided after the deadline
	Reinstated  []string // cards of cohort 12 that were revoked until a person upheld late evidence
	Unknown     string   // a card nobody has registered, for which a purchase waits in quarantine

	Participants int
	Applied      int // deliveries
	Duplicates   int // deliveries that came again
	Quarantined  int // deliveries
	RevokedCount int
}

// Evening is when the scenario ends: Tuesday, 6 April 2021, 17:45 WIB.
var Evening = wib(time.April, 6, 17, 45)

// signatureTolerance is how far the platforms' timestamps may be off in the demonstration, so that a signed
// line that was printed at the beginning works all evening.
const signatureTolerance = 24 * time.Hour

// Demo tells the scenario of the demonstration, from the first cohort's announcement to [Evening]: cohort 12
// has just lost its latecomers, cohort 13 has two days left and some 12,000 (scaled) to go, and the
// cohorts 14 to 16 are on their way. It needs an empty database, and a registry whose clock shows [Evening].
//
// Every run with the same scale tells the same, but for what is encrypted.
func Demo(ctx context.Context, reg *registry.Registry, o DemoOptions) (DemoInfo, error) {
	if !(o.Scale > 0 && o.Scale <= 1) {
		return DemoInfo{}, fmt.Errorf("the scale is %v: it must be more than 0 and at most 1", o.Scale)
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	cohorts, err := texts(ctx, reg, "SELECT CAST(id AS TEXT) FROM cohorts")
	if err != nil {
		return DemoInfo{}, fmt.Errorf("look for cohorts: %w", err)
	}
	if len(cohorts) > 0 {
		return DemoInfo{}, errors.New("the demonstration needs an empty database: this one has cohorts")
	}
	d, err := newDemo(ctx, reg, o)
	if err != nil {
		return DemoInfo{}, err
	}
	if err := d.plan(); err != nil {
		return DemoInfo{}, err
	}
	if err := d.tell(ctx); err != nil {
		return DemoInfo{}, err
	}
	return d.info, nil
}

// fewest is the smallest number of people that still shows something.
const fewest = 8

// people is how many people a cohort has at the demonstration's scale.
func (o DemoOptions) people(c cast) int { return max(o.scaled(c.people), 5*fewest) }

// scaled is a real number of people at the demonstration's scale.
func (o DemoOptions) scaled(people int) int {
	return max(int(math.Round(float64(people)*o.Scale)), fewest)
}
