package registry

import (
	"context"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/ent/alert"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// PlatformWatch is how a platform reports at present.
type PlatformWatch struct {
	Platform   string // code
	PlatformID int
	Active     bool
	// LastDelivery is when its last delivery came, of any kind; zero for none. A repetition of one that is known is none.
	LastDelivery time.Time
	// LastHour is how many came in the 60 minutes before the present, and Usual how many usually do at this time of day
	// (see [rules.Usual]); 0 as long as too little is known to say.
	LastHour int
	Usual    float64
	// Reports is how many purchases were reported for the first time in the last 24 hours. After LagP50 from the purchase
	// half of those reports had come, and after the others 90 and 99 of a hundred; whole seconds, none below 0. From 1,000
	// reports on all of this is estimated from 500 of them at least, evenly spread.
	Reports                int
	LagP50, LagP90, LagP99 time.Duration
	Quarantined            int             // deliveries of it, for any reason
	Statement              *StatementCheck // its latest statement of completeness; nil for none
	Outage                 *ent.Outage     // the declared outage that lasts; nil for none
	Alerts                 []*ent.Alert    // those that stand, the oldest first; nil unless the viewer is of the staff
}

// StatementCheck is a platform's statement that it has sent every purchase made before an instant, held against what is
// on record. Of several statements the one that reaches furthest counts.
type StatementCheck struct {
	Through time.Time // exclusive
	// Count and Amount (rupiah) are the platform's word, HeldCount and HeldAmount what is on record: purchases made before
	// Through, voided ones included, since what was voided was sent. What lies in quarantine is not on record.
	Count, Amount         int64
	HeldCount, HeldAmount int64
	Agrees                bool
	ReceivedAt            time.Time
}

// Watch returns how the platforms report, by code: all of them for staff, its own for a platform.
func (r *Registry) Watch(ctx context.Context, v viewer.Viewer) ([]PlatformWatch, error) {
	watched, err := r.WatchOn(ctx, r.db.Fresh, v)
	if err != nil || !v.SeesWatch("") {
		return watched, err
	}
	standing, err := r.OpenAlerts(ctx)
	if err != nil {
		return nil, err
	}
	raised := map[int][]*ent.Alert{}
	for _, a := range standing {
		raised[a.PlatformID] = append(raised[a.PlatformID], a)
	}
	for i, w := range watched {
		watched[i].Alerts = raised[w.PlatformID]
	}
	return watched, nil
}

// WatchOn is [Registry.Watch] without the alerts, by statements that q runs. By those of a replica that lags, a platform
// seems silent for longer than it is.
func (r *Registry) WatchOn(ctx context.Context, q db.Execer, v viewer.Viewer) ([]PlatformWatch, error) {
	own := v.OwnPlatform()
	if err := authorise(v.SeesWatch(own), "see how platforms report"); err != nil {
		return nil, err
	}
	read, err := r.readWatch(ctx, q, r.Now(), own)
	if err != nil {
		return nil, fmt.Errorf("watch the platforms: %w", err)
	}
	watched := make([]PlatformWatch, len(read))
	for i, w := range read {
		watched[i] = w.PlatformWatch
	}
	return watched, nil
}

// OpenAlerts returns the alerts that stand, the oldest first, each with its platform. It asks no viewer: it is for the
// program's own metrics.
func (r *Registry) OpenAlerts(ctx context.Context) ([]*ent.Alert, error) {
	standing, err := r.db.Primary().Alert.Query().Where(alert.ClearedAtIsNil()).WithPlatform().Order(alert.ByRaisedAt(), alert.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the alerts: %w", err)
	}
	return standing, nil
}

// watched is a platform with what the rules are asked.
type watched struct {
	PlatformWatch
	figures rules.Figures
	first   time.Time    // its first delivery; zero for none
	outages []rules.Span // that bear on what is usual
}
