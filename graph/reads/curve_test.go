package reads

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/graph/model"
	"gelombang/internal/rules"
)

// TestACurveHasNoGaps draws curves from what was made in a few steps. It looks at the function itself, and so is in
// the package.
func TestACurveHasNoGaps(t *testing.T) {
	start := time.Date(2021, 3, 10, 0, 0, 0, 0, rules.WIB)
	after := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	const hour, day = time.Hour, 24 * time.Hour
	tests := []struct {
		name       string
		end        time.Time
		length     time.Duration
		made       map[int64]int
		recipients int
		want       []*model.CurvePoint
	}{
		{"announced later", start.Add(-1), day, nil, 4, []*model.CurvePoint{}},
		{"announced now", start, day, nil, 4, []*model.CurvePoint{}},
		{"a microsecond of the first step", start.Add(time.Microsecond), day, nil, 4, []*model.CurvePoint{{Day: 1, Hours: 24, At: after(24)}}},
		{"a whole step", after(24), day, map[int64]int{start.UnixMicro(): 1}, 4, []*model.CurvePoint{
			{Day: 1, Hours: 24, At: after(24), Purchased: 1, Cumulative: 1, Share: 0.25},
		}},
		{"a gap, and what was made after the end", after(49), day, map[int64]int{start.UnixMicro(): 1, after(48).UnixMicro(): 2, after(72).UnixMicro(): 1}, 4, []*model.CurvePoint{
			{Day: 1, Hours: 24, At: after(24), Purchased: 1, Cumulative: 1, Share: 0.25},
			{Day: 2, Hours: 48, At: after(48), Cumulative: 1, Share: 0.25},
			{Day: 3, Hours: 72, At: after(72), Purchased: 2, Cumulative: 3, Share: 0.75},
		}},
		{"hours", after(2), hour, map[int64]int{after(1).UnixMicro(): 4}, 4, []*model.CurvePoint{
			{Day: 1, Hours: 1, At: after(1)},
			{Day: 1, Hours: 2, At: after(2), Purchased: 4, Cumulative: 4, Share: 1},
		}},
		{"nobody", after(1), hour, nil, 0, []*model.CurvePoint{{Day: 1, Hours: 1, At: after(1)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, curve(start, tt.end, tt.length, tt.made, tt.recipients)); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the days of hours", func(t *testing.T) {
		points := curve(start, after(60*24), hour, nil, 0)
		for i, p := range points {
			if p.Hours != i+1 || p.Day != i/24+1 || !p.At.Equal(after(i+1)) {
				t.Fatalf("point %d: %+v", i, p)
			}
		}
		if len(points) != 1440 {
			t.Errorf("%d points in 60 days", len(points))
		}
	})
}
