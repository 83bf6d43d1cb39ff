package reads

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// The longest curves that are drawn, in WIB days from the announcement. A window is 30 days, and extensions of
// months have been granted.
const (
	MaxCurveDays       = 400
	MaxHourlyCurveDays = 60 // 1,440 points
)

// step is how the steps of a curve are told.
type step struct {
	unit   db.Unit
	length time.Duration
	days   int    // of the longest curve
	longer string // what to ask for when that is not enough
}

var steps = map[string]step{
	"DAY":  {unit: db.Day, length: 24 * time.Hour, days: MaxCurveDays, longer: "group `participantAggregate` by MONTH"},
	"HOUR": {unit: db.Hour, length: time.Hour, days: MaxHourlyCurveDays, longer: "ask for it by DAY"},
}

// fillCurves draws the purchase curves of the cohorts: one statement for all of them at each place in the query
// where a curve is asked for, and one for how many recipients there are.
func (r *Reader) fillCurves(ctx context.Context, sel selection.Selection, byNumber map[int]*model.Cohort, numbers []int) error {
	places := sel.Fields("purchaseCurve")
	if len(places) == 0 {
		return nil
	}
	recipients, err := r.recipients(ctx, numbers)
	if err != nil {
		return fmt.Errorf("count recipients: %w", err)
	}
	for _, f := range places {
		points, err := r.curves(ctx, f, byNumber, numbers, recipients)
		if err != nil {
			return err
		}
		for number, c := range byNumber {
			c.Curves.Put(f.Node, &model.PurchaseCurve{Recipients: recipients[number].count, Points: points[number]})
		}
	}
	return nil
}

// curves draws the curves of one place, by the numbers of the cohorts; none when no points are asked for.
func (r *Reader) curves(ctx context.Context, f selection.Field, byNumber map[int]*model.Cohort, numbers []int, recipients map[int]population) (map[int][]*model.CurvePoint, error) {
	by, err := f.Text("by")
	if err != nil {
		return nil, at(f, err)
	}
	if by == nil {
		return nil, at(f, &registry.Error{Code: registry.Invalid, Field: "by", Message: "a length of the steps is needed"})
	}
	s, known := steps[*by]
	if !known {
		return nil, fmt.Errorf("no curve has steps of %s", *by)
	}
	drawn := make(map[int][]*model.CurvePoint, len(numbers))
	if !f.Selection("PurchaseCurve").Has("points") {
		return drawn, nil
	}
	made, err := r.firstPurchases(ctx, s, numbers)
	if err != nil {
		return nil, fmt.Errorf("count first purchases: %w", err)
	}
	for _, number := range numbers {
		start, end := r.extent(byNumber[number], recipients[number])
		if end.Sub(start) > time.Duration(s.days)*24*time.Hour {
			return nil, at(f, s.tooLong(number))
		}
		drawn[number] = curve(start, end, s.length, made[number], recipients[number].count)
	}
	return drawn, nil
}

// extent is from when until when (exclusive) the curve of the cohort goes: until the last of its participants may
// no longer buy, or the present.
func (r *Reader) extent(c *model.Cohort, of population) (start, end time.Time) {
	end = c.PurchaseDeadline
	if of.deadline.After(end) {
		end = of.deadline
	}
	if r.Now.Before(end) {
		end = r.Now
	}
	return rules.AnnouncedFrom(c.AnnouncedAt), end
}

func (s step) tooLong(cohort int) error {
	return &registry.Error{
		Code: registry.Invalid, Field: "by",
		Message: fmt.Sprintf("the curve of cohort %d is longer than the %d days for which steps of that length are given: %s", cohort, s.days, s.longer),
	}
}

// curve counts up the first purchases from start to end (exclusive), without gaps. made is how many were made in
// the step that begins at each instant, in microseconds of Unix time. The last step is the one that end lies in,
// which is under way unless it ends there.
func curve(start, end time.Time, length time.Duration, made map[int64]int, recipients int) []*model.CurvePoint {
	points := []*model.CurvePoint{}
	cumulative := 0
	for begin := start; begin.Before(end); begin = begin.Add(length) {
		ends := begin.Add(length)
		purchased := made[begin.UnixMicro()]
		cumulative += purchased
		p := &model.CurvePoint{
			Day: int((ends.Sub(start)-1)/(24*time.Hour)) + 1, Hours: int(ends.Sub(start) / time.Hour), At: ends,
			Purchased: purchased, Cumulative: cumulative,
		}
		if recipients > 0 {
			p.Share = float64(cumulative) / float64(recipients)
		}
		points = append(points, p)
	}
	return points
}

// population is how many participants a cohort has, and the latest of their deadlines.
type population struct {
	count    int
	deadline time.Time // zero without participants
}

func (r *Reader) recipients(ctx context.Context, cohorts []int) (map[int]population, error) {
	found := map[int]population{}
	var args keyset.Args
	query := "SELECT pa.cohort_id, COUNT(*), MAX(pa.deadline) FROM participants pa" + clause(anyInt(r.Dialect, "pa.cohort_id", cohorts)(&args)) + " GROUP BY pa.cohort_id"
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var number int
		var p population
		var deadline db.Time
		if err := rows.Scan(&number, &p.count, &deadline); err != nil {
			return err
		}
		p.deadline = deadline.Time
		found[number] = p
		return nil
	}, query, args...)
	return found, err
}

// firstPurchases counts, for each cohort, the first purchases in each step, which it names by its beginning in
// microseconds of Unix time.
func (r *Reader) firstPurchases(ctx context.Context, s step, cohorts []int) (map[int]map[int64]int, error) {
	made := map[int]map[int64]int{}
	var args keyset.Args
	query := "SELECT pa.cohort_id, " + r.Dialect.StartOf(s.unit, "fp.purchased_at") + ", COUNT(*) FROM participants pa JOIN purchases fp ON fp.id = pa.first_purchase_id" +
		clause(anyInt(r.Dialect, "pa.cohort_id", cohorts)(&args)) + " GROUP BY 1, 2"
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		var number, n int
		var begin db.Time
		if err := rows.Scan(&number, &begin, &n); err != nil {
			return err
		}
		if made[number] == nil {
			made[number] = map[int64]int{}
		}
		made[number][begin.UnixMicro()] = n
		return nil
	}, query, args...)
	return made, err
}
