package remind

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// metrics count what this process did; what stands in the database is counted there. Their labels are words of ours.
type metrics struct {
	reminders *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{reminders: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gelombang_reminders_total",
		Help: "Reminders by channel and by what became of them: SENT, SKIPPED, PLANNED (put back), BOUNCED, FAILED, DOUBT; SENDING for those handed to gateways.",
	}, []string{"channel", "state"})}
	if err := reg.Register(m.reminders); err != nil {
		return nil, fmt.Errorf("register the metrics of reminders: %w", err)
	}
	return m, nil
}

func (m *metrics) add(channel rules.ReminderChannel, state rules.ReminderState, n int) {
	if n > 0 {
		m.reminders.WithLabelValues(string(channel), string(state)).Add(float64(n))
	}
}

func (m *metrics) claimed(c registry.ClaimedReminder) {
	m.add(rules.ChannelEmail, rules.ReminderSkipped, c.Skipped)
	if c.Settled != "" {
		m.add(rules.ChannelEmail, c.Settled, 1)
	}
}

func (m *metrics) told(t registry.ToldReminders) {
	m.add(rules.ChannelGateway, rules.ReminderSending, t.Told)
	m.add(rules.ChannelGateway, rules.ReminderSkipped, t.Skipped)
	m.add(rules.ChannelGateway, rules.ReminderFailed, t.Failed)
}
