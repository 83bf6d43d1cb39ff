// Package dataset makes the people, purchases and deliveries that the benchmarks ask about, and fills a Postgres with
// them through COPY. Everything is drawn from a seed: any row can be made again by itself, so that a data set of any
// size needs no memory, and so that a caller can name a card without looking it up.
//
// What follows from the purchases, first purchases, balances, reviews and histories, is not drawn but asked of package
// rules. What is rare is written through the registry, as in earnest: platforms, keys, cohorts, offerings, settlements.
package dataset

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gelombang/internal/rules"
)

// Config says what to make. The same configuration makes the same data set.
type Config struct {
	Seed         uint64    `json:"seed"`
	Participants int       `json:"participants"` // at least 1,000
	Purchases    int       `json:"purchases"`    // at most 4 for each participant
	Offerings    int       `json:"offerings"`
	Contacts     bool      `json:"contacts"`  // names, addresses and hashed NIKs, encrypted as in earnest; without them rows are narrower
	ReadsOnly    bool      `json:"readsOnly"` // leaves out what no question of the benchmarks looks at: histories, and deliveries but for one of each platform
	AsOf         time.Time `json:"asOf"`      // the present of the data set, a whole hour; nothing in it is later
}

// Check reports what is wrong with the configuration.
func (c Config) Check() error {
	switch {
	case c.Participants < 1000:
		return errors.New("there are at least 1000 participants")
	case c.Purchases < 100 || c.Purchases > 4*c.Participants:
		return errors.New("there are at least 100 purchases, and at most 4 for each participant")
	case c.Offerings < len(shares):
		return fmt.Errorf("there are at least %d offerings, one for each platform", len(shares))
	case !c.AsOf.Equal(c.AsOf.Truncate(time.Hour)):
		return errors.New("the present of the data set is a whole hour")
	}
	return nil
}

// ages are the days since the cohorts' announcements, and how many of a hundred members have bought by then. A cohort
// has 30 days: four are settled, one waits for it, and three are open, with 4, 16 and 26 days left.
var ages = []struct {
	days    int
	percent float64
}{{104, 98}, {88, 98}, {72, 98}, {56, 98}, {32, 98}, {26, 97}, {14, 72}, {4, 28}}

// How many of the cohorts, from the first, have been settled, and how many, to the last, are open.
const (
	settled     = 4
	OpenCohorts = 3
)

// Dataset is a data set in the making.
type Dataset struct {
	Config
	Cohorts  []Cohort
	settings rules.Settings
}

// Cohort is one of the cohorts of a data set.
type Cohort struct {
	Number      int
	AnnouncedAt time.Time
	Deadline    time.Time // exclusive
	Size        int       // members
	FirstID     int       // the id of the first member; the others follow without a gap

	members scatter  // from the order of first invoices to the members' places
	streams []stream // the first invoices of its members, the second, …
}

// stream is the n-th invoices of a cohort's members, in the order of time.
type stream struct {
	count   int
	firstID int     // the id of the first; the others follow without a gap
	buyers  scatter // from the order of these invoices to that of the first ones
	when    curve
}

// New lays out the data set. It makes no rows yet.
func New(cfg Config) (*Dataset, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	d := &Dataset{Config: cfg, settings: rules.DefaultSettings()}
	d.AsOf = d.AsOf.UTC()
	id, buyers := 1, 0.0
	for i, age := range ages {
		announced := rules.StartOfDay(d.AsOf).AddDate(0, 0, -age.days).Add(12 * time.Hour)
		c := Cohort{
			Number: i + 1, AnnouncedAt: announced.UTC(), Deadline: rules.Deadline(announced, d.settings.WindowDays).UTC(),
			Size: cfg.Participants / len(ages), FirstID: id,
		}
		if i == 0 {
			c.Size += cfg.Participants % len(ages)
		}
		c.members = newScatter(c.Size, cfg.Seed, uint64(c.Number))
		id += c.Size
		buyers += float64(c.Size) * age.percent / 100
		d.Cohorts = append(d.Cohorts, c)
	}
	return d, d.layOutPurchases(buyers)
}

// layOutPurchases spreads the purchases over the cohorts. buyers is how many members would buy if there were enough.
func (d *Dataset) layOutPurchases(buyers float64) error {
	enough := math.Min(1, float64(d.Purchases)/buyers)
	total, firsts := 0, make([]int, len(d.Cohorts))
	for i, c := range d.Cohorts {
		firsts[i] = int(float64(c.Size) * ages[i].percent / 100 * enough)
		total += firsts[i]
	}
	counts := make([][]int, len(d.Cohorts))
	for i := range counts {
		counts[i] = []int{firsts[i]}
	}
	// The others: at most six in ten of the buyers buy once more, at most six in ten of a hundred twice more, …
	for level, left := 1, d.Purchases-total; left > 0; level++ {
		if level > 8 {
			return errors.New("there are too many purchases for so few participants")
		}
		more := min(left, total*6/10)
		given := 0
		for i := range counts {
			n := int(float64(more) * float64(firsts[i]) / float64(total))
			if i == 0 {
				n = 0 // the rest, below
			}
			counts[i] = append(counts[i], n)
			given += n
		}
		counts[0][level] = min(more-given, firsts[0])
		left -= given + counts[0][level]
	}
	id := 1
	for i := range d.Cohorts {
		c := &d.Cohorts[i]
		for level, n := range counts[i] {
			c.streams = append(c.streams, d.newStream(c, level, n, firsts[i], id))
			id += n
		}
	}
	return nil
}

func (d *Dataset) newStream(c *Cohort, level, count, buyers, firstID int) stream {
	s := stream{count: count, firstID: firstID, buyers: newScatter(buyers, d.Seed, uint64(c.Number), uint64(level))}
	latest := d.AsOf.Add(-time.Hour)
	if level == 0 {
		s.buyers = scatter{}
		s.when = newCurve(c.AnnouncedAt.Add(10*time.Hour), earlier(c.Deadline, latest), c.Deadline.Sub(c.AnnouncedAt), firstPurchases)
		return s
	}
	// What is left of the balance may be spent after the deadline, too.
	s.when = newCurve(c.AnnouncedAt.Add(36*time.Hour), earlier(c.AnnouncedAt.AddDate(0, 0, 90), latest), 0, evenly)
	return s
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Open returns the cohorts whose deadline is later than now, the one with the least time left first.
func (d *Dataset) Open(now time.Time) []Cohort {
	var open []Cohort
	for _, c := range d.Cohorts {
		if c.Deadline.After(now) {
			open = append(open, c)
		}
	}
	return open
}

// Card is the card number of the member at a place, from 0. No real one begins with 3100.
func (c Cohort) Card(place int) string { return fmt.Sprintf("3100%02d%010d", c.Number, place+1) }
