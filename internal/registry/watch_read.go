package registry

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gelombang/ent"
	entoutage "gelombang/ent/outage"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

const (
	// lagWindow is how far back reports are looked at for how late they came.
	lagWindow = 24 * time.Hour
	// lagSample is from how many of them on not every one of a platform is looked at.
	lagSample = 1000
)

// watchReader reads how platforms report, in a few statements however many they are.
type watchReader struct {
	r         *Registry
	q         db.Execer
	now       time.Time
	platforms []*watched // by code
	byID      map[int]*watched
}

// readWatch reads how the platform with the code reports, or all platforms for an empty one.
func (r *Registry) readWatch(ctx context.Context, q db.Execer, now time.Time, code string) ([]*watched, error) {
	w := &watchReader{r: r, q: q, now: now, byID: map[int]*watched{}}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"platforms", func(ctx context.Context) error { return w.readPlatforms(ctx, code) }},
		{"outages", w.readOutages},
		{"deliveries", w.readCounts},
		{"lags", w.readLags},
		{"what is held", w.readHeld},
		{"what is at stake", w.readAtStake},
		{"deadlines", w.readDeadline},
	} {
		if err := step.run(ctx); err != nil {
			return nil, fmt.Errorf("read %s: %w", step.name, err)
		}
	}
	return w.platforms, nil
}

// ids are the platforms that are read, as a parameter.
func (w *watchReader) ids() any {
	return w.r.db.Dialect.Ints(slices.Sorted(maps.Keys(w.byID)))
}

func (w *watchReader) query(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) error {
	return db.Query(ctx, w.q, each, query, args...)
}

func (w *watchReader) readPlatforms(ctx context.Context, code string) error {
	return w.query(ctx, func(rows *sql.Rows) error {
		p := &watched{}
		var first, last, through, received db.Time
		var count, amount sql.NullInt64
		if err := rows.Scan(&p.PlatformID, &p.Platform, &p.Active, &first, &last, &p.Quarantined, &through, &count, &amount, &received); err != nil {
			return err
		}
		p.first, p.LastDelivery = first.Time, last.Time
		if !through.IsZero() {
			p.Statement = &StatementCheck{Through: through.Time, Count: count.Int64, Amount: amount.Int64, ReceivedAt: received.Time}
		}
		p.figures.Active, p.figures.LastDelivery = p.Active, p.LastDelivery
		w.platforms, w.byID[p.PlatformID] = append(w.platforms, p), p
		return nil
	}, `SELECT p.id, p.code, p.active,
(SELECT MIN(d.received_at) FROM deliveries d WHERE d.platform_id = p.id), (SELECT MAX(d.received_at) FROM deliveries d WHERE d.platform_id = p.id),
(SELECT COUNT(*) FROM deliveries d WHERE d.platform_id = p.id AND d.settled_at IS NULL),
s.through, s.count, s.amount, s.received_at
FROM platforms p LEFT JOIN statements s ON s.platform_id = p.id AND s.through = (SELECT MAX(l.through) FROM statements l WHERE l.platform_id = p.id)
WHERE $1 = '' OR p.code = $1 ORDER BY p.code`, code)
}

// readOutages reads the outages that last, and those that ended so lately that they bear on what is usual.
func (w *watchReader) readOutages(ctx context.Context) error {
	since := w.now.Add(-(rules.UsualDays + 1) * 24 * time.Hour)
	declared, err := w.r.db.ClientOn(w.q).Outage.Query().
		Where(entoutage.BeginsAtLTE(w.now), entoutage.Or(entoutage.EndsAtIsNil(), entoutage.EndsAtGT(since)), lasts).Order(entoutage.ByBeginsAt()).All(ctx)
	if err != nil {
		return err
	}
	for _, o := range declared {
		if p := w.byID[o.PlatformID]; p != nil {
			p.takeOutage(o, w.now)
		}
	}
	return nil
}

func (p *watched) takeOutage(o *ent.Outage, now time.Time) {
	span := rules.Span{From: o.BeginsAt}
	if o.EndsAt != nil {
		span.To = *o.EndsAt
	}
	p.outages = append(p.outages, span)
	if span.To.IsZero() || span.To.After(now) {
		p.Outage, p.figures.InOutage = o, true
		return
	}
	if span.To.After(p.figures.OutageEnded) {
		p.figures.OutageEnded = span.To
	}
}

