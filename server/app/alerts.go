package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// alertCollector shows the alerts that are raised as a gauge, read when it is asked for: whichever server raised them,
// each shows them.
type alertCollector struct {
	registry *registry.Registry
	log      *slog.Logger
}

var platformAlert = prometheus.NewDesc("gelombang_platform_alert", "1 for each alert about a platform that is raised.", []string{"platform", "kind"}, nil)

// alertTime bounds the reading, so that a database in trouble does not cost the other metrics.
const alertTime = 2 * time.Second

// Describe implements prometheus.Collector.
func (alertCollector) Describe(ch chan<- *prometheus.Desc) { ch <- platformAlert }

// Collect implements prometheus.Collector.
func (c alertCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), alertTime)
	defer cancel()
	open, err := c.registry.OpenAlerts(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "the alerts cannot be read for the metrics", db.LogError(err))
		return
	}
	for _, a := range open {
		ch <- prometheus.MustNewConstMetric(platformAlert, prometheus.GaugeValue, 1, a.Edges.Platform.Code, string(a.Kind))
	}
}
