package registry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// stored counts what a group may have left behind: deliveries, purchases and entries of the history.
func stored(t *testing.T, d *db.DB) [3]int {
	t.Helper()
	var n [3]int
	for i, table := range []string{"deliveries", "purchases", "history"} {
		if err := d.Read.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// purchases are three messages of three participants.
func purchases(f *registrytest.Fixture) []registry.Submission {
	f.T.Helper()
	var group []registry.Submission
	for _, card := range f.Cohort13(3) {
		group = append(group, f.Message("tokopedia", registrytest.Bought("INV-"+card, card, wib("2021-04-01T10:00:00"))))
	}
	return group
}

// checkFailed requires that every receipt says the same: not stored, for a reason of the class.
func checkFailed(t *testing.T, receipts []registry.Receipt, n int, class db.Class) {
	t.Helper()
	if len(receipts) != n {
		t.Errorf("%d receipts for %d deliveries", len(receipts), n)
	}
	for i, r := range receipts {
		if r.Err == nil || db.Classify(r.Err) != class || r.Status != "" || r.DeliveryID != 0 {
			t.Errorf("receipt %d: %+v of class %d, want class %d", i, r, db.Classify(r.Err), class)
		}
	}
}

// checkAllApplied sends the group until it is stored, as a sender would, and looks that all of it took effect.
func checkAllApplied(t *testing.T, f *registrytest.Fixture, d *db.DB, group []registry.Submission, want registry.ReceiptStatus) {
	t.Helper()
	receipts := f.Submit(context.Background(), group)
	for range 20 { // connections that died with the server are found out one by one
		if receipts[0].Err == nil {
			break
		}
		receipts = f.Submit(context.Background(), group)
	}
	for i, r := range receipts {
		if r.Err != nil || r.Status != want {
			t.Errorf("receipt %d after the outage: %+v, want %s", i, r, want)
		}
	}
	if got, all := stored(t, d), [3]int{len(group), len(group), len(group)}; got != all {
		t.Errorf("deliveries, purchases and history: %v, want %v", got, all)
	}
}

// TestNothingIsStoredWhenTheDatabaseIsGone closes the pool, as an outage from the beginning.
func TestNothingIsStoredWhenTheDatabaseIsGone(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			f := registrytest.New(t, d)
			group := purchases(f)
			gone := dbtest.Open(t, cfg)
			if err := gone.Close(); err != nil {
				t.Fatal(err)
			}
			checkFailed(t, f.Another(gone).Submit(context.Background(), group), len(group), db.ClassUnavailable)
			if _, err := f.Another(gone).RetryWaiting(context.Background()); err == nil {
				t.Error("a round for what waits succeeds without a database")
			}
			if got := stored(t, d); got != [3]int{} {
				t.Errorf("stored %v", got)
			}
			checkAllApplied(t, f, d, group, registry.Applied)
		})
	}
}

// TestNothingIsStoredWhenTheTimeIsUp gives a group no time at all.
func TestNothingIsStoredWhenTheTimeIsUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		group := purchases(f)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		checkFailed(t, f.Submit(ctx, group), len(group), db.ClassCanceled)
		if got := stored(t, d); got != [3]int{} {
			t.Errorf("stored %v", got)
		}
		checkAllApplied(t, f, d, group, registry.Applied)
	})
}

// TestADatabaseInTroubleBlamesNoDelivery has Postgres raise, for one delivery of the group, what it raises when it
// is itself in trouble. That delivery must not end in quarantine as if it were at fault.
func TestADatabaseInTroubleBlamesNoDelivery(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	f := registrytest.New(t, d)
	group := purchases(f)
	for code, class := range map[string]db.Class{
		"53100": db.ClassUnavailable, // disk full
		"57P01": db.ClassUnavailable, // the server is stopping
		"25006": db.ClassUnavailable, // read-only, after a failover
		"57014": db.ClassCanceled,
		"40001": db.ClassConflict, // again and again
		"42501": db.ClassUnknown,  // a privilege is missing
	} {
		t.Run(code, func(t *testing.T) {
			f.In(t)
			lift := refuse(t, d, "purchases", "INSERT", "NEW.invoice_code = 'INV-3113000000000002'")
			_, err := d.Write.Exec("CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '" + code + "'; END $$")
			if err != nil {
				t.Fatal(err)
			}
			checkFailed(t, f.Submit(context.Background(), group), len(group), class)
			if got := stored(t, d); got != [3]int{} {
				t.Errorf("stored %v", got)
			}
			lift()
		})
	}
	checkAllApplied(t, f, d, group, registry.Applied)
}

