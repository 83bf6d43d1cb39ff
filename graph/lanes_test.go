package graph_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// gate is a database whose statements with GROUP BY wait until it is opened. It counts how many statements run at the
// same moment.
type gate struct {
	db.Execer
	open chan struct{}
	held chan struct{} // receives for each statement that waits

	mu         sync.Mutex
	now, peak  int
	statements int
}

func (g *gate) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	g.mu.Lock()
	g.now++
	g.statements++
	g.peak = max(g.peak, g.now)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	if strings.Contains(query, "GROUP BY") {
		g.held <- struct{}{}
		select {
		case <-g.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return g.Execer.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // whoever asks closes them
}

func gated(t *testing.T, w *world, d *db.DB) (http.Handler, *gate) {
	t.Helper()
	g := &gate{Execer: d.Read, open: make(chan struct{}), held: make(chan struct{}, 100)}
	h, err := graph.NewHandler(graph.Config{Registry: w.Registry, Log: slog.New(slog.DiscardHandler), Read: g})
	if err != nil {
		t.Fatal(err)
	}
	return h, g
}

// TestDearOperationsLeaveConnectionsToTheOthers: a platform that asks for many aggregates at once keeps nobody waiting
// but itself.
func TestDearOperationsLeaveConnectionsToTheOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		h, g := gated(t, w, d)
		pool := d.Read.Stats().MaxOpenConnections
		lane := max(1, pool*3/4)
		var asking sync.WaitGroup
		for range 3 * pool {
			asking.Go(func() {
				rec, req := as(t.Context(), tokopedia, `{ purchaseAggregate(groupBy: DAY) { rows { count } } }`)
				h.ServeHTTP(rec, req)
				if !strings.Contains(rec.Body.String(), `"count":`) {
					t.Errorf("the aggregate: %s", rec.Body)
				}
			})
		}
		for range lane {
			<-g.held
		}
		rec, req := as(t.Context(), recipient(w.cards13[0]), `{ viewer { participant { status } } }`)
		h.ServeHTTP(rec, req)
		if !strings.Contains(rec.Body.String(), `"PURCHASED"`) {
			t.Errorf("the recipient: %s", rec.Body)
		}
		g.mu.Lock()
		if g.now != lane {
			t.Errorf("%d of %d connections are at dear work, want %d", g.now, pool, lane)
		}
		g.mu.Unlock()
		close(g.open)
		asking.Wait()
	})
}

// TestADearOperationWaitsNoLongerThanItMay for a place among the others.
func TestADearOperationWaitsNoLongerThanItMay(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	h, g := gated(t, newWorld(t, d, 3), d)
	var asking sync.WaitGroup
	lane := max(1, d.Read.Stats().MaxOpenConnections*3/4)
	for range lane {
		asking.Go(func() {
			rec, req := as(t.Context(), tokopedia, `{ purchaseAggregate(groupBy: DAY) { rows { count } } }`)
			h.ServeHTTP(rec, req)
		})
	}
	for range lane {
		<-g.held
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	rec, req := as(ctx, tokopedia, `{ purchaseAggregate(groupBy: WEEK) { rows { count } } }`)
	h.ServeHTTP(rec, req)
	if !strings.Contains(rec.Body.String(), `"TIMEOUT"`) {
		t.Errorf("%s", rec.Body)
	}
	close(g.open)
	asking.Wait()
}

// TestAnOperationHasOneConnectionAtATime, however many fields it has.
func TestAnOperationHasOneConnectionAtATime(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	h, g := gated(t, newWorld(t, d, 3), d)
	close(g.open)
	rec, req := as(t.Context(), anonymous, "{"+aliased(25, `platform(code: "tokopedia") { code offerings { totalCount } }`)+"}")
	h.ServeHTTP(rec, req)
	if strings.Count(rec.Body.String(), `"tokopedia"`) != 25 {
		t.Errorf("%.300s", rec.Body)
	}
	if g.peak != 1 || g.statements < 25 {
		t.Errorf("%d of %d statements at the same moment", g.peak, g.statements)
	}
}
