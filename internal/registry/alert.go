package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/ent/alert"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// alertTold is what our webhooks say of an alert. It holds no personal data.
type alertTold struct {
	Platform  string          `json:"platform"` // code
	Kind      rules.AlertKind `json:"kind"`
	RaisedAt  time.Time       `json:"raised_at"`
	ClearedAt *time.Time      `json:"cleared_at,omitempty"`
	Figures   json.RawMessage `json:"figures"` // that raised it
}

// alertFigures are the figures that raised an alert, as they are kept with it and told. Times are RFC 3339, spans whole
// seconds.
type alertFigures struct {
	Deadline     *time.Time `json:"nearest_deadline,omitempty"`
	LastDelivery *time.Time `json:"last_delivery,omitempty"`
	Missed       float64    `json:"missed"` // deliveries usual in the time since the last one
	LastHour     int        `json:"last_hour"`
	Usual        float64    `json:"usual"`
	Reports      int        `json:"reports"`
	LagP90       int64      `json:"lag_p90_seconds"`
	Quarantined  int        `json:"quarantined"`
	AtStake      int        `json:"at_stake"`
	Through      *time.Time `json:"stated_through,omitempty"`
	Count        int64      `json:"stated_count,omitempty"`
	Amount       int64      `json:"stated_amount,omitempty"` // rupiah
	HeldCount    int64      `json:"held_count,omitempty"`
	HeldAmount   int64      `json:"held_amount,omitempty"` // rupiah
}

// RaiseAlerts looks how the platforms report, raises what wants a person's attention and clears what does so no longer, by
// [rules.Figures.Alerts]; it returns how many of each. Each change is recorded, logged and told by webhook, once, however
// many servers look at the same time.
func (r *Registry) RaiseAlerts(ctx context.Context) (raised, cleared int, err error) {
	platforms, err := r.readWatch(ctx, r.db.Fresh, r.Now(), "")
	if err != nil {
		return 0, 0, fmt.Errorf("watch the platforms: %w", err)
	}
	standing, err := r.OpenAlerts(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, p := range platforms {
		own, since := map[rules.AlertKind]*ent.Alert{}, map[rules.AlertKind]time.Time{}
		for _, a := range standing {
			if a.PlatformID == p.PlatformID {
				own[a.Kind], since[a.Kind] = a, a.RaisedAt
			}
		}
		should := p.figures.Alerts(r.Now(), since)
		for _, kind := range should {
			if own[kind] != nil {
				continue
			}
			done, err := r.raiseAlert(ctx, p, kind)
			if err != nil {
				return raised, cleared, err
			}
			raised += done
		}
		for kind, a := range own {
			if slices.Contains(should, kind) {
				continue
			}
			done, err := r.clearAlert(ctx, p, a)
			if err != nil {
				return raised, cleared, err
			}
			cleared += done
		}
	}
	return raised, cleared, nil
}

// raiseAlert records an alert, unless another server has just done so, and returns how many it recorded.
func (r *Registry) raiseAlert(ctx context.Context, p *watched, kind rules.AlertKind) (int, error) {
	detail, err := json.Marshal(p.detail())
	if err != nil {
		return 0, fmt.Errorf("encode the figures of an alert: %w", err)
	}
	raised := 0
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT INTO alerts (platform_id, kind, detail, raised_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			p.PlatformID, string(kind), string(detail), tx.Now)
		if err != nil {
			return fmt.Errorf("record the alert: %w", err)
		}
		n, err := res.RowsAffected()
		if raised = int(n); err != nil || n == 0 {
			return err
		}
		return r.tell(ctx, tx, rules.EventAlertRaised, alertTold{Platform: p.Platform, Kind: kind, RaisedAt: tx.Now, Figures: detail})
	})
	if err == nil && raised > 0 {
		r.log.WarnContext(ctx, "a platform wants attention", slog.String("platform", p.Platform), slog.String("kind", string(kind)))
	}
	return raised, err
}

// clearAlert records that the reason for an alert is gone, unless another server has just done so, and returns how many
// it recorded.
func (r *Registry) clearAlert(ctx context.Context, p *watched, a *ent.Alert) (int, error) {
	cleared := 0
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		var err error
		cleared, err = tx.Client.Alert.Update().Where(alert.ID(a.ID), alert.ClearedAtIsNil()).SetClearedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("record that the alert is over: %w", err)
		}
		if cleared == 0 {
			return nil
		}
		return r.tell(ctx, tx, rules.EventAlertCleared, alertTold{
			Platform: p.Platform, Kind: a.Kind, RaisedAt: a.RaisedAt, ClearedAt: &tx.Now, Figures: json.RawMessage(a.Detail),
		})
	})
	if err == nil && cleared > 0 {
		r.log.InfoContext(ctx, "a platform wants attention no longer", slog.String("platform", p.Platform), slog.String("kind", string(a.Kind)))
	}
	return cleared, err
}

func (p *watched) detail() alertFigures {
	f := alertFigures{
		Deadline: db.Time{Time: p.figures.Deadline}.Pointer(), LastDelivery: db.Time{Time: p.LastDelivery}.Pointer(),
		Missed: p.figures.Missed, LastHour: p.LastHour, Usual: p.Usual, Reports: p.Reports, LagP90: int64(p.LagP90 / time.Second),
		Quarantined: p.Quarantined, AtStake: p.figures.AtStake,
	}
	if s := p.Statement; s != nil {
		f.Through, f.Count, f.Amount, f.HeldCount, f.HeldAmount = &s.Through, s.Count, s.Amount, s.HeldCount, s.HeldAmount
	}
	return f
}