// stretch is a span of a platform in which its deliveries are counted.
type stretch struct {
	platform int
	rules.Span
}

// readCounts counts the deliveries of the last hour, and those of the same hour and of the same stretch as the present
// silence on the days before: in short pieces of an index, however many deliveries there are.
func (w *watchReader) readCounts(ctx context.Context) error {
	hour := rules.Span{From: w.now.Add(-rules.WatchWindow), To: w.now}
	var all []stretch
	for _, p := range w.platforms {
		p.figures.Quiet = rules.QuietSpan(p.LastDelivery, p.figures.OutageEnded, w.now)
		for _, s := range append(append([]rules.Span{hour}, hour.SameStretch()...), p.figures.Quiet.SameStretch()...) {
			all = append(all, stretch{p.PlatformID, s})
		}
	}
	counts, err := w.count(ctx, all)
	if err != nil {
		return err
	}
	for _, p := range w.platforms {
		own := counts[:1+2*rules.UsualDays]
		counts = counts[len(own):]
		p.LastHour = own[0].Count
		p.Usual, p.figures.UsualKnown = rules.Usual(own[1:1+rules.UsualDays], p.first, p.outages)
		p.figures.Missed, p.figures.MissedKnown = rules.Usual(own[1+rules.UsualDays:], p.first, p.outages)
		p.figures.LastHour, p.figures.Usual = p.LastHour, p.Usual
	}
	return nil
}

// count counts the deliveries in each of the stretches.
func (w *watchReader) count(ctx context.Context, all []stretch) ([]rules.DayCount, error) {
	counts := make([]rules.DayCount, len(all))
	if len(all) == 0 {
		return counts, nil
	}
	values, args := make([]string, len(all)), make([]any, 0, 3*len(all))
	for i, s := range all {
		counts[i].Span = s.Span
		n := len(args)
		values[i] = fmt.Sprintf("(%d, CAST($%d AS BIGINT), CAST($%d AS %s), CAST($%d AS %s))", i, n+1, n+2, timeType, n+3, timeType)
		args = append(args, s.platform, db.Instant(s.From), db.Instant(s.To))
	}
	err := w.query(ctx, func(rows *sql.Rows) error {
		var i, n int
		err := rows.Scan(&i, &n)
		counts[i].Count = n
		return err
	}, "WITH stretches (i, platform_id, since, before) AS (VALUES "+strings.Join(values, ", ")+")"+
		" SELECT s.i, (SELECT COUNT(*) FROM deliveries d WHERE d.platform_id = s.platform_id AND d.received_at >= s.since AND d.received_at < s.before) FROM stretches s", args...)
	return counts, err
}

// readLags reads how long after the purchase the reports of the last day came: of so many in a hundred the first by
// lag that so many have or undercut. Of a platform with thousands of reports it looks at every other, or every third,
// and so on: at lagSample at most, however much is sold.
func (w *watchReader) readLags(ctx context.Context) error {
	return w.query(ctx, func(rows *sql.Rows) error {
		var id, reports int
		var p50, p90, p99 int64
		if err := rows.Scan(&id, &reports, &p50, &p90, &p99); err != nil {
			return err
		}
		if p := w.byID[id]; p != nil {
			p.Reports, p.LagP50, p.LagP90, p.LagP99 = reports, seconds(p50), seconds(p90), seconds(p99)
			p.figures.Reports, p.figures.LagP90 = p.Reports, p.LagP90
		}
		return nil
	}, `WITH recent AS (
SELECT id, platform_id, invoice_code, ROW_NUMBER() OVER (PARTITION BY platform_id ORDER BY id) AS nth, COUNT(*) OVER (PARTITION BY platform_id) / $4 + 1 AS every
FROM deliveries WHERE received_at > $1 AND received_at <= $2 AND event_type = $3 AND `+w.r.db.Dialect.Any("platform_id", 5)+`),
reports AS (
SELECT r.platform_id, r.every, `+w.r.db.Dialect.Seconds("q.received_at", "q.purchased_at")+` AS lag
FROM recent r JOIN purchases q ON q.platform_id = r.platform_id AND q.invoice_code = r.invoice_code AND q.delivery_id = r.id
WHERE r.nth % r.every = 0),
placed AS (SELECT platform_id, every, lag, ROW_NUMBER() OVER (PARTITION BY platform_id ORDER BY lag) AS place, COUNT(*) OVER (PARTITION BY platform_id) AS n FROM reports)
SELECT platform_id, MAX(n * every), MAX(CASE WHEN place = (n * 50 + 99) / 100 THEN lag END), MAX(CASE WHEN place = (n * 90 + 99) / 100 THEN lag END),
MAX(CASE WHEN place = (n * 99 + 99) / 100 THEN lag END) FROM placed GROUP BY platform_id`, w.now.Add(-lagWindow), w.now, rules.TypePurchaseCompleted, lagSample, w.ids())
}

