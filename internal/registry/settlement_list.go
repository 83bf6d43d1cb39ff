package registry

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// SettlementEvidence is what was known when a list was made, as its settlement keeps it in JSON.
type SettlementEvidence struct {
	At          time.Time            `json:"at"`
	Platforms   []rules.PlatformWord `json:"platforms"` // the active ones, by code
	LagLimit    time.Duration        `json:"lagLimitNs"`
	Quarantined int                  `json:"quarantined"` // deliveries that named a card of the cohort: none
	Unreadable  int                  `json:"unreadable"`  // deliveries in quarantine that named nobody and nothing
	Outstanding int                  `json:"outstanding"` // participants with time left, who are not on the list
	Settings    rules.Settings       `json:"settings"`
}

// SettlementSummary is how a list is made up, as its settlement keeps it in JSON.
type SettlementSummary struct {
	Provinces []ProvinceCount `json:"provinces"` // the largest first
	// Platforms counts those who have bought at a platform, late or voided, by code; under the empty code those who
	// never bought anything. Who bought at two is counted at both.
	Platforms []PlatformCount `json:"platforms"`
}

// ProvinceCount is how many of a list live in a province.
type ProvinceCount struct {
	Province string `json:"province"` // BPS code; empty for none
	Count    int    `json:"count"`
}

// PlatformCount is how many of a list have a purchase recorded at a platform.
type PlatformCount struct {
	Platform string `json:"platform"` // code; empty for none anywhere
	Count    int    `json:"count"`
}

// writeList writes the settlement and its list. Whom the list holds, with which deadline and how many purchases, is
// read by one statement.
func (r *Registry) writeList(ctx context.Context, tx *db.Tx, v viewer.Viewer, in PrepareSettlement, closing Closing) (*ent.Settlement, error) {
	evidence, err := json.Marshal(SettlementEvidence{
		At: tx.Now, Platforms: closing.Platforms, LagLimit: r.settings.LagLimit, Quarantined: closing.Quarantined, Unreadable: closing.Unreadable,
		Outstanding: closing.Outstanding, Settings: r.settings,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the evidence: %w", err)
	}
	s, err := tx.Client.Settlement.Create().SetCohortID(in.Cohort).SetState(rules.SettlementPreviewed).SetThrough(closing.Through).
		SetEvidence(string(evidence)).SetReason(in.Reason).SetPreparedAt(tx.Now).SetPreparedBy(v.Subject).
		SetListed(0).SetListSha256("").SetSummary("").SetReserve(0). // known when the list is written
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("record the settlement: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO settlement_entries (settlement_id, participant_id, deadline, purchases, outcome)"+
		" SELECT CAST($1 AS BIGINT), p.id, p.deadline, (SELECT COUNT(*) FROM purchases q WHERE q.participant_id = p.id), 'LISTED' FROM participants p"+
		" WHERE p.cohort_id = $2 AND p.deadline <= $3 AND (p.first_purchase_id IS NULL) AND (p.revoked_at IS NULL) AND NOT p.review_open ORDER BY p.id",
		s.ID, in.Cohort, closing.Through)
	if err != nil {
		return nil, fmt.Errorf("write the list: %w", err)
	}
	return describeList(ctx, tx, s.ID, in, r.settings)
}

// describeList completes the settlement by what its list is.
func describeList(ctx context.Context, tx *db.Tx, id int, in PrepareSettlement, settings rules.Settings) (*ent.Settlement, error) {
	listed, hash, err := hashList(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("hash the list: %w", err)
	}
	if listed == 0 {
		return nil, notPossible("cohort", "nobody of cohort %d is overdue any more: there is nothing to settle", in.Cohort)
	}
	reserve := settings.ReserveOf(listed)
	if in.Reserve != nil {
		reserve = *in.Reserve
	}
	if reserve > listed {
		return nil, invalid("reserve", "the list has %d participants: no more than %d places can be kept", listed, listed)
	}
	summary, err := summarise(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("sum up the list: %w", err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE settlements SET listed = $2, list_sha256 = $3, summary = $4, reserve = $5 WHERE id = $1", id, listed, hash, summary, reserve)
	if err != nil {
		return nil, fmt.Errorf("record what the list is: %w", err)
	}
	s, err := tx.Client.Settlement.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load the settlement: %w", err)
	}
	return s, nil
}

// hashList returns how long the list is and the SHA-256, in hex, of the card numbers on it in ascending order, each
// followed by a line feed.
func hashList(ctx context.Context, tx *db.Tx, id int) (int, string, error) {
	var cards []string
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var card string
		err := rows.Scan(&card)
		cards = append(cards, card)
		return err
	}, "SELECT p.card_number FROM settlement_entries e JOIN participants p ON p.id = e.participant_id WHERE e.settlement_id = $1", id)
	if err != nil {
		return 0, "", err
	}
	slices.Sort(cards)
	hash := sha256.New()
	for _, card := range cards {
		hash.Write([]byte(card + "\n"))
	}
	return len(cards), hex.EncodeToString(hash.Sum(nil)), nil
}

func summarise(ctx context.Context, tx *db.Tx, id int) (string, error) {
	summary := SettlementSummary{Provinces: []ProvinceCount{}, Platforms: []PlatformCount{}}
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var p ProvinceCount
		err := rows.Scan(&p.Province, &p.Count)
		summary.Provinces = append(summary.Provinces, p)
		return err
	}, "SELECT COALESCE(p.province, ''), COUNT(*) FROM settlement_entries e JOIN participants p ON p.id = e.participant_id WHERE e.settlement_id = $1 GROUP BY 1", id)
	if err != nil {
		return "", err
	}
	slices.SortFunc(summary.Provinces, func(a, b ProvinceCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Province, b.Province))
	})
	err = db.Query(ctx, tx, func(rows *sql.Rows) error {
		var p PlatformCount
		err := rows.Scan(&p.Platform, &p.Count)
		summary.Platforms = append(summary.Platforms, p)
		return err
	}, "SELECT f.code, COUNT(DISTINCT e.participant_id) FROM settlement_entries e JOIN purchases q ON q.participant_id = e.participant_id"+
		" JOIN platforms f ON f.id = q.platform_id WHERE e.settlement_id = $1 AND e.purchases > 0 GROUP BY f.code"+
		" UNION ALL SELECT '', COUNT(*) FROM settlement_entries e WHERE e.settlement_id = $1 AND e.purchases = 0", id)
	if err != nil {
		return "", err
	}
	slices.SortFunc(summary.Platforms, func(a, b PlatformCount) int { return cmp.Compare(a.Platform, b.Platform) })
	text, err := json.Marshal(summary)
	return string(text), err
}
