package app

import (
	"database/sql"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gelombang/internal/db"
)

// httpMetrics measures requests. The labels have few values: methods, routes and statuses.
type httpMetrics struct {
	inFlight prometheus.Gauge
	duration *prometheus.HistogramVec
}

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gelombang_http_requests_in_flight",
			Help: "Requests being worked on.",
		}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gelombang_http_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method", "route", "status"}),
	}
	r.MustRegister(m.inFlight, m.duration)
	return m
}

func (m *httpMetrics) observe(method, route string, status int, took time.Duration) {
	m.duration.WithLabelValues(methodLabel(method), route, strconv.Itoa(status)).Observe(took.Seconds())
}

// newMetrics makes the registry of this server's metrics: its own, not the process-wide one, so that
// several servers fit in one process.
func newMetrics(d *db.DB, version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "gelombang_build_info",
		Help:        "Always 1; the version of the program is a label.",
		ConstLabels: prometheus.Labels{"version": version, "database": string(d.Dialect)},
	})
	build.Set(1)
	r.MustRegister(
		build,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	for name, pool := range pools(d) {
		r.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
	return r
}

func pools(d *db.DB) map[string]*sql.DB {
	return map[string]*sql.DB{"write": d.Write, "read": d.Read, "analysis": d.Analysis, "fresh": d.Fresh}
}

func metricsHandler(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{Registry: r})
}
