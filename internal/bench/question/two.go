package question

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"

	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// two is a page of those at risk, as the PMO's back office shows it.
func two() Question {
	return Question{
		Name: "Q2", Title: "50 at risk of a cohort, a keyset page, with purchases, their offerings and platforms",
		Role: viewer.Officer,
		Ours: `query Q2($cohort: Int!, $after: String) {
  participants(filter: { cohort: [$cohort], status: [AWAITING] }, first: 50, after: $after) {
    nodes {
      cardNumber deadline balance
      purchases(first: 10, orderBy: [{ field: PURCHASED_AT }]) {
        nodes { invoiceCode amount purchasedAt offering { courseCode title platform { code name } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
		Theirs: `query Q2($cohort: BigInt!, $now: Datetime!, $after: Cursor) {
  participants: allParticipants(
    filter: { cohortId: { equalTo: $cohort }, firstPurchaseId: { isNull: true }, revokedAt: { isNull: true }, reviewOpen: { equalTo: false }, deadline: { greaterThan: $now } }
    first: 50
    after: $after
  ) {
    nodes {
      cardNumber deadline balance
      purchases: purchasesByParticipantId(first: 10, orderBy: [PURCHASED_AT_ASC]) {
        nodes { invoiceCode amount purchasedAt offering: offeringByOfferingId { courseCode title platform: platformByPlatformId { code name } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
		Floor: `WITH page AS MATERIALIZED (
  SELECT id, card_number, deadline, balance FROM participants
  WHERE cohort_id = :cohort AND first_purchase_id IS NULL AND revoked_at IS NULL AND NOT review_open AND deadline > now() AND id > :after
  ORDER BY id LIMIT 51
)
SELECT json_build_object('participants', json_build_object(
  'nodes', (SELECT COALESCE(json_agg(json_build_object('cardNumber', p.card_number, 'deadline', p.deadline, 'balance', p.balance,
    'purchases', json_build_object('nodes', (SELECT COALESCE(json_agg(json_build_object('invoiceCode', q.invoice_code, 'amount', q.amount, 'purchasedAt', q.purchased_at,
      'offering', json_build_object('courseCode', o.course_code, 'title', o.title, 'platform', json_build_object('code', f.code, 'name', f.name)))), '[]')
      FROM (SELECT * FROM purchases WHERE participant_id = p.id ORDER BY purchased_at, id LIMIT 10) q
      JOIN offerings o ON o.id = q.offering_id JOIN platforms f ON f.id = o.platform_id)))), '[]') FROM (SELECT * FROM page ORDER BY id LIMIT 50) p),
  'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > 50 FROM page))))`,
		Draws: func(w *World) string {
			open := w.Data.Open(w.Now)
			return fmt.Sprintf("\\set n random(0, %d)\n\\set cohort :n + %d\n\\set after %d + :n * %d + random(0, %d)\n",
				len(open)-1, open[0].Number, open[0].FirstID, open[0].Size, open[0].Size*9/10)
		},
		Keys: keysOfTwo,
		read: readTwo,
	}
}

// pagesOfTwo is after how many pages of each cohort a page is asked for.
const pagesOfTwo = 60

// cursorsOfTwo are documents that find the ends of pages, of 100.
const (
	cursorsOfTwo      = `query($cohort: Int!, $after: String) { list: participants(filter: { cohort: [$cohort], status: [AWAITING] }, first: 100, after: $after) { pageInfo { hasNextPage endCursor } } }`
	theirCursorsOfTwo = `query($cohort: BigInt!, $now: Datetime!, $after: Cursor) { list: allParticipants(filter: { cohortId: { equalTo: $cohort },
 firstPurchaseId: { isNull: true }, revokedAt: { isNull: true }, reviewOpen: { equalTo: false }, deadline: { greaterThan: $now } }, first: 100, after: $after) { pageInfo { hasNextPage endCursor } } }`
)

func keysOfTwo(ctx context.Context, w *World, draw *rand.Rand, n int) ([]Key, error) {
	var pages [][]Key // by cohort
	for _, c := range w.Data.Open(w.Now) {
		ours, theirs := map[string]any{"cohort": c.Number}, map[string]any{"cohort": fmt.Sprint(c.Number), "now": w.Now}
		walked, err := w.walk(ctx, viewer.Officer, cursorsOfTwo, theirCursorsOfTwo, ours, theirs, pagesOfTwo)
		if err != nil {
			return nil, err
		}
		ends, err := w.ids(ctx, `SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM participants
			WHERE cohort_id = $1 AND first_purchase_id IS NULL AND revoked_at IS NULL AND NOT review_open AND deadline > $2) p WHERE n % 100 = 0 ORDER BY id`, c.Number, w.Now)
		if err != nil {
			return nil, err
		}
		for i := range walked {
			walked[i].Floor = map[string]any{"cohort": c.Number, "after": 0}
			if i > 0 {
				walked[i].Floor["after"] = ends[i-1]
			}
		}
		if len(walked) > 1 {
			walked = walked[1:] // the page without a cursor is another question
		}
		pages = append(pages, walked)
	}
	keys := make([]Key, n)
	for i := range keys {
		of := pages[i%len(pages)]
		keys[i] = of[draw.IntN(len(of))]
	}
	return keys, nil
}

// ids returns the ids that a query yields.
func (w *World) ids(ctx context.Context, query string, args ...any) ([]int, error) {
	var ids []int
	err := db.Query(ctx, w.DB.Read, func(rows *sql.Rows) error {
		var id int
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
	return ids, err
}

// walk follows the pages of a list on both sides, and returns the variables for each of them.
func (w *World) walk(ctx context.Context, role viewer.Role, ourDocument, theirDocument string, ours, theirs map[string]any, pages int) ([]Key, error) {
	keys := []Key{{Ours: ours, Theirs: theirs}}
	for len(keys) < pages {
		next, _, err := w.end(ctx, Ours, role, ourDocument, ours)
		if err != nil {
			return nil, err
		}
		theirNext, there, err := w.end(ctx, Theirs, role, theirDocument, theirs)
		if err != nil {
			return nil, err
		}
		if there && (next == "") != (theirNext == "") {
			return nil, fmt.Errorf("after %d pages one list has ended and the other has not", len(keys))
		}
		if next == "" {
			break
		}
		ours, theirs = with(ours, "after", next), with(theirs, "after", theirNext)
		keys = append(keys, Key{Ours: ours, Theirs: theirs})
	}
	return keys, nil
}

// end asks for a page and returns the cursor of its end, empty for the last, and whether anybody is there on that side.
func (w *World) end(ctx context.Context, side Side, role viewer.Role, document string, variables map[string]any) (cursor string, there bool, err error) {
	data, err := w.Ask(ctx, side, role, "", document, variables)
	if err != nil || data == nil {
		return "", false, err
	}
	page, err := decode[struct {
		List struct {
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
	}](data)
	if err != nil || !page.List.PageInfo.HasNextPage {
		return "", true, err
	}
	return page.List.PageInfo.EndCursor, true, nil
}

// with returns the variables and one more.
func with(variables map[string]any, name string, value any) map[string]any {
	out := map[string]any{name: value}
	for k, v := range variables {
		if k != name {
			out[k] = v
		}
	}
	return out
}

type atRisk struct {
	CardNumber string
	Deadline   instant
	Balance    number
	Purchases  nodes[struct {
		sale
		Offering struct {
			CourseCode, Title string
			Platform          platform
		}
	}]
}

func readTwo(_ *World, _ Side, data []byte) (any, error) {
	answer, err := decode[struct {
		Participants struct {
			nodes[atRisk]
			PageInfo struct{ HasNextPage bool }
		}
	}](data)
	for i := range answer.Participants.Nodes {
		answer.Participants.Nodes[i].Purchases.tidy()
	}
	return answer, err
}
