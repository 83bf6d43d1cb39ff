package outbound

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// delays are the times between attempts that Standard Webhooks recommends: the last one is made about three days
// and four hours after the first.
var delays = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

const (
	// jitter is how far a delay is from the schedule at most, as a share of it: messages that failed together
	// shall not come back together.
	jitter = 0.2
	// maxRetryAfter bounds what a receiver may ask for: the longest delay of the schedule.
	maxRetryAfter = 24 * time.Hour
)

// Delay returns how long to wait before the next attempt when so many have been made: for 1 to 9 a time from the
// schedule of Standard Webhooks, 5 s to 24 h, give or take 20 %; false from 10 on, when no more are made. Before
// the first attempt there is no wait. random returns numbers in [0, 1), like [math/rand/v2.Float64].
func Delay(attempt int, random func() float64) (time.Duration, bool) {
	switch {
	case attempt <= 0:
		return 0, true
	case attempt > len(delays):
		return 0, false
	}
	factor := 1 - jitter + 2*jitter*random()
	return time.Duration(factor * float64(delays[attempt-1])), true
}

// retryAfter reads the header Retry-After, seconds or an HTTP date, RFC 9110 section 10.2.3: at least 0, at most
// 24 h. What cannot be read is 0.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil { // digits only: it is too large
			return maxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
