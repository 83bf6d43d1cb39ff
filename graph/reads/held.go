package reads

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gelombang/graph/model"
	"gelombang/internal/db"
)

// Reference keeps the reference data, which are few rows that nearly every query needs: platforms, offerings, cohorts
// and provinces. The database counts the transactions that change them, of whichever server or program, and the count
// is looked at again when it is older than the age. So what is answered from memory was true no longer ago than that.
//
// A missed notice could not be told from none; a look costs one short statement, and a server that nobody asks looks
// not at all.
type Reference struct {
	query db.Execer
	age   time.Duration
	clock func() time.Time

	mu     sync.Mutex // held by whoever looks
	kept   atomic.Pointer[held]
	doubts atomic.Int64
}

// ReferenceAge is how old what is answered from memory may be, when nothing else is said.
const ReferenceAge = 250 * time.Millisecond

// mostHeld bounds the rows of one kind in memory, some 20 MB. Of more than that none are kept, and they are read from
// the database as everything else.
const mostHeld = 50_000

// NewReference returns a keeper of what is read by q, which may be a replica. Zero as age looks every time. The clock
// should be monotonic, as that of time.Now is.
func NewReference(q db.Execer, age time.Duration, clock func() time.Time) *Reference {
	return &Reference{query: q, age: age, clock: clock}
}

// held is the reference data as it was at one look. It is never changed: whoever completes a row copies it.
type held struct {
	looked    time.Time
	doubts    int64 // those before it
	versions  map[string]int64
	platforms map[int]*platformRow
	offerings map[int]*offeringRow
	cohorts   map[int]*cohortRow
	provinces map[string]*model.Province
}

// Doubt has the count looked at before anything else is answered from memory: for what this server has just written.
func (c *Reference) Doubt() { c.doubts.Add(1) }

// current returns reference data that was true no longer ago than the age.
func (c *Reference) current(ctx context.Context) (*held, error) {
	if h := c.kept.Load(); c.undoubted(h) {
		switch old := c.clock().Sub(h.looked); {
		case old < c.age/2:
			return h, nil
		case old < c.age: // one of those who come by looks for all, who need not wait
			if !c.mu.TryLock() {
				return h, nil
			}
			defer c.mu.Unlock()
			return c.look(ctx)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.kept.Load(); c.undoubted(h) && c.clock().Sub(h.looked) < c.age {
		return h, nil // somebody else has looked meanwhile
	}
	return c.look(ctx)
}

func (c *Reference) undoubted(h *held) bool { return h != nil && h.doubts == c.doubts.Load() }

// look finds out what has changed, and reads it again. The versions are read first: what changes after that is read
// once too often rather than missed.
func (c *Reference) look(ctx context.Context) (*held, error) {
	looked, doubts := c.clock(), c.doubts.Load()
	versions, err := c.versions(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for changed reference data: %w", err)
	}
	next := &held{}
	if h := c.kept.Load(); h != nil {
		*next = *h
	}
	before := next.versions
	next.looked, next.doubts, next.versions = looked, doubts, versions
	for _, kind := range []struct {
		table string
		read  func(context.Context, *held) error
	}{{"platforms", c.readPlatforms}, {"offerings", c.readOfferings}, {"cohorts", c.readCohorts}, {"provinces", c.readProvinces}} {
		if version, known := before[kind.table]; known && version == versions[kind.table] {
			continue
		}
		if err := kind.read(ctx, next); err != nil {
			return nil, fmt.Errorf("read the %s: %w", kind.table, err)
		}
	}
	c.kept.Store(next)
	return next, nil
}

// versions are how often each table was changed. A table that nobody has changed has none.
func (c *Reference) versions(ctx context.Context) (map[string]int64, error) {
	found := map[string]int64{"platforms": 0, "offerings": 0, "cohorts": 0, "provinces": 0}
	err := db.Query(db.Short(ctx), c.query, func(rows *sql.Rows) error {
		var table string
		var version int64
		if err := rows.Scan(&table, &version); err != nil {
			return err
		}
		found[table] = version
		return nil
	}, "SELECT name, CAST(SUM(version) AS BIGINT) FROM reference_versions GROUP BY name")
	return found, err
}

func (c *Reference) readPlatforms(ctx context.Context, h *held) (err error) {
	e := (&Reader{}).platforms()
	h.platforms, err = keep(ctx, c.query, e, func(row *platformRow) int { return row.object.Row })
	return err
}

func (c *Reference) readOfferings(ctx context.Context, h *held) (err error) {
	e := (&Reader{}).offerings()
	h.offerings, err = keep(ctx, c.query, e, func(row *offeringRow) int { return row.object.Row })
	return err
}

func (c *Reference) readCohorts(ctx context.Context, h *held) (err error) {
	e := (&Reader{}).cohorts()
	h.cohorts, err = keep(ctx, c.query, e, func(row *cohortRow) int { return row.object.Number })
	return err
}

func (c *Reference) readProvinces(ctx context.Context, h *held) (err error) {
	h.provinces, err = readProvinces(ctx, c.query)
	return err
}

// keep reads the rows of a kind; none when there are too many to keep.
func keep[R, T any](ctx context.Context, q db.Execer, e entity[R, T], id func(*R) int) (map[int]*R, error) {
	kept := map[int]*R{}
	err := db.Query(ctx, q, func(rows *sql.Rows) error {
		row := new(R)
		if err := rows.Scan(e.into(row)...); err != nil {
			return err
		}
		kept[id(row)] = row
		return nil
	}, "SELECT "+strings.Join(e.columns, ", ")+" FROM "+e.from+fmt.Sprintf(" LIMIT %d", mostHeld+1))
	if len(kept) > mostHeld {
		return nil, err
	}
	return kept, err
}
