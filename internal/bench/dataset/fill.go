package dataset

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/seed"
	"gelombang/internal/viewer"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// Target is where a data set goes.
type Target struct {
	DB   *db.DB // on Postgres, migrated and empty
	Keys *secrets.Keyring
	Log  *slog.Logger
	// Progress is told how far a step has come, from 0 to total, about. Steps may run side by side. Optional.
	Progress func(step string, done, total int)
}

// Who does what persons do.
var (
	actor      = viewer.System("bench")
	officer    = viewer.Viewer{Role: viewer.Officer, Subject: "officer"}
	supervisor = viewer.Viewer{Role: viewer.Supervisor, Subject: "supervisor"}
)

// Secret is the signing secret of a platform: its bytes say what it is.
func Secret(platform string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("published benchmark secret of "+platform))
}

// Platforms are the codes of the platforms.
func Platforms() []string {
	codes := make([]string, len(shares))
	for i, s := range shares {
		codes[i] = s.code
	}
	return codes
}

// filling is a data set on its way into a database.
type filling struct {
	*Dataset
	db        *db.DB
	reg       *registry.Registry
	keys      *secrets.Keyring
	progress  func(step string, done, total int)
	platforms []platform
	provinces []weighted
}

type weighted struct {
	code   string
	weight float64 // all together 1
}

