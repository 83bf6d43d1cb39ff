package registrytest

import (
	"context"
	"time"

	"gelombang/ent"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// Settle settles the cohort at what the clock shows: [Officer] prepares, [Supervisor] approves, and the whole list is
// executed. The lag limit must be over, or everything be stated: see [Fixture.State].
func (f *Fixture) Settle(cohort int) *ent.Settlement {
	f.T.Helper()
	s, err := f.TrySettle(cohort)
	if err != nil {
		f.T.Fatalf("settle cohort %d: %v", cohort, err)
	}
	return s
}

// TrySettle is [Fixture.Settle] for tests that bear a refusal.
func (f *Fixture) TrySettle(cohort int) (*ent.Settlement, error) {
	s, err := f.Approved(cohort)
	if err != nil {
		return nil, err
	}
	return f.Execute(context.Background(), Officer, s.ID, nil)
}

// Approved has [Officer] prepare and [Supervisor] approve a settlement of the cohort, and returns it unexecuted.
func (f *Fixture) Approved(cohort int) (*ent.Settlement, error) {
	s, err := f.PrepareSettlement(context.Background(), Officer, registry.PrepareSettlement{Cohort: cohort, Reason: "no purchase"})
	if err != nil {
		return nil, err
	}
	return f.ApproveSettlement(context.Background(), Supervisor, registry.ApproveSettlement{Settlement: s.ID, ListSHA256: s.ListSha256})
}

// State has every platform of the fixture state, now, that it has sent everything that was bought before the instant.
func (f *Fixture) State(through time.Time) {
	f.T.Helper()
	for code := range f.Platforms {
		f.Send(f.Message(code, rules.CompleteThrough{Timestamp: f.Clock.Now(), Through: through, Count: 1, Amount: 250_000}))
	}
}
