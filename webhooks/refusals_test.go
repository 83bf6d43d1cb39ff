package webhooks

import (
	"testing"
	"time"
)

func TestOfEachKindOfRefusalOneIsToldInAWhile(t *testing.T) {
	var r refusals
	start := time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)
	stale, forged := refusal{"tokopedia", "stale"}, refusal{"tokopedia", "bad_signature"}
	for i, tt := range []struct {
		kind   refusal
		after  time.Duration
		untold int
		loud   bool
	}{
		{stale, 0, 0, true},
		{stale, time.Second, 0, false},
		{forged, time.Second, 0, true},
		{stale, quietFor - 1, 0, false},
		{stale, quietFor, 2, true},
		{stale, 2*quietFor - 1, 0, false},
		{stale, 3 * quietFor, 1, true},
		{forged, 3 * quietFor, 0, true},
	} {
		untold, loud := r.count(tt.kind, start.Add(tt.after))
		if untold != tt.untold || loud != tt.loud {
			t.Errorf("%d: %d untold, told %t; want %d, %t", i, untold, loud, tt.untold, tt.loud)
		}
	}
}
