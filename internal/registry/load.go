package registry

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// need is what a workspace must load and lock before anything is decided.
type need struct {
	cards      map[string]bool
	ids        map[int]bool // participants by id
	invoices   map[invoice]bool
	courses    map[course]bool
	catalogue  bool              // the courses may be changed, not only referred to
	statements map[int]time.Time // by platform, those from this instant on
}

func newNeed() *need {
	return &need{cards: map[string]bool{}, ids: map[int]bool{}, invoices: map[invoice]bool{}, courses: map[course]bool{}, statements: map[int]time.Time{}}
}

// statementsFrom adds the platform's statements that reach to the instant or beyond.
func (n *need) statementsFrom(platform int, t time.Time) {
	if earliest, ok := n.statements[platform]; !ok || t.Before(earliest) {
		n.statements[platform] = t
	}
}

// of adds what a message needs.
func (n *need) of(m *message) {
	platform := m.submission.PlatformID
	switch e := m.submission.Event.(type) {
	case rules.PurchaseCompleted:
		n.cards[e.CardNumber] = true
		n.invoices[invoice{platform, e.InvoiceCode}] = true
		n.courses[course{platform, e.CourseCode}] = true
		n.statementsFrom(platform, e.PurchasedAt)
	case rules.PurchaseVoided:
		n.invoices[invoice{platform, e.InvoiceCode}] = true
	case rules.OfferingUpserted:
		n.courses[course{platform, e.CourseCode}], n.catalogue = true, true
	case rules.OfferingWithdrawn:
		n.courses[course{platform, e.CourseCode}], n.catalogue = true, true
	case rules.CompleteThrough:
		n.statementsFrom(platform, e.Through)
	}
}

// load fills the workspace: platforms, the owners of the invoices, then the participants, locked in
// the order of their ids so that several servers do not deadlock, and last what hangs on them.
func (w *workspace) load(ctx context.Context, n *need) error {
	steps := []struct {
		name string
		run  func(context.Context, *need) error
	}{
		{"platforms", w.loadPlatforms},
		{"owners of invoices", w.findOwners},
		{"participants", w.lockParticipants},
		{"offerings", w.loadOfferings},
		{"purchases", w.loadPurchases},
		{"reviews", w.loadReviews},
		{"statements", w.loadStatements},
	}
	for _, s := range steps {
		if err := s.run(ctx, n); err != nil {
			return fmt.Errorf("load %s: %w", s.name, err)
		}
	}
	return nil
}

func (w *workspace) loadPlatforms(ctx context.Context, _ *need) error {
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		var id int
		var code string
		if err := rows.Scan(&id, &code); err != nil {
			return err
		}
		w.platforms[id] = code
		return nil
	}, "SELECT id, code FROM platforms")
}

// findOwners adds the participants who own the invoices that are known already.
func (w *workspace) findOwners(ctx context.Context, n *need) error {
	if len(n.invoices) == 0 {
		return nil
	}
	d := w.tx.Dialect
	platforms, codes := split(n.invoices, func(k invoice) (int, string) { return k.platform, k.code })
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		var owner int
		var key invoice
		if err := rows.Scan(&owner, &key.platform, &key.code); err != nil {
			return err
		}
		if n.invoices[key] {
			n.ids[owner] = true
		}
		return nil
	}, "SELECT participant_id, platform_id, invoice_code FROM purchases WHERE "+d.Any("platform_id", 1)+" AND "+d.Any("invoice_code", 2),
		d.Ints(platforms), d.Texts(codes))
}

const participantColumns = `p.id, p.cohort_id, p.card_number, c.announced_at, p.deadline, p.first_purchase_id, p.revoked_at, p.settlement_id, p.balance`

func (w *workspace) lockParticipants(ctx context.Context, n *need) error {
	if len(n.cards)+len(n.ids) == 0 {
		return nil
	}
	d := w.tx.Dialect
	lock := ""
	if d.ForUpdate() != "" {
		lock = d.ForUpdate() + " OF p"
	}
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		p := &participant{}
		var announced, deadline, revoked db.Time
		var first, settlement sql.NullInt64
		if err := rows.Scan(&p.id, &p.cohort, &p.card, &announced, &deadline, &first, &revoked, &settlement, &p.balance); err != nil {
			return err
		}
		p.announced, p.deadline, p.revokedAt = rules.AnnouncedFrom(announced.Time), deadline.Time, revoked.Time
		p.storedFirst, p.settlement = int(first.Int64), int(settlement.Int64) // zero for none
		w.participants[p.id], w.byCard[p.card] = p, p
		return nil
	}, "SELECT "+participantColumns+" FROM participants p JOIN cohorts c ON c.id = p.cohort_id WHERE "+
		d.Any("p.card_number", 1)+" OR "+d.Any("p.id", 2)+" ORDER BY p.id"+lock,
		d.Texts(slices.Sorted(maps.Keys(n.cards))), d.Ints(slices.Sorted(maps.Keys(n.ids))))
}