// seconds is a lag; a platform whose clock is ahead of ours has none below 0.
func seconds(n int64) time.Duration { return max(0, time.Duration(n)*time.Second) }

// readHeld holds the statements of completeness against what is on record.
func (w *watchReader) readHeld(ctx context.Context) error {
	err := w.query(ctx, func(rows *sql.Rows) error {
		var id int
		var count, amount int64
		if err := rows.Scan(&id, &count, &amount); err != nil {
			return err
		}
		if p := w.byID[id]; p != nil && p.Statement != nil {
			p.Statement.HeldCount, p.Statement.HeldAmount = count, amount
		}
		return nil
	}, `SELECT q.platform_id, COUNT(*), COALESCE(SUM(q.amount), 0)
FROM (SELECT platform_id, MAX(through) AS through FROM statements WHERE `+w.r.db.Dialect.Any("platform_id", 1)+` GROUP BY platform_id) s JOIN purchases q ON q.platform_id = s.platform_id AND q.purchased_at < s.through
GROUP BY q.platform_id`, w.ids())
	if err != nil {
		return err
	}
	for _, p := range w.platforms {
		if s := p.Statement; s != nil {
			s.Agrees = s.Count == s.HeldCount && s.Amount == s.HeldAmount
			p.figures.Statement = rules.StatementFigures{ReceivedAt: s.ReceivedAt, Agrees: s.Agrees}
		}
	}
	return nil
}

// readAtStake counts the deliveries in quarantine that may decide about somebody near the deadline: those that name the
// card, and those of which nobody knows whom they name.
func (w *watchReader) readAtStake(ctx context.Context) error {
	near := rules.NearDeadlines(w.now, w.r.settings)
	const (
		concerns = "p.first_purchase_id IS NULL AND p.deadline > $2 AND p.deadline <= $3"
		nameless = "d.card_number = '' AND d.invoice_code = '' AND d.course_code = ''"
	)
	return w.query(ctx, func(rows *sql.Rows) error {
		var id, n int
		if err := rows.Scan(&id, &n); err != nil {
			return err
		}
		if p := w.byID[id]; p != nil {
			p.figures.AtStake = n
		}
		return nil
	}, "SELECT d.platform_id, COUNT(*) FROM deliveries d WHERE d.settled_at IS NULL AND d.received_at <= $1 AND ("+
		"(d.card_number <> '' AND EXISTS (SELECT 1 FROM participants p WHERE p.card_number = d.card_number AND "+concerns+"))"+
		" OR ("+nameless+" AND EXISTS (SELECT 1 FROM cohorts c JOIN participants p ON p.cohort_id = c.id WHERE p.revoked_at IS NULL AND "+concerns+"))"+
		") AND "+w.r.db.Dialect.Any("d.platform_id", 4)+" GROUP BY d.platform_id", w.now.Add(-rules.QuarantineGrace), near.From, near.To, w.ids())
}

// readDeadline reads the nearest deadline that somebody who has not bought can still miss.
func (w *watchReader) readDeadline(ctx context.Context) error {
	var nearest db.Time
	err := w.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&nearest) },
		"SELECT MIN((SELECT MIN(p.deadline) FROM participants p WHERE p.cohort_id = c.id AND p.deadline > $1 AND p.first_purchase_id IS NULL AND p.revoked_at IS NULL)) FROM cohorts c", w.now)
	for _, p := range w.platforms {
		p.figures.Deadline = nearest.Time
	}
	return err
}
