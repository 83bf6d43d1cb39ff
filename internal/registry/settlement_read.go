package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// SummaryOf returns how the settlement's list is made up.
func SummaryOf(s *ent.Settlement) (SettlementSummary, error) {
	var summary SettlementSummary
	if err := json.Unmarshal([]byte(s.Summary), &summary); err != nil {
		return SettlementSummary{}, fmt.Errorf("the summary of settlement %d: %w", s.ID, err)
	}
	return summary, nil
}

// EvidenceOf returns what was known when the settlement's list was made.
func EvidenceOf(s *ent.Settlement) (SettlementEvidence, error) {
	var evidence SettlementEvidence
	if err := json.Unmarshal([]byte(s.Evidence), &evidence); err != nil {
		return SettlementEvidence{}, fmt.Errorf("the evidence of settlement %d: %w", s.ID, err)
	}
	return evidence, nil
}

// sameRules refuses a list that was made under other rules than those in force here: what was awaited for it, or who is
// on it, may be other than who approves it takes for granted, and so may be what its execution awaits.
func (r *Registry) sameRules(s *ent.Settlement) error {
	evidence, err := EvidenceOf(s)
	if err != nil {
		return err
	}
	differences := r.settings.Differences(evidence.Settings)
	if len(differences) == 0 {
		return nil
	}
	return notPossible("settlement", "the list of settlement %d was made with other rules than those in force here (%s): give this program the same, or discard the list (once it has revoked somebody: reverse it) and prepare it anew",
		s.ID, strings.Join(differences, "; "))
}

// SettlementCounts returns how many of a settlement's list stand where. Whoever calls it has asked the viewer.
func (r *Registry) SettlementCounts(ctx context.Context, id int) (map[rules.EntryOutcome]int, error) {
	return countOutcomes(ctx, r.db.Fresh, id)
}

func countOutcomes(ctx context.Context, q db.Execer, id int) (map[rules.EntryOutcome]int, error) {
	counts := map[rules.EntryOutcome]int{}
	err := db.Query(ctx, q, func(rows *sql.Rows) error {
		var outcome rules.EntryOutcome
		var n int
		err := rows.Scan(&outcome, &n)
		counts[outcome] = n
		return err
	}, "SELECT outcome, COUNT(*) FROM settlement_entries WHERE settlement_id = $1 GROUP BY outcome", id)
	if err != nil {
		return nil, fmt.Errorf("count the entries of the list: %w", err)
	}
	return counts, nil
}
