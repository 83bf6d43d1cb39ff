package db_test

import (
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// TestInstantsComeBackToTheMicrosecond stores instants and reads them back in every way that a database may
// hand them out: as a column, from RETURNING, from an expression that loses the column's type.
func TestInstantsComeBackToTheMicrosecond(t *testing.T) {
	wib := time.FixedZone("WIB", 7*60*60)
	instants := map[string]time.Time{
		"the epoch":              time.UnixMicro(0),
		"before the epoch":       time.Date(1945, 8, 17, 10, 0, 0, 1000, wib),
		"the deadline":           time.Date(2021, 4, 9, 0, 0, 0, 0, wib),
		"a microsecond before":   time.Date(2021, 4, 8, 23, 59, 59, 999_999_000, wib),
		"finer than that":        time.Date(2021, 4, 8, 23, 59, 59, 999_999_999, wib),
		"a long time from now":   time.Date(2100, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		"with a monotonic clock": time.Now(),
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		id := 0
		for name, at := range instants {
			id++
			want := at.UTC().Truncate(time.Microsecond).Round(0)
			var returned, column, expression db.Time
			err := d.Write.QueryRow("INSERT INTO items (id, name, at) VALUES ($1, 'x', $2) RETURNING at", id, db.Time{Time: at}).Scan(&returned)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Read.QueryRow("SELECT at, (SELECT MIN(at) FROM items WHERE id = $1) FROM items WHERE id = $1", id).Scan(&column, &expression); err != nil {
				t.Fatal(err)
			}
			for how, got := range map[string]db.Time{"RETURNING": returned, "a column": column, "an expression": expression} {
				if !got.Equal(want) || got.Location() != time.UTC {
					t.Errorf("%s from %s: %v, want %v", name, how, got.Time, want)
				}
			}
			var found int
			if err := d.Read.QueryRow("SELECT COUNT(*) FROM items WHERE id = $1 AND at = $2", id, db.Instant(at)).Scan(&found); err != nil || found != 1 {
				t.Errorf("%s is not found by its instant: %d, %v", name, found, err)
			}
		}
		var none db.Time
		if err := d.Read.QueryRow("SELECT MIN(at) FROM items WHERE id = -1").Scan(&none); err != nil || !none.IsZero() {
			t.Errorf("no instant reads as %v (%v)", none.Time, err)
		}
	})
}

// TestInstantsSortAsTheyHappened whatever the zone in which they were written.
func TestInstantsSortAsTheyHappened(t *testing.T) {
	start := time.Date(2021, 4, 8, 16, 59, 59, 999_999_000, time.UTC)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newItems(t, d)
		for i, zone := range []int{-11, 0, 7, 14} {
			at := start.Add(time.Duration(i) * time.Microsecond).In(time.FixedZone("", zone*60*60))
			mustExec(t, d.Write, "INSERT INTO items (id, name, at) VALUES ($1, 'x', $2)", i, at)
		}
		var before int
		if err := d.Read.QueryRow("SELECT COUNT(*) FROM items WHERE at < $1", db.Instant(start.Add(2*time.Microsecond))).Scan(&before); err != nil || before != 2 {
			t.Errorf("%d are before the third (%v), want 2", before, err)
		}
	})
}

func TestTimeScansWhatDriversHandOut(t *testing.T) {
	at := time.Date(2021, 4, 6, 10, 45, 0, 1000, time.UTC)
	for _, tt := range []struct {
		name string
		src  any
		want time.Time
		ok   bool
	}{
		{"NULL", nil, time.Time{}, true},
		{"a time in another zone", at.In(time.FixedZone("WIB", 7*60*60)), at, true},
		{"microseconds", at.UnixMicro(), at, true},
		{"a text", "2021-04-06", at, false},
		{"bytes", []byte("2021-04-06"), at, false},
	} {
		got := db.Time{Time: at.Add(time.Hour)}
		err := got.Scan(tt.src)
		if (err == nil) != tt.ok || (tt.ok && (!got.Equal(tt.want) || got.Location() != time.UTC)) {
			t.Errorf("%s: %v, %v", tt.name, got.Time, err)
		}
	}
}

func TestTimeHasNoPointerWhenItIsZero(t *testing.T) {
	if got := (db.Time{}).Pointer(); got != nil {
		t.Errorf("the zero time is %v", got)
	}
	if got := (db.Time{Time: fixedNow}).Pointer(); got == nil || !got.Equal(fixedNow) {
		t.Errorf("%v is %v", fixedNow, got)
	}
	if v, err := (db.Time{}).Value(); v != nil || err != nil {
		t.Errorf("the zero time is stored as %v (%v)", v, err)
	}
}
