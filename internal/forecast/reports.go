package forecast

import (
	"maps"
	"slices"
	"time"
)

const (
	// recent is how far back purchases say something about how platforms report today.
	recent = 30 * 24 // hours
	// longestLag is the longest that a report is waited for: what has not come by then is taken never to come.
	longestLag = 14 * 24 // hours
	// settled is the age from which on every purchase is known, even if its platform is silent.
	settled = longestLag + longestSilence
	// ownLags is how many purchases of a platform weigh as much as those of all platforms, when its lags are estimated.
	ownLags = 200
	// leastKnown bounds the correction: no purchase that was reported stands for more than ten.
	leastKnown = 0.1
)

// Reports is how the platforms report: which share of the purchases is known after how long, and who has stopped. By
// the zero value they report at once.
type Reports struct {
	all      arrivals
	platform map[string]arrivals
	silent   []Silence
	factor   map[string]silence
}

// arrivals are the share of the purchases of an hour that is reported when the hour has been over for so many hours,
// up to the longest lag.
type arrivals []float64

// lags counts reports by how many hours after the purchase they came, as far as that can be compared. Of the
// purchases of the last hours only the early reports have come: to count them as they are would make lags look short.
// So each report counts among those that came within d hours, for each d that its purchase is old enough to show.
type lags struct {
	came    [longestLag + 1]int // after exactly d hours
	compare [longestLag + 2]int // differences: within d hours, of purchases that are at least d hours old
	total   int
}

func (l *lags) add(age, lag, count int) {
	l.total += count
	l.came[lag] += count
	l.compare[lag] += count
	l.compare[min(age, longestLag)+1] -= count
}

// arrivals multiplies from the longest lag down: of those that are reported within d hours, so many are within d-1.
// This is the chain ladder of insurers, for hours.
func (l *lags) arrivals() arrivals {
	var within [longestLag + 1]int
	sum := 0
	for d := range within {
		sum += l.compare[d]
		within[d] = sum
	}
	out := make(arrivals, longestLag+1)
	share := 1.0
	for d := longestLag; d >= 0; d-- {
		out[d] = share
		if within[d] > 0 {
			share *= 1 - float64(l.came[d])/float64(within[d])
		}
	}
	return out
}

// mixed draws a platform's arrivals towards those of all platforms, the more the fewer purchases it has.
func (l *lags) mixed(all arrivals) arrivals {
	own, weight := l.arrivals(), float64(l.total)/float64(l.total+ownLags)
	for d := range own {
		own[d] = weight*own[d] + (1-weight)*all[d]
	}
	return own
}

// Learn learns how the platforms report from what was known at an instant of the last 30 days' first purchases, of
// all cohorts, open ones included. Their order makes no difference.
func Learn(curves []Curve, at time.Time) Reports {
	all, platforms := &lags{}, map[string]*lags{}
	watch := watch{}
	for _, c := range curves {
		if at.Sub(c.Deadline) > (recent+longestLag)*time.Hour {
			continue
		}
		for _, p := range c.Points {
			age, lag, known := p.seen(at)
			if !known || age >= recent {
				continue
			}
			watch.add(p.Platform, age-lag, p.Count)
			if lag > longestLag {
				continue
			}
			if platforms[p.Platform] == nil {
				platforms[p.Platform] = &lags{}
			}
			all.add(age, lag, p.Count)
			platforms[p.Platform].add(age, lag, p.Count)
		}
	}
	r := Reports{all: all.arrivals(), platform: make(map[string]arrivals, len(platforms)), factor: watch.silences()}
	for code, l := range platforms {
		r.platform[code] = l.mixed(r.all)
	}
	for _, code := range slices.Sorted(maps.Keys(r.factor)) {
		r.silent = append(r.silent, Silence{Platform: code, Since: at.Add(-time.Duration(r.factor[code].hours) * time.Hour)})
	}
	return r
}

// seen says how many whole hours the hour of the purchase has been over, how many hours later the report came, and
// whether it had come by then.
func (p Point) seen(at time.Time) (age, lag int, known bool) {
	known = !p.Received.Add(time.Hour).After(at)
	age = int(at.Sub(p.Purchased)/time.Hour) - 1
	lag = max(0, int(p.Received.Sub(p.Purchased)/time.Hour)) // a platform's clock may run ahead
	return max(age, lag), lag, known
}

// known is the share of the platform's purchases that is known after so many hours. A platform that has stopped
// reporting knew no more than when it stopped.
func (r Reports) known(platform string, age int) float64 {
	if age >= settled || r.all == nil {
		return 1
	}
	a, own := r.platform[platform]
	if !own {
		a = r.all
	}
	age -= r.factor[platform].hours
	return max(leastKnown, a[min(max(age, 0), longestLag)])
}

// unheard is how many purchases at silent platforms go with one of that age that was made elsewhere.
func (r Reports) unheard(platform string, age int) float64 {
	if len(r.silent) == 0 || age >= settled {
		return 0
	}
	if _, silent := r.factor[platform]; silent {
		return 0
	}
	sum := 0.0
	for _, s := range r.silent {
		if f := r.factor[s.Platform]; age < f.hours {
			sum += f.ratio
		}
	}
	return sum
}