// TestNothingIsHalfAppliedWhenTheServerCrashes stops Postgres, as a crash would, while a group is under way.
func TestNothingIsHalfAppliedWhenTheServerCrashes(t *testing.T) {
	cluster := dbtest.NewCluster(t)
	address, err := cluster.CreateDatabase("gelombang")
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, db.Config{URL: address})
	f := registrytest.New(t, d)
	group := purchases(f)
	// A participant of the group is locked by somebody else, so that the group waits in the middle.
	other, err := d.Write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("SELECT id FROM participants FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	receipts := make(chan []registry.Receipt, 1)
	go func() { receipts <- f.Submit(context.Background(), group) }()
	waitUntil(t, "the group waits for a lock", func() (waits bool, err error) {
		err = d.Read.QueryRow("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock')").Scan(&waits)
		return waits, err
	})
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	checkFailed(t, <-receipts, len(group), db.ClassUnavailable)
	if err := other.Rollback(); err == nil {
		t.Error("the lock survived the crash")
	}
	checkAllApplied(t, f, d, group, registry.Applied)
}

// waitUntil asks again and again, for a minute at most.
func waitUntil(t *testing.T, what string, ask func() (bool, error)) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		ok, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// TestACommitWhoseOutcomeIsUnknown cuts the connection at the commit, before and after the server has it.
// The sender gets an error either way, sends again, and it is stored once.
func TestACommitWhoseOutcomeIsUnknown(t *testing.T) {
	tests := []struct {
		name  string
		cut   cut
		kept  [3]int // before it is sent again
		again registry.ReceiptStatus
	}{
		{"the server never got it", cutBefore, [3]int{}, registry.Applied},
		{"the server did commit", cutAfter, [3]int{3, 3, 3}, registry.Duplicate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := dbtest.PostgresURL(t)
			d := dbtest.Open(t, db.Config{URL: address})
			line := newLine(t, address)
			f := registrytest.New(t, d)
			group := purchases(f)
			far := f.Another(dbtest.Open(t, db.Config{URL: line.address}))

			line.cut.Store(int32(tt.cut))
			receipts := far.Submit(context.Background(), group)
			checkFailed(t, receipts, len(group), db.ClassUnavailable)
			var unknown *db.UnknownOutcomeError
			if !errors.As(receipts[0].Err, &unknown) {
				t.Errorf("the error is %v, not that the outcome is unknown", receipts[0].Err)
			}
			if got := stored(t, d); got != tt.kept {
				t.Errorf("stored %v, want %v", got, tt.kept)
			}
			checkAllApplied(t, f, d, group, tt.again)
			for _, m := range group {
				e, ok := m.Event.(rules.PurchaseCompleted)
				if !ok {
					t.Fatal("not a purchase")
				}
				if got := stateOf(t, d, e.CardNumber, f.Now()); got.Status != rules.StatusPurchased || len(got.Purchases) != 1 {
					t.Errorf("the participant has %+v", got)
				}
			}
		})
	}
}

// cut says where the next commit on a line is cut off.
type cut int32

const (
	cutNot    cut = iota
	cutBefore     // it never reaches the server
	cutAfter      // its answer never reaches the client
)

// line is a telephone line to Postgres that can be cut.
type line struct {
	address string // of a database at the other end
	server  string
	cut     atomic.Int32
}

func newLine(t *testing.T, address string) *line {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{server: u.Host}
	u.Host = listener.Addr().String()
	l.address = u.String()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go l.connect(client)
		}
	}()
	return l
}

// commit is how the driver says it.
var commit = []byte("Q\x00\x00\x00\x0bCOMMIT\x00")

func (l *line) connect(client net.Conn) {
	server, err := net.Dial("tcp", l.server)
	if err != nil {
		closeBoth(client, nil)
		return
	}
	var deaf atomic.Bool // the next answer is not passed on
	go func() {
		defer closeBoth(client, server)
		relay(client, server, func([]byte) bool { return !deaf.Load() })
	}()
	defer func() {
		if !deaf.Load() {
			closeBoth(client, server)
		}
	}()
	relay(server, client, func(b []byte) bool {
		if !bytes.Contains(b, commit) {
			return true
		}
		switch cut(l.cut.Swap(int32(cutNot))) {
		case cutNot:
		case cutBefore:
			return false
		case cutAfter:
			deaf.Store(true)
		}
		return true
	})
}

// relay passes on what comes, as long as pass allows it.
func relay(to io.Writer, from io.Reader, pass func([]byte) bool) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !pass(buffer[:n]) {
			return
		}
		if _, werr := to.Write(buffer[:n]); err != nil || werr != nil {
			return
		}
	}
}

func closeBoth(conns ...net.Conn) {
	for _, c := range conns {
		if c != nil {
			_ = c.Close()
		}
	}
}
