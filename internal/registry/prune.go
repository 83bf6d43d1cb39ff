package registry

import (
	"context"
	"fmt"
	"time"

	"gelombang/internal/db"
)

// pruneBatch is how many bodies are removed in one transaction, so that the intake never waits long.
const pruneBatch = 1000

// PruneBodies removes the bodies and the signature headers of deliveries that were settled more than keep
// ago, and returns how many. What they led to stays, and so does the key by which a repetition is known,
// for ever. A delivery in quarantine keeps its body, whatever its age: it may still be applied.
func (r *Registry) PruneBodies(ctx context.Context, keep time.Duration) (int, error) {
	before, pruned := r.Now().Add(-keep), 0
	for {
		n, err := r.pruneBodies(ctx, before)
		pruned += n
		if err != nil || n < pruneBatch {
			return pruned, err
		}
	}
}

func (r *Registry) pruneBodies(ctx context.Context, before time.Time) (pruned int, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE deliveries SET body = NULL, headers = '{}' WHERE id IN (SELECT id FROM deliveries"+
			" WHERE body IS NOT NULL AND settled_at < $1 ORDER BY settled_at LIMIT $2)", before, pruneBatch)
		if err != nil {
			return fmt.Errorf("remove the bodies of old deliveries: %w", err)
		}
		n, err := res.RowsAffected()
		pruned = int(n)
		return err
	})
	return pruned, err
}
