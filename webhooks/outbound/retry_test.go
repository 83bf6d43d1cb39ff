package outbound // for retryAfter, which gets more forms here than servers can be made to send

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var now = time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)

func TestScheduleIsThatOfStandardWebhooks(t *testing.T) {
	middle := func() float64 { return 0.5 }
	var got []time.Duration
	for attempt := 1; ; attempt++ {
		delay, ok := Delay(attempt, middle)
		if !ok {
			break
		}
		got = append(got, delay.Round(time.Millisecond))
	}
	want := []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, attempt := range []int{0, -1} {
		if delay, ok := Delay(attempt, middle); delay != 0 || !ok {
			t.Errorf("after %d attempts: %v, %t", attempt, delay, ok)
		}
	}
}

func TestDelayIsSpreadByAFifth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.IntRange(1, len(delays)).Draw(t, "attempt")
		share := rapid.Float64Range(0, 1).Draw(t, "random")
		delay, ok := Delay(attempt, func() float64 { return share })
		base := delays[attempt-1]
		if !ok || delay < base*8/10-1 || delay > base*12/10+1 {
			t.Fatalf("%v, %t; the schedule has %v", delay, ok, base)
		}
	})
	lowest, _ := Delay(1, func() float64 { return 0 })
	highest, _ := Delay(1, func() float64 { return 1 })
	if lowest.Round(time.Millisecond) != 4*time.Second || highest.Round(time.Millisecond) != 6*time.Second {
		t.Errorf("5 s become %v to %v", lowest, highest)
	}
}

func TestRetryAfterForms(t *testing.T) {
	tests := []struct {
		value string
		want  time.Duration
	}{
		{"0", 0},
		{"1", time.Second},
		{"007", 7 * time.Second},
		{" 5 ", 5 * time.Second},
		{"86400", 24 * time.Hour},
		{"86401", 24 * time.Hour},
		{"2147483648", 24 * time.Hour},
		{"9223372036854775808", 24 * time.Hour},
		{"-1", 0},
		{"+1", 0},
		{"1.5", 0},
		{"1, 2", 0},
		{"soon", 0},
		{"٣", 0},
		{"Tue, 06 Apr 2021 10:45:30 GMT", 30 * time.Second},
		{"Tuesday, 06-Apr-21 10:45:30 GMT", 30 * time.Second}, // RFC 850
		{"Tue Apr  6 10:45:30 2021", 30 * time.Second},        // asctime
		{"Tue, 06 Apr 2021 10:44:59 GMT", 0},
		{"Mon, 01 Jan 0001 00:00:00 GMT", 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 24 * time.Hour},
		{"2021-04-06T10:45:30Z", 0},
	}
	for _, tt := range tests {
		if got := retryAfter(tt.value, now); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.value, got, tt.want)
		}
	}
}

func TestRetryAfterMeansTheSameInBothForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(0, 200_000).Draw(t, "seconds")
		want := min(time.Duration(seconds)*time.Second, 24*time.Hour)
		if got := retryAfter(strconv.FormatInt(seconds, 10), now); got != want {
			t.Fatalf("seconds: got %v, want %v", got, want)
		}
		if got := retryAfter(now.Add(time.Duration(seconds)*time.Second).Format(http.TimeFormat), now); got != want {
			t.Fatalf("date: got %v, want %v", got, want)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "120", "-1", "99999999999999999999", "Tue, 06 Apr 2021 10:45:30 GMT"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := retryAfter(value, now); got < 0 || got > 24*time.Hour {
			t.Errorf("%q: %v", value, got)
		}
	})
}
