package graph

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/graph/throttle"
	"gelombang/internal/viewer"
)

// The outcomes of requests.
const (
	outcomeAnswered    = "answered"     // executed, without errors
	outcomeErrors      = "errors"       // executed, with errors
	outcomeRejected    = "rejected"     // the query is not valid, too large or too dear
	outcomeRefused     = "refused"      // not a GraphQL request, or one that names a document that we do not have
	outcomeRateLimited = "rate_limited" // asked too often, or too much at once
	outcomeFailed      = "failed"       // a fault of ours
)

// metrics are the endpoint's. The statuses of HTTP do not tell the outcome: an answer with errors is a 200.
type metrics struct{ requests *prometheus.CounterVec }

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gelombang_graphql_requests_total", Help: "GraphQL requests, by the role of the viewer and by what became of them.",
	}, []string{"role", "outcome"})}
	if reg == nil {
		return m, nil
	}
	if err := reg.Register(m.requests); err != nil {
		return nil, fmt.Errorf("register the metrics of GraphQL: %w", err)
	}
	return m, nil
}

func (m *metrics) count(v viewer.Viewer, outcome string) {
	m.requests.WithLabelValues(throttle.Name(v.Role), outcome).Inc()
}
