package main

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"testing"
	"time"

	"gelombang/internal/bench/dataset"
	"gelombang/internal/bench/peer"
	"gelombang/internal/bench/question"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/server/app"
	"gelombang/server/config"
)

// TestGelombangAnswersAsTheStatementsDo fills a small data set, serves it, and compares the answers to every question.
func TestGelombangAnswersAsTheStatementsDo(t *testing.T) {
	c := serveSmall(t)
	for _, q := range c.questions {
		t.Run(q.Name, func(t *testing.T) {
			if err := c.prepare(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			if len(c.asked[q.Name].keys) == 0 {
				t.Error("there are no keys to ask for")
			}
			anotherKeyHasAnotherAnswer(t, c, q)
		})
	}
}

// anotherKeyHasAnotherAnswer keeps the comparison from being one of nothing with nothing.
func anotherKeyHasAnotherAnswer(t *testing.T, c *contest, q question.Question) {
	t.Helper()
	keys := c.asked[q.Name].keys
	first, err := c.statement(t.Context(), q, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if reflect.DeepEqual(k.Floor, keys[0].Floor) {
			continue
		}
		other, err := c.statement(t.Context(), q, k)
		if err != nil {
			t.Fatal(err)
		}
		if question.Compare(first, other) == "" {
			t.Errorf("%v and %v have the same answer", keys[0].Floor, k.Floor)
		}
		return
	}
	t.Error("all keys are the same")
}

// TestADataSetForReadsOnlyHasTheSamePurchases fills the same with less beside.
func TestADataSetForReadsOnlyHasTheSamePurchases(t *testing.T) {
	sums, now := map[bool][4]int64{}, time.Now().UTC().Truncate(time.Hour)
	for _, readsOnly := range []bool{false, true} {
		_, d, _, _ := fillSmall(t, dataset.Config{ReadsOnly: readsOnly, AsOf: now})
		var sum [4]int64
		if err := d.Read.QueryRowContext(t.Context(), `SELECT count(*), sum(amount), (SELECT sum(first_purchase_id) FROM participants), (SELECT sum(balance) FROM participants) FROM purchases`).
			Scan(&sum[0], &sum[1], &sum[2], &sum[3]); err != nil {
			t.Fatal(err)
		}
		sums[readsOnly] = sum
	}
	if sums[false] != sums[true] || sums[true][0] != 4000 {
		t.Errorf("purchases, amounts, first purchases and balances are %d, and for reads only %d", sums[false], sums[true])
	}
}

// fillSmall fills a small data set of a kind.
func fillSmall(t *testing.T, kind dataset.Config) (*dataset.Dataset, *db.DB, db.Config, *secrets.Keyring) {
	t.Helper()
	kind.Seed, kind.Participants, kind.Purchases, kind.Offerings = 1, 3000, 4000, 70
	data, err := dataset.New(kind)
	if err != nil {
		t.Fatal(err)
	}
	address := db.Config{URL: dbtest.PostgresURL(t)}
	d := dbtest.Open(t, address)
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	if err := data.Fill(t.Context(), dataset.Target{DB: d, Keys: keys, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return data, d, address, keys
}

// serveSmall fills a small data set and serves it.
func serveSmall(t *testing.T) *contest {
	t.Helper()
	data, d, address, keys := fillSmall(t, dataset.Config{Contacts: true, AsOf: time.Now().UTC().Truncate(time.Hour)})
	c := &contest{
		place: &place{dir: t.TempDir(), data: data}, questions: question.All(), asked: map[string]*asked{}, client: http.DefaultClient,
		peers: map[question.Side]*peer.Peer{question.Ours: {URL: serve(t, address, keys)}},
	}
	c.world = &question.World{Data: data, DB: d, Now: time.Now().UTC(), Ask: c.ask}
	if err := c.world.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// serve runs our server in this process and returns its address.
func serve(t *testing.T, database db.Config, keys *secrets.Keyring) string {
	t.Helper()
	s, err := app.New(t.Context(), app.Config{
		Store: app.Store{Database: database, Secrets: keys, Settings: rules.DefaultSettings(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)},
		HTTP: config.HTTP{
			Addr: "127.0.0.1:0", Introspection: config.ByRole, RateLimits: "participant=0,analyst=0,officer=0", ReadHeaderTimeout: time.Minute,
			ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute, ShutdownTimeout: time.Minute,
		},
		Tokens: peer.Tokens(),
	})
	if err != nil {
		t.Fatal(err)
	}
	address, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return "http://" + address.String()
}