// Fill writes the data set. It ends with VACUUM and ANALYZE, and with a look at a sample by the rules.
func (d *Dataset) Fill(ctx context.Context, t Target) error {
	f := &filling{Dataset: d, db: t.DB, keys: t.Keys, progress: t.Progress}
	if f.progress == nil {
		f.progress = func(string, int, int) {}
	}
	var err error
	f.reg, err = registry.New(registry.Config{DB: t.DB, Secrets: t.Keys, Settings: d.settings, Clock: func() time.Time { return d.AsOf }, Log: t.Log, Parse: payload.Parse})
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"reference data", f.reference}, {"rows", f.copyTables}, {"settlements", f.settle}, {"VACUUM and ANALYZE", f.vacuum},
		{"a look at a sample", func(ctx context.Context) error { return d.CheckSample(ctx, t.DB, 2000) }},
	} {
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// reference writes what is rare, through the registry.
func (f *filling) reference(ctx context.Context) error {
	begin := f.Cohorts[0].AnnouncedAt.AddDate(0, 0, -10)
	reg := f.reg.At(begin)
	if err := reg.CheckKeysets(ctx); err != nil {
		return err
	}
	if err := seed.Reference(ctx, reg); err != nil {
		return err
	}
	for i, share := range shares {
		if _, _, err := reg.CreatePlatformKey(ctx, actor, registry.NewPlatformKey{
			Platform: share.code, Scheme: signature.StandardV1, Secret: Secret(share.code), NotBefore: begin,
		}); err != nil {
			return fmt.Errorf("key of %s: %w", share.code, err)
		}
		if _, err := reg.PutOfferings(ctx, actor, share.code, f.catalogue(i)); err != nil {
			return fmt.Errorf("catalogue of %s: %w", share.code, err)
		}
	}
	for _, c := range f.Cohorts {
		if _, err := f.reg.At(c.AnnouncedAt).AnnounceCohort(ctx, actor, registry.AnnounceCohort{Number: c.Number, Quota: c.Size, AnnouncedAt: c.AnnouncedAt}); err != nil {
			return fmt.Errorf("cohort %d: %w", c.Number, err)
		}
	}
	if err := f.readPlatforms(ctx, f.db); err != nil {
		return err
	}
	return f.readProvinces(ctx)
}

// crowded are how many times the others the provinces of Java, and North Sumatra, weigh.
var crowded = map[string]float64{"31": 4, "32": 14, "33": 10, "34": 2, "35": 11, "36": 4, "12": 4}

func (f *filling) readProvinces(ctx context.Context) error {
	total := 0.0
	err := db.Query(ctx, f.db.Write, func(rows *sql.Rows) error {
		p := weighted{weight: 1}
		if err := rows.Scan(&p.code); err != nil {
			return err
		}
		if w, ok := crowded[p.code]; ok {
			p.weight = w
		}
		total += p.weight
		f.provinces = append(f.provinces, p)
		return nil
	}, "SELECT id FROM provinces ORDER BY id")
	for i := range f.provinces {
		f.provinces[i].weight /= total
	}
	return err
}

func (f *filling) province(u float64) string {
	for _, p := range f.provinces {
		if u -= p.weight; u < 0 {
			return p.code
		}
	}
	return f.provinces[len(f.provinces)-1].code
}

// atOnce is how many tables are copied, and how many indexes built, at the same time.
const atOnce = 2

// copyTables copies the rows into tables without indexes and references, and then puts these back.
func (f *filling) copyTables(ctx context.Context) error {
	tables := f.tables()
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	bare, err := strip(ctx, f.db.Write, names)
	if err != nil {
		return err
	}
	// Two at a time, but for those that count each other: what a trigger adds up must see what the other has committed.
	for pair := range slices.Chunk(tables, atOnce) {
		group, copying := errgroup.WithContext(ctx)
		for _, t := range pair {
			group.Go(func() error {
				if err := copyIn(copying, f.db.Write, t, func(done, total int) { f.progress(t.name, done, total) }); err != nil {
					return fmt.Errorf("copy into %s: %w", t.name, err)
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return bare.restore(ctx, f.db.Write, func(done, total int) { f.progress("indexes and references", done, total) })
}

// settle settles the earliest cohorts, as officers did when the time for late evidence was over. It takes those rows
// only that are there: a purchase that was made later does not count anyhow.
func (f *filling) settle(ctx context.Context) error {
	for i, c := range f.Cohorts[:settled] {
		reg := f.reg.At(c.Deadline.Add(f.settings.LagLimit + 24*time.Hour))
		s, err := reg.PrepareSettlement(ctx, officer, registry.PrepareSettlement{Cohort: c.Number, Reason: "no training bought in time"})
		if err != nil {
			return fmt.Errorf("cohort %d: %w", c.Number, err)
		}
		if _, err := reg.ApproveSettlement(ctx, supervisor, registry.ApproveSettlement{Settlement: s.ID, ListSHA256: s.ListSha256}); err != nil {
			return fmt.Errorf("cohort %d: %w", c.Number, err)
		}
		if _, err := reg.Execute(ctx, officer, s.ID, nil); err != nil {
			return fmt.Errorf("cohort %d: %w", c.Number, err)
		}
		f.progress("settlements", i+1, settled)
	}
	return nil
}

func (f *filling) vacuum(ctx context.Context) error {
	f.progress("VACUUM and ANALYZE", 0, 1)
	defer f.progress("VACUUM and ANALYZE", 1, 1)
	if _, err := f.db.Write.ExecContext(ctx, "VACUUM (ANALYZE)"); err != nil {
		return err
	}
	_, err := f.db.Write.ExecContext(ctx, "CHECKPOINT")
	return err
}

// errDiffers says that the database does not hold what the rules say.
var errDiffers = errors.New("the rules say otherwise")

// CheckSample asks the rules about every n-th participant, n so that there are about count, and compares with what the
// columns say that are derived from purchases. A revocation is taken as it stands.
func (d *Dataset) CheckSample(ctx context.Context, from *db.DB, count int) error {
	step := max(1, d.Participants/count)
	return db.Query(ctx, from.Write, func(rows *sql.Rows) error { return d.checkRow(ctx, from.Write, rows) },
		`SELECT p.id, c.announced_at, p.deadline, p.first_purchase_id, p.revoked_at, p.review_open, p.balance
		FROM participants p JOIN cohorts c ON c.id = p.cohort_id WHERE p.id % $1 = 0`, step)
}

func (d *Dataset) checkRow(ctx context.Context, from *sql.DB, rows *sql.Rows) error {
	var id int
	var announced, deadline, revoked db.Time
	var first sql.NullInt64
	var reviewed bool
	var balance int64
	if err := rows.Scan(&id, &announced, &deadline, &first, &revoked, &reviewed, &balance); err != nil {
		return err
	}
	var set []rules.Purchase
	ids := map[rules.PurchaseKey]int64{}
	err := db.Query(ctx, from, func(rows *sql.Rows) error {
		var purchase int64
		var p rules.Purchase
		var bought, received, stated, voided db.Time
		err := rows.Scan(&purchase, &p.Platform, &p.Invoice, &p.Amount, &bought, &received, &stated, &voided, &p.VoidSettled, &p.Evidence)
		p.PurchasedAt, p.ReceivedAt, p.StatedThrough, p.VoidedAt = bought.Time, received.Time, stated.Time, voided.Time
		set, ids[p.PurchaseKey] = append(set, p), purchase
		return err
	}, `SELECT q.id, f.code, q.invoice_code, q.amount, q.purchased_at, q.received_at, q.stated_through, q.voided_at, q.void_settled, q.evidence
		FROM purchases q JOIN platforms f ON f.id = q.platform_id WHERE q.participant_id = $1`, id)
	if err != nil {
		return err
	}
	out := rules.Reconsider(rules.Membership{
		Announced: rules.AnnouncedFrom(announced.Time), Facts: rules.Facts{Deadline: deadline.Time, RevokedAt: revoked.Time, ReviewOpen: reviewed},
	}, set, d.settings)
	var want int64
	if key := out.Facts.FirstPurchase; key != nil {
		want = ids[*key]
	}
	switch {
	case first.Int64 != want:
		return fmt.Errorf("%w: participant %d has first purchase %d, want %d", errDiffers, id, first.Int64, want)
	case reviewed != out.Facts.ReviewOpen || !out.Facts.RevokedAt.Equal(revoked.Time) || len(out.Changed) > 0:
		return fmt.Errorf("%w: participant %d, about the review or the revocation", errDiffers, id)
	case balance != rules.Balance(d.settings, set):
		return fmt.Errorf("%w: participant %d has a balance of %d, want %d", errDiffers, id, balance, rules.Balance(d.settings, set))
	}
	return nil
}
