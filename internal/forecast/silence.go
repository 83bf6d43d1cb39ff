package forecast

import (
	"maps"
	"slices"
	"time"
)

const (
	// evident is how many reports must be missing for a silence to be one: if the platform worked, there would be
	// none with a probability of e^-10.
	evident = 10.0
	// longestSilence is the longest: after a week the platform is taken to have left, and not to owe reports.
	longestSilence = 7 * 24 // hours
	// compared is how far back before a silence reports are compared.
	compared = 14 * 24 // hours
)

// Silence is a platform that reports nothing while the others do.
type Silence struct {
	Platform string
	Since    time.Time // the end of the last hour in which it reported
}

// silence is how a silent platform is made up for.
type silence struct {
	hours int
	ratio float64 // how many purchases it had for one at the platforms that are not silent
}

// watch counts reports by platform and by how many whole hours ago they came.
type watch map[string]*[recent]int

func (w watch) add(platform string, ago, count int) {
	if w[platform] == nil {
		w[platform] = &[recent]int{}
	}
	w[platform][ago] += count
}

// silences finds the platforms that are silent, by what the others report meanwhile. It does so twice, so that in the
// end a silent platform is compared with those only that are not.
func (w watch) silences() map[string]silence {
	found := map[string]silence{}
	for range 2 {
		again := map[string]silence{}
		for _, code := range slices.Sorted(maps.Keys(w)) {
			if s, silent := w.silence(code, found); silent {
				again[code] = s
			}
		}
		found = again
	}
	return found
}

func (w watch) silence(code string, apart map[string]silence) (silence, bool) {
	own := w[code]
	hours := slices.IndexFunc(own[:], func(n int) bool { return n > 0 })
	if hours <= 0 || hours > longestSilence {
		return silence{}, false
	}
	before, elsewhere, meanwhile := 0, 0, 0
	for other, reports := range w {
		if _, is := apart[other]; is || other == code {
			continue
		}
		for ago, n := range reports[:hours+compared] {
			if ago < hours {
				meanwhile += n
			} else {
				elsewhere += n
			}
		}
	}
	for _, n := range own[hours : hours+compared] {
		before += n
	}
	if elsewhere == 0 {
		return silence{}, false
	}
	ratio := float64(before) / float64(elsewhere)
	return silence{hours, ratio}, ratio*float64(meanwhile) >= evident
}