func (w *workspace) loadPurchases(ctx context.Context, _ *need) error {
	if len(w.participants) == 0 {
		return nil
	}
	d := w.tx.Dialect
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		q := &purchase{offering: &offering{}}
		var owner int
		var purchased, received, stated, voided db.Time
		if err := rows.Scan(&q.id, &q.platformID, &q.Invoice, &owner, &q.offering.id, &q.Course, &q.Amount, &purchased, &received, &stated,
			&voided, &q.VoidSettled, &q.Evidence); err != nil {
			return err
		}
		q.Platform = w.platforms[q.platformID]
		q.PurchasedAt, q.ReceivedAt, q.StatedThrough, q.VoidedAt = purchased.Time, received.Time, stated.Time, voided.Time
		p := w.participants[owner]
		q.owner = p
		p.purchases = append(p.purchases, q)
		w.purchases[invoice{q.platformID, q.Invoice}] = q
		if p.storedFirst == q.id {
			p.first = q
		}
		return nil
	}, "SELECT q.id, q.platform_id, q.invoice_code, q.participant_id, q.offering_id, o.course_code, q.amount, q.purchased_at, q.received_at, q.stated_through, q.voided_at, q.void_settled, q.evidence"+
		" FROM purchases q JOIN offerings o ON o.id = q.offering_id WHERE "+d.Any("q.participant_id", 1),
		d.Ints(slices.Collect(maps.Keys(w.participants))))
}

func (w *workspace) loadReviews(ctx context.Context, _ *need) error {
	if len(w.participants) == 0 {
		return nil
	}
	d := w.tx.Dialect
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		rv := &review{}
		var owner, about int
		if err := rows.Scan(&rv.id, &owner, &about, &rv.kind); err != nil {
			return err
		}
		rv.owner = w.participants[owner]
		for _, q := range rv.owner.purchases {
			if q.id == about {
				rv.purchase = q
			}
		}
		rv.owner.reviews = append(rv.owner.reviews, rv)
		return nil
	}, "SELECT id, participant_id, purchase_id, kind FROM reviews WHERE closed_at IS NULL AND "+d.Any("participant_id", 1)+" ORDER BY id",
		d.Ints(slices.Collect(maps.Keys(w.participants))))
}

func (w *workspace) loadOfferings(ctx context.Context, n *need) error {
	if len(n.courses) == 0 {
		return nil
	}
	d := w.tx.Dialect
	platforms, codes := split(n.courses, func(k course) (int, string) { return k.platform, k.code })
	lock := ""
	if n.catalogue && d == db.Postgres {
		// Not FOR UPDATE: new purchases may go on referring to them.
		lock = " FOR NO KEY UPDATE"
	}
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		o := &offering{}
		var mode sql.NullString
		var price sql.NullInt64
		var withdrawn, changed db.Time
		if err := rows.Scan(&o.id, &o.platformID, &o.code, &o.title, &o.provider, &o.category, &mode, &price, &o.url, &o.listed, &o.sample, &withdrawn, &changed); err != nil {
			return err
		}
		o.mode, o.price, o.hasPrice = rules.Mode(mode.String), price.Int64, price.Valid
		o.withdrawn, o.changedAt = withdrawn.Time, changed.Time
		w.offerings[course{o.platformID, o.code}] = o
		return nil
	}, "SELECT id, platform_id, course_code, title, provider, category, mode, price, url, listed, sample, withdrawn_at, changed_at FROM offerings WHERE "+
		d.Any("platform_id", 1)+" AND "+d.Any("course_code", 2)+" ORDER BY id"+lock, d.Ints(platforms), d.Texts(codes))
}

// loadStatements loads the platforms' statements of completeness that may cover what is reported. Of a
// platform that has stated things for years, these are its latest.
func (w *workspace) loadStatements(ctx context.Context, n *need) error {
	if len(n.statements) == 0 {
		return nil
	}
	earliest := slices.MinFunc(slices.Collect(maps.Values(n.statements)), time.Time.Compare)
	return db.Query(ctx, w.tx, func(rows *sql.Rows) error {
		var s statement
		var through, received db.Time
		if err := rows.Scan(&s.platformID, &through, &s.count, &s.amount, &received); err != nil {
			return err
		}
		s.through, s.receivedAt = through.Time, received.Time
		w.statements = append(w.statements, s)
		return nil
	}, "SELECT platform_id, through, count, amount, received_at FROM statements WHERE "+w.tx.Dialect.Any("platform_id", 1)+" AND through >= $2",
		w.tx.Dialect.Ints(slices.Sorted(maps.Keys(n.statements))), db.Instant(earliest))
}

// split returns the two halves of the keys, each without repetition and in order.
func split[K comparable](keys map[K]bool, parts func(K) (int, string)) ([]int, []string) {
	ints, texts := map[int]bool{}, map[string]bool{}
	for k := range keys {
		i, s := parts(k)
		ints[i], texts[s] = true, true
	}
	return slices.Sorted(maps.Keys(ints)), slices.Sorted(maps.Keys(texts))
}
