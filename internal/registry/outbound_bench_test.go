package registry_test

import (
	"context"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// BenchmarkLookingForWhatIsDue is what a server does each second, when 100,000 messages wait for an endpoint that does not
// take them, and one for another.
func BenchmarkLookingForWhatIsDue(b *testing.B) {
	const backlog = 100_000
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		d := dbtest.New(b, dialect)
		f := registrytest.New(b, d)
		var ids [2]int
		for i, name := range []string{"gateway", "pmo"} {
			ep, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{Name: name, URL: "https://example.org", Events: []rules.OutboundEvent{rules.EventSettlement}})
			if err != nil {
				b.Fatal(err)
			}
			ids[i] = ep.ID
		}
		_, err := d.Write.Exec("INSERT INTO outbound_messages (event, message_id, created_at, state, attempts, next_at, endpoint_id)"+
			" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)"+
			" SELECT 'REMINDER', 'msg_' || CAST(i AS text), $2, 'PENDING', 0, $2, $3 FROM n", backlog, f.Now(), ids[0])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.TestEndpoint(context.Background(), registrytest.Admin, ids[1]); err != nil {
			b.Fatal(err)
		}
		b.Run(string(dialect)+"/endpoints", func(b *testing.B) {
			for b.Loop() {
				if due, err := f.DueEndpoints(context.Background(), ids[:1]); err != nil || len(due) != 1 {
					b.Fatal(due, err)
				}
			}
		})
		for i, name := range []string{"/the one with the backlog", "/the other"} {
			b.Run(string(dialect)+name, func(b *testing.B) {
				for b.Loop() {
					if due, err := f.DueMessages(context.Background(), ids[i], 64, nil); err != nil || len(due) == 0 {
						b.Fatal(due, err)
					}
				}
			})
		}
	}
}
