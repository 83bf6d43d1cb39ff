package question

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gelombang/internal/viewer"
)

// three is a page of the catalogue with how well each offering sells.
func three() Question {
	return Question{
		Name: "Q3", Title: "20 offerings with their platforms and how often each was bought",
		Role: viewer.Officer,
		Ours: `query Q3($after: String) {
  offerings(first: 20, after: $after, orderBy: [{ field: TITLE }]) {
    nodes { courseCode title price platform { code name } purchases { totalCount } }
    pageInfo { hasNextPage endCursor }
  }
}`,
		Theirs: `query Q3($after: Cursor) {
  offerings: allOfferings(first: 20, after: $after, orderBy: [TITLE_ASC]) {
    nodes { courseCode title price platform: platformByPlatformId { code name } purchases: purchasesByOfferingId { totalCount } }
    pageInfo { hasNextPage endCursor }
  }
}`,
		Floor: `WITH page AS MATERIALIZED (
  SELECT * FROM offerings WHERE (title, id) > (SELECT title, id FROM offerings WHERE id = :after) ORDER BY title, id LIMIT 21
)
SELECT json_build_object('offerings', json_build_object(
  'nodes', (SELECT COALESCE(json_agg(json_build_object('courseCode', o.course_code, 'title', o.title, 'price', o.price,
    'platform', json_build_object('code', f.code, 'name', f.name),
    'purchases', json_build_object('totalCount', (SELECT count(*) FROM purchases q WHERE q.offering_id = o.id))) ORDER BY o.title, o.id), '[]')
    FROM (SELECT * FROM page ORDER BY title, id LIMIT 20) o JOIN platforms f ON f.id = o.platform_id),
  'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > 20 FROM page))))`,
		Draws: func(w *World) string { return fmt.Sprintf("\\set after random(1, %d)\n", w.Data.Offerings) },
		Keys:  keysOfThree,
		read: func(_ *World, _ Side, data []byte) (any, error) {
			return decode[struct {
				Offerings struct {
					nodes[struct {
						CourseCode, Title string
						Price             number
						Platform          platform
						Purchases         struct{ TotalCount number }
					}]
					PageInfo struct{ HasNextPage bool }
				}
			}](data)
		},
	}
}

const (
	cursorsOfThree      = `query($after: String) { list: offerings(first: 20, after: $after, orderBy: [{ field: TITLE }]) { pageInfo { hasNextPage endCursor } } }`
	theirCursorsOfThree = `query($after: Cursor) { list: allOfferings(first: 20, after: $after, orderBy: [TITLE_ASC]) { pageInfo { hasNextPage endCursor } } }`
)

func keysOfThree(ctx context.Context, w *World, draw *rand.Rand, n int) ([]Key, error) {
	none := map[string]any{}
	pages, err := w.walk(ctx, viewer.Officer, cursorsOfThree, theirCursorsOfThree, none, none, w.Data.Offerings/20)
	if err != nil {
		return nil, err
	}
	ends, err := w.ids(ctx, "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY title, id) AS n FROM offerings) o WHERE n % 20 = 0 ORDER BY n")
	if err != nil {
		return nil, err
	}
	pages = pages[1:] // the first has no cursor
	for i := range pages {
		pages[i].Floor = map[string]any{"after": ends[i]}
	}
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = pages[draw.IntN(len(pages))]
	}
	return keys, nil
}
