package simulate

import (
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Tally counts what a load came to.
type Tally struct {
	Deliveries   int // that came to an end
	Acknowledged int // of these, with a 2xx
	Requests     int // attempts included
	Took         time.Duration
	ByStatus     map[int]int // requests by the answer's status; 0 is no answer
	// ByReason counts the deliveries that went to quarantine (202) by the reason that the answer gave.
	ByReason map[string]int

	latencies []time.Duration
}

func newTally() Tally { return Tally{ByStatus: map[int]int{}, ByReason: map[string]int{}} }

func (t *Tally) answered(a Answer) {
	t.Requests++
	t.ByStatus[a.Status]++
	if a.Status == http.StatusAccepted {
		t.ByReason[a.Reason()]++
	}
	if a.Status != 0 {
		t.latencies = append(t.latencies, a.Took)
	}
}

// Latency returns the time within which the given share of the answers came, by nearest rank; 0 if
// there was none. The share is in (0, 1].
func (t *Tally) Latency(share float64) time.Duration {
	if len(t.latencies) == 0 {
		return 0
	}
	slices.Sort(t.latencies)
	rank := int(math.Ceil(share * float64(len(t.latencies)))) // from 1
	return t.latencies[max(rank, 1)-1]
}

// Print writes the tally for a person.
func (t *Tally) Print(out io.Writer) error {
	var lines strings.Builder
	fmt.Fprintf(&lines, "deliveries\t%d\nacknowledged\t%d\nrequests\t%d\n", t.Deliveries, t.Acknowledged, t.Requests)
	for _, status := range slices.Sorted(maps.Keys(t.ByStatus)) {
		name := fmt.Sprintf("answered %d", status)
		if status == 0 {
			name = "no answer"
		}
		fmt.Fprintf(&lines, "  %s\t%d\n", name, t.ByStatus[status])
		if status == http.StatusAccepted {
			for _, reason := range slices.Sorted(maps.Keys(t.ByReason)) {
				fmt.Fprintf(&lines, "    %s\t%d\n", reason, t.ByReason[reason])
			}
		}
	}
	fmt.Fprintf(&lines, "took\t%v\n", t.Took.Round(time.Millisecond))
	if seconds := t.Took.Seconds(); seconds > 0 {
		fmt.Fprintf(&lines, "rate\t%.0f/s\n", float64(t.Requests)/seconds)
	}
	fmt.Fprintf(&lines, "latency p50\t%v\nlatency p99\t%v\n", t.Latency(.5).Round(10*time.Microsecond), t.Latency(.99).Round(10*time.Microsecond))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, lines.String()); err != nil {
		return err
	}
	return w.Flush()
}
