package webhooks

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the intake's. No label holds anything that a sender chose, except the code of a platform
// that exists.
type metrics struct {
	answers    *prometheus.CounterVec
	refusals   *prometheus.CounterVec
	quarantine *prometheus.CounterVec
	groupSize  prometheus.Histogram
	commitTime prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gelombang_deliveries_total", Help: "Authentic deliveries, by platform and by what became of them.",
		}, []string{"platform", "status"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gelombang_deliveries_refused_total", Help: "Requests that were not authentic deliveries, by platform (empty when there is none) and reason.",
		}, []string{"platform", "reason"}),
		quarantine: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gelombang_deliveries_quarantined_total", Help: "Deliveries that went to quarantine, by platform and reason. MESSAGE_ID_REUSED and REJECTED_BY_DATABASE want somebody's attention.",
		}, []string{"platform", "reason"}),
		groupSize: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gelombang_intake_group_size", Help: "Deliveries committed together.", Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		commitTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gelombang_intake_commit_seconds", Help: "Time that a group took to commit, in seconds.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.answers, m.refusals, m.quarantine, m.groupSize, m.commitTime} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the intake's metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) answered(platform, status string) {
	m.answers.WithLabelValues(platform, status).Inc()
}

func (m *metrics) refused(platform, reason string) {
	m.refusals.WithLabelValues(platform, reason).Inc()
}

func (m *metrics) quarantined(platform, reason string) {
	m.quarantine.WithLabelValues(platform, reason).Inc()
}

func (m *metrics) committed(group int, took time.Duration) {
	m.groupSize.Observe(float64(group))
	m.commitTime.Observe(took.Seconds())
}
