package registry

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/forecast"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// ForecastData is what forecasts are made of, as it was known at an instant.
type ForecastData struct {
	At     time.Time        // UTC
	Curves []forecast.Curve // by number
	// Apart counts, by cohort, the participants who have another deadline than their cohort: they are not in its
	// curve. A cohort without any is not in it.
	Apart map[int]int
}

// Curve returns the curve of a cohort.
func (d ForecastData) Curve(cohort int) (forecast.Curve, bool) {
	i := slices.IndexFunc(d.Curves, func(c forecast.Curve) bool { return c.Cohort == cohort })
	if i < 0 {
		return forecast.Curve{}, false
	}
	return d.Curves[i], true
}

// ForecastQuery says which curves are read.
type ForecastQuery struct {
	Cohort int       // the one that is forecast; 0 for none
	Past   int       // how many of the cohorts that had reached their deadline, the latest first
	At     time.Time // not after the present
}

// ForecastData reads how the cohorts bought, by the hour, as far as it was reported at the instant (inclusive): the
// cohort, those that were open then, and so many before them. A first purchase is the one that counts at present: what
// was voided since is not in it. The hours end whole hours before the instant.
func (r *Registry) ForecastData(ctx context.Context, v viewer.Viewer, in ForecastQuery) (ForecastData, error) {
	if err := authorise(v.SeesAllPurchases(), "forecast cohorts"+viewer.AnalystsMay); err != nil {
		return ForecastData{}, err
	}
	at := db.Instant(in.At)
	if at.After(r.Now()) {
		return ForecastData{}, invalid("at", "what will be known in the future cannot be asked for: take an instant until now")
	}
	data := ForecastData{At: at}
	err := r.db.Snapshot(ctx, 0, func(s *db.Snapshot) error {
		chosen, err := forecastCohorts(ctx, s, in, at)
		if err != nil {
			return err
		}
		return data.read(ctx, s, r.db.Dialect, chosen)
	})
	return data, err
}

// forecastCohorts are the cohorts whose curves are read, by number, without their participants.
func forecastCohorts(ctx context.Context, s *db.Snapshot, in ForecastQuery, at time.Time) ([]forecast.Curve, error) {
	var chosen []forecast.Curve
	found, past := in.Cohort == 0, 0
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		var c forecast.Curve
		var announced, deadline db.Time
		if err := rows.Scan(&c.Cohort, &announced, &deadline); err != nil {
			return err
		}
		c.Announced, c.Deadline = rules.AnnouncedFrom(announced.Time), deadline.Time
		switch {
		case c.Cohort == in.Cohort:
			found = true
		case c.Announced.After(at):
			return nil
		case !c.Deadline.After(at):
			if past++; past > in.Past {
				return nil
			}
		}
		chosen = append(chosen, c)
		return nil
	}, "SELECT id, announced_at, deadline FROM cohorts ORDER BY deadline DESC, id DESC")
	if err != nil {
		return nil, fmt.Errorf("read the cohorts: %w", err)
	}
	if !found {
		return nil, notFound("cohort", "there is no cohort %d", in.Cohort)
	}
	slices.SortFunc(chosen, func(a, b forecast.Curve) int { return a.Cohort - b.Cohort })
	return chosen, nil
}

// read fills in the participants and their first purchases.
func (d *ForecastData) read(ctx context.Context, s *db.Snapshot, dialect db.Dialect, cohorts []forecast.Curve) error {
	d.Curves, d.Apart = cohorts, map[int]int{}
	curves, numbers := map[int]*forecast.Curve{}, []int{}
	for i := range d.Curves {
		numbers = append(numbers, d.Curves[i].Cohort)
		curves[d.Curves[i].Cohort] = &d.Curves[i]
	}
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		var number, n int
		var its bool
		if err := rows.Scan(&number, &its, &n); err != nil {
			return err
		}
		if its {
			curves[number].Recipients = n
		} else {
			d.Apart[number] = n
		}
		return nil
	}, `SELECT pa.cohort_id, pa.deadline = c.deadline, COUNT(*) FROM participants pa JOIN cohorts c ON c.id = pa.cohort_id
WHERE `+dialect.Any("pa.cohort_id", 1)+` GROUP BY 1, 2`, dialect.Ints(numbers))
	if err != nil {
		return fmt.Errorf("count the recipients: %w", err)
	}
	err = db.Query(ctx, s, func(rows *sql.Rows) error {
		var number, purchased, received int
		var p forecast.Point
		if err := rows.Scan(&number, &p.Platform, &purchased, &received, &p.Count); err != nil {
			return err
		}
		p.Purchased, p.Received = hourBefore(d.At, purchased), hourBefore(d.At, received)
		curves[number].Points = append(curves[number].Points, p)
		return nil
	}, `SELECT pa.cohort_id, p.code, `+dialect.Seconds("$1", "fp.purchased_at")+` / 3600, `+dialect.Seconds("$1", "fp.received_at")+` / 3600, COUNT(*)
FROM participants pa JOIN cohorts c ON c.id = pa.cohort_id AND c.deadline = pa.deadline
JOIN purchases fp ON fp.id = pa.first_purchase_id JOIN platforms p ON p.id = fp.platform_id
WHERE fp.received_at <= $1 AND `+dialect.Any("pa.cohort_id", 2)+` GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`, d.At, dialect.Ints(numbers))
	if err != nil {
		return fmt.Errorf("count the first purchases: %w", err)
	}
	return nil
}

// hourBefore is the beginning of the hour that ended so many hours before the instant.
func hourBefore(at time.Time, hours int) time.Time {
	return at.Add(-time.Duration(hours+1) * time.Hour)
}
