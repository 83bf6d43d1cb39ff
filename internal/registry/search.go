package registry

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"gelombang/internal/db"
	"gelombang/internal/searchtext"
)

// RenewSearch makes the text anew in which the catalogue is searched, where what is stored is not what this program
// makes of the offering: a migration or an earlier version left it. It returns how many it changed, and may be
// repeated at any time.
func (r *Registry) RenewSearch(ctx context.Context) (int, error) {
	stale, err := staleSearch(ctx, r.db.Write, "")
	if err != nil {
		return 0, fmt.Errorf("look for stale search texts: %w", err)
	}
	if len(stale) == 0 {
		return 0, nil
	}
	changed := 0
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		// Again, and locked: somebody may have changed an offering meanwhile.
		these := " WHERE " + tx.Dialect.Any("id", 1) + " ORDER BY id" + tx.Dialect.ForUpdate()
		locked, err := staleSearch(ctx, tx, these, tx.Dialect.Ints(slices.Sorted(maps.Keys(stale))))
		if err != nil {
			return err
		}
		rows := make([][]any, 0, len(locked))
		for _, id := range slices.Sorted(maps.Keys(locked)) {
			rows = append(rows, []any{id, locked[id]})
		}
		changed = len(rows)
		return db.Bulk{Table: "offerings", Columns: []string{"search"}, Rows: rows}.Update(ctx, tx, []string{"BIGINT", "TEXT"})
	})
	if err != nil {
		return 0, fmt.Errorf("renew search texts: %w", err)
	}
	return changed, nil
}

// staleSearch returns, by id, what the text should be of the offerings whose text is another. The clauses follow the
// name of the table.
func staleSearch(ctx context.Context, x db.Execer, clauses string, args ...any) (map[int]string, error) {
	stale := map[int]string{}
	err := db.Query(ctx, x, func(rows *sql.Rows) error {
		var id int
		var title, provider, category, search string
		if err := rows.Scan(&id, &title, &provider, &category, &search); err != nil {
			return err
		}
		if want := searchtext.Of(title, provider, category); want != search {
			stale[id] = want
		}
		return nil
	}, "SELECT id, title, provider, category, search FROM offerings"+clauses, args...)
	return stale, err
}
