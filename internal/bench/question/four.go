package question

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// four is an analyst's week.
func four() Question {
	return Question{
		Name: "Q4", Title: "purchases by platform and WIB day, over 7 days: count and sum",
		Role: viewer.Analyst,
		Ours: `query Q4($from: DateTime!, $before: DateTime!) {
  purchaseAggregate(filter: { purchasedAt: { from: $from, before: $before } }, groupBy: [PLATFORM, DAY]) {
    rows { key { platform { code } day } count amount { sum } }
  }
}`,
		Theirs: `query Q4($from: Datetime!, $before: Datetime!) {
  purchases: allPurchases(filter: { purchasedAt: { greaterThanOrEqualTo: $from, lessThan: $before } }) {
    rows: groupedAggregates(groupBy: [PLATFORM_ID, PURCHASED_AT_TRUNCATED_TO_DAY]) { keys count { rowId } sum { amount } }
  }
}`,
		Floor: `SELECT json_build_object('purchaseAggregate', json_build_object('rows', COALESCE(json_agg(json_build_object(
  'key', json_build_object('platform', json_build_object('code', f.code), 'day', g.day), 'count', g.count, 'amount', json_build_object('sum', g.sum))), '[]')))
FROM (SELECT platform_id, CAST(purchased_at AT TIME ZONE 'Asia/Jakarta' AS date) AS day, count(*), sum(amount) FROM purchases
  WHERE purchased_at >= to_timestamp(:from) AND purchased_at < to_timestamp(:before) GROUP BY 1, 2) g JOIN platforms f ON f.id = g.platform_id`,
		Draws: func(w *World) string {
			return fmt.Sprintf("\\set from %d - random(0, %d) * 86400\n\\set before :from + 7 * 86400\n", w.lastWeek().Unix(), weeks-1)
		},
		Keys: func(_ context.Context, w *World, draw *rand.Rand, n int) ([]Key, error) {
			keys := make([]Key, min(n, weeks))
			for i, days := range draw.Perm(weeks)[:len(keys)] {
				from := w.lastWeek().AddDate(0, 0, -days)
				span := map[string]any{"from": from, "before": from.AddDate(0, 0, 7)}
				keys[i] = Key{Ours: span, Theirs: span, Floor: map[string]any{"from": from.Unix(), "before": from.AddDate(0, 0, 7).Unix()}}
			}
			return keys, nil
		},
		read: readFour,
	}
}

// weeks is how many spans of seven days are asked for.
const weeks = 90

// lastWeek is the beginning of the last seven whole WIB days of the data set.
func (w *World) lastWeek() time.Time { return rules.StartOfDay(w.Data.AsOf).AddDate(0, 0, -7) }

type dayRow struct {
	Key struct {
		Platform struct{ Code string }
		Day      string
	}
	Count  number
	Amount struct{ Sum number }
}

func readFour(w *World, side Side, data []byte) (any, error) {
	var rows []dayRow
	if side == Theirs {
		answer, err := decode[struct {
			Purchases struct {
				Rows []struct {
					Keys  []string
					Count struct{ RowID number }
					Sum   struct{ Amount number }
				}
			}
		}](data)
		if err != nil {
			return nil, err
		}
		for _, r := range answer.Purchases.Rows {
			if len(r.Keys) != 2 {
				return nil, errors.New("a group does not have two keys")
			}
			day, _, _ := strings.Cut(strings.Replace(r.Keys[1], " ", "T", 1), "T")
			row := dayRow{Count: r.Count.RowID}
			row.Key.Platform.Code, row.Key.Day, row.Amount.Sum = w.platforms[r.Keys[0]], day, r.Sum.Amount
			rows = append(rows, row)
		}
	} else {
		answer, err := decode[struct{ PurchaseAggregate struct{ Rows []dayRow } }](data)
		if err != nil {
			return nil, err
		}
		rows = answer.PurchaseAggregate.Rows
	}
	slices.SortFunc(rows, func(a, b dayRow) int {
		return cmp.Or(cmp.Compare(a.Key.Platform.Code, b.Key.Platform.Code), cmp.Compare(a.Key.Day, b.Key.Day))
	})
	return rows, nil
}

// Learn reads what the reading of answers needs.
func (w *World) Learn(ctx context.Context) error {
	w.platforms = map[string]string{}
	return db.Query(ctx, w.DB.Read, func(rows *sql.Rows) error {
		var id, code string
		err := rows.Scan(&id, &code)
		w.platforms[id] = code
		return err
	}, "SELECT CAST(id AS text), code FROM platforms")
}
