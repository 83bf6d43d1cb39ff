package question

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"gelombang/internal/viewer"
)

// five is where those at risk live.
func five() Question {
	return Question{
		Name: "Q5", Title: "at risk by province, one cohort",
		Role: viewer.Analyst,
		Ours: `query Q5($cohort: Int!) {
  participantAggregate(filter: { cohort: [$cohort], status: [AWAITING] }, groupBy: [PROVINCE]) {
    rows { key { province { code } } count }
  }
}`,
		Theirs: `query Q5($cohort: BigInt!, $now: Datetime!) {
  participants: allParticipants(
    filter: { cohortId: { equalTo: $cohort }, firstPurchaseId: { isNull: true }, revokedAt: { isNull: true }, reviewOpen: { equalTo: false }, deadline: { greaterThan: $now } }
  ) {
    rows: groupedAggregates(groupBy: [PROVINCE]) { keys count { rowId } }
  }
}`,
		Floor: `SELECT json_build_object('participantAggregate', json_build_object('rows', COALESCE(json_agg(json_build_object(
  'key', json_build_object('province', json_build_object('code', g.province)), 'count', g.count)), '[]')))
FROM (SELECT province, count(*) FROM participants
  WHERE cohort_id = :cohort AND first_purchase_id IS NULL AND revoked_at IS NULL AND NOT review_open AND deadline > now() GROUP BY province) g`,
		Draws: func(w *World) string {
			open := w.Data.Open(w.Now)
			return fmt.Sprintf("\\set cohort random(%d, %d)\n", open[0].Number, open[len(open)-1].Number)
		},
		Keys: func(_ context.Context, w *World, _ *rand.Rand, _ int) ([]Key, error) {
			var keys []Key
			for _, c := range w.Data.Open(w.Now) {
				keys = append(keys, Key{
					Ours: map[string]any{"cohort": c.Number}, Theirs: map[string]any{"cohort": fmt.Sprint(c.Number), "now": w.Now}, Floor: map[string]any{"cohort": c.Number},
				})
			}
			return keys, nil
		},
		read: readFive,
	}
}

type provinceRow struct {
	Key   struct{ Province struct{ Code string } }
	Count number
}

func readFive(_ *World, side Side, data []byte) (any, error) {
	var rows []provinceRow
	if side == Theirs {
		answer, err := decode[struct {
			Participants struct {
				Rows []struct {
					Keys  []string
					Count struct{ RowID number }
				}
			}
		}](data)
		if err != nil {
			return nil, err
		}
		for _, r := range answer.Participants.Rows {
			if len(r.Keys) != 1 {
				return nil, errors.New("a group does not have one key")
			}
			row := provinceRow{Count: r.Count.RowID}
			row.Key.Province.Code = r.Keys[0]
			rows = append(rows, row)
		}
	} else {
		answer, err := decode[struct{ ParticipantAggregate struct{ Rows []provinceRow } }](data)
		if err != nil {
			return nil, err
		}
		rows = answer.ParticipantAggregate.Rows
	}
	slices.SortFunc(rows, func(a, b provinceRow) int { return cmp.Compare(a.Key.Province.Code, b.Key.Province.Code) })
	return rows, nil
}
