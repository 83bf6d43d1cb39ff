package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/ent/settlement"
	"gelombang/internal/db"
)

// Progress is how far something has come that is done in chunks.
type Progress struct {
	Done, Of int
	Finished bool
	// Busy says that somebody else is at work on it: nothing was done, and how far it is was not looked at.
	Busy bool
}

const (
	// lookEvery is how soon to look again at what somebody else is at work on.
	lookEvery = time.Second
	// leastPause is the shortest pause between two chunks on SQLite.
	leastPause = 25 * time.Millisecond
)

// Pause leaves others their turn between two chunks, of which the last took so long. It returns the context's error when
// that ends.
//
// On SQLite, whoever waits for the writer in another process looks for it at intervals that grow from 1 to 100
// milliseconds, and would hardly ever find it free: the writer is left to others for as long as it was held. On Postgres
// they wait in turn. For what somebody else is at work on, it waits until it is time to look again.
func (r *Registry) Pause(ctx context.Context, last Progress, took time.Duration) error {
	pause := time.Duration(0)
	switch {
	case last.Busy:
		pause = lookEvery
	case r.db.Dialect == db.SQLite:
		pause = max(took, leastPause)
	}
	return wait(ctx, pause)
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// inChunks is what is done to a settlement in chunks.
type inChunks struct {
	chunk func(ctx context.Context, id int) (Progress, error)
	look  func(ctx context.Context, q db.Execer, id int) (Progress, error) // how far it is
}

// finish does chunks until the last, or looks on while somebody else does them.
func (r *Registry) finish(ctx context.Context, id int, work inChunks, progress func(Progress)) (*ent.Settlement, error) {
	for {
		began := time.Now()
		p, err := work.chunk(ctx, id)
		if err != nil {
			return nil, err
		}
		if progress != nil && !p.Busy {
			progress(p)
		}
		if p.Finished {
			break
		}
		if err := r.Pause(ctx, p, time.Since(began)); err != nil {
			return nil, err
		}
		if err := r.lookOn(ctx, id, work, p, progress); err != nil {
			return nil, err
		}
	}
	s, err := r.db.Primary().Settlement.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load the settlement: %w", err)
	}
	return s, nil
}

// lookOn returns when nothing more was done since the last look. Two who take turns would leave nobody else a moment
// between their chunks: where a server is at work, whom the order has reached, the command lets it.
func (r *Registry) lookOn(ctx context.Context, id int, work inChunks, last Progress, progress func(Progress)) error {
	for {
		now, err := work.look(ctx, r.db.Fresh, id)
		if err != nil || !last.Busy && now.Done <= last.Done {
			return err
		}
		if progress != nil {
			progress(now)
		}
		if now.Done == now.Of {
			return nil
		}
		if err := wait(ctx, lookEvery); err != nil {
			return err
		}
		last = now
	}
}

// takeSettlement locks the settlement for a chunk, as [lockSettlement] does. It reports false when somebody else has it:
// those who are at work on it do not wait for each other, so that whoever wants to stop them waits for one chunk only.
// SQLite has one writer, and there it is always free.
func takeSettlement(ctx context.Context, tx *db.Tx, id int) (*ent.Settlement, bool, error) {
	if tx.Dialect == db.Postgres {
		var free int
		err := tx.QueryRowContext(ctx, "SELECT id FROM settlements WHERE id = $1"+tx.Dialect.ForUpdate()+" SKIP LOCKED", id).Scan(&free)
		if errors.Is(err, sql.ErrNoRows) {
			var known bool
			if known, err = tx.Client.Settlement.Query().Where(settlement.ID(id)).Exist(ctx); known {
				return nil, false, nil
			}
		}
		if err != nil {
			return nil, false, fmt.Errorf("take the settlement: %w", err)
		}
	}
	s, err := lockSettlement(ctx, tx, id)
	return s, true, err
}
