package seed

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// cast says how many people a cohort has, and how many of them have no purchase that counts by the
// evening. The figures for the cohorts 12 and 13 are those of the press; the others are kept small.
type cast struct{ cohort, people, without int }

var casts = []cast{
	{12, 600_000, 11_000}, {13, 600_000, 12_000}, {14, 60_000, 15_000}, {15, 60_000, 27_000}, {16, 60_000, 48_000},
}

// sale is one invoice.
type sale struct {
	who      person
	platform uint8
	offering int16 // of the platform's; unlisted for one that the catalogue does not know
	invoice  uint8 // number among the person's, from 1
	at       int64 // microseconds, as all instants here: there are millions at full size
	voidedAt int64 // 0 when it is not voided
}

const unlisted = -1

// delivery is a message about a sale on its way to the registry.
type delivery struct {
	received int64
	sale     int32
	void     bool
}

// act is what somebody does at an instant, other than to deliver.
type act struct {
	at  time.Time
	run func(ctx context.Context, reg *registry.Registry) error
}

// demo is the scenario in the making: first it is planned, then it is told.
type demo struct {
	reg        *registry.Registry
	options    DemoOptions
	draw       *rand.Rand
	platforms  []demoPlatform
	provinces  []province
	sales      []sale
	deliveries []delivery
	acts       []act
	upheld     string // the card of whom a person judges
	info       DemoInfo

	done, total int // participants and deliveries
}

func newDemo(ctx context.Context, reg *registry.Registry, o DemoOptions) (*demo, error) {
	platforms, err := preparePlatforms(ctx, reg, wib(time.March, 1, 8, 0))
	if err != nil {
		return nil, err
	}
	provinces, err := provinceTable()
	if err != nil {
		return nil, err
	}
	d := &demo{
		reg: reg, options: o, draw: rand.New(rand.NewPCG(2021, 4)), platforms: platforms, provinces: provinces,
		info: DemoInfo{Secrets: map[string]string{}},
	}
	for _, p := range platforms {
		d.info.Secrets[p.Code] = demoSecret(p.Code)
	}
	return d, nil
}

// plan decides what everybody does, in no order.
func (d *demo) plan() error {
	everybody := 0
	for _, c := range casts {
		everybody += d.options.people(c)
	}
	d.options.Progress(StepPlan, 0, everybody)
	for _, c := range casts {
		announcement, err := cohort(d.reg.Settings(), c.cohort)
		if err != nil {
			return err
		}
		people, without := d.options.people(c), d.options.scaled(c.without)
		d.planCohort(announcement, people)
		deadline := rules.Deadline(announcement.AnnouncedAt, d.reg.Settings().WindowDays)
		w := window{from: announcement.AnnouncedAt.Add(10 * time.Hour), deadline: deadline, until: deadline}
		if Evening.Before(deadline) {
			w.until = Evening.Add(-time.Minute)
		}
		order := d.draw.Perm(people)
		folk := make([]person, people)
		for i, n := range order {
			folk[i] = person{c.cohort, n + 1}
		}
		switch c.cohort {
		case 12:
			// One more lets the deadline pass than stays revoked: somebody upholds the evidence.
			d.planLatecomers(folk[:without+1])
			d.planReview(folk[without+1], w)
			folk = folk[without+2:]
		case 13:
			d.planAwaiting(folk[:without], w)
			d.planUnknown(person{c.cohort, people + 1})
			folk = folk[without:]
			d.planShown(d.take(&folk, 3), w)
		default:
			folk = folk[without:]
		}
		for _, who := range folk {
			d.planBuyer(who, w)
		}
		d.info.Participants += people
		d.options.Progress(StepPlan, d.info.Participants, everybody)
	}
	d.planPMO()
	slices.SortStableFunc(d.acts, func(a, b act) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(d.deliveries, func(a, b delivery) int { return cmp.Compare(a.received, b.received) })
	return nil
}

func (d *demo) planCohort(announcement registry.AnnounceCohort, people int) {
	d.acts = append(d.acts, act{announcement.AnnouncedAt, func(ctx context.Context, reg *registry.Registry) error {
		_, err := reg.AnnounceCohort(ctx, actor, announcement)
		return err
	}}, act{announcement.AnnouncedAt.Add(9 * time.Hour), func(ctx context.Context, reg *registry.Registry) error {
		return d.register(ctx, reg, announcement.Number, people)
	}})
}

// planBuyer lets somebody buy once, sometimes twice, and sometimes think better of it in between.
func (d *demo) planBuyer(who person, w window) {
	at := w.moment(d.draw)
	first := d.sell(who, 1, at)
	voidedAt := at.Add(between(d.draw, 2*time.Hour, 30*time.Hour))
	again := voidedAt.Add(between(d.draw, time.Hour, 20*time.Hour))
	switch kind := d.draw.Float64(); {
	case kind < 0.01 && again.Before(w.until):
		d.void(first, voidedAt)
		d.sell(who, 2, again)
	case kind > 0.85:
		second := at.Add(between(d.draw, 12*time.Hour, 12*24*time.Hour))
		if second.Before(Evening) && d.price(first) <= 500_000 {
			d.sell(who, 2, second)
		}
	}
}

// planShown makes the buyers whose cards are given out to try. The second of them changed its mind.
func (d *demo) planShown(folk []person, w window) {
	for i, who := range folk {
		at := w.from.Add(between(d.draw, time.Hour, 48*time.Hour))
		first := d.sell(who, 1, at)
		if i == 1 {
			d.void(first, at.Add(3*time.Hour))
			d.sell(who, 2, at.Add(27*time.Hour))
		}
	}
	d.info.Purchased = cards(folk)
}

// take takes the first n people out of the folk who have the deadline that everybody has.
func (d *demo) take(folk *[]person, n int) []person {
	var taken, rest []person
	for _, who := range *folk {
		if len(taken) < n && who.province(d.provinces) != extendedProvince {
			taken = append(taken, who)
		} else {
			rest = append(rest, who)
		}
	}
	*folk = rest
	return taken
}

// planAwaiting lets most do nothing, and every twentieth have its only purchase voided.
func (d *demo) planAwaiting(folk []person, w window) {
	for i, who := range folk {
		at := w.moment(d.draw)
		voidedAt := at.Add(between(d.draw, 2*time.Hour, 30*time.Hour))
		switch {
		case i%20 == 19 && voidedAt.Before(w.until):
			d.void(d.sell(who, 1, at), voidedAt)
		case len(d.info.Awaiting) < 4 && who.province(d.provinces) != extendedProvince:
			d.info.Awaiting = append(d.info.Awaiting, who.card())
		}
	}
}

// planLatecomers lets cohort 12's deadline, 2 April 00:00, pass. Most did nothing. One bought too late. Of two
// the platform reported the purchase days after the deadline, when they had been revoked.
func (d *demo) planLatecomers(folk []person) {
	nothing, late, pending, upheld := folk[0], folk[1], folk[2], folk[3]
	d.info.Revoked = cards([]person{nothing, late, pending})
	d.info.Reinstated = cards([]person{upheld})
	d.upheld = upheld.card()
	d.sell(late, 1, wib(time.April, 2, 9, 12))
	d.report(d.newSale(pending, 1, wib(time.April, 1, 21, 40)), wib(time.April, 6, 11, 5))
	d.report(d.newSale(upheld, 1, wib(time.April, 1, 23, 10)), wib(time.April, 5, 15, 20))
}

// planReview lets a platform void the only purchase after the deadline: a person must decide.
func (d *demo) planReview(who person, w window) {
	d.void(d.sell(who, 1, w.moment(d.draw)), wib(time.April, 2, 8, 30))
	d.info.UnderReview = cards([]person{who})
}

// planUnknown reports a purchase by a card that nobody has registered, of a training that is not in the
// catalogue.
func (d *demo) planUnknown(who person) {
	i := d.newSale(who, 1, wib(time.April, 6, 16, 20))
	d.sales[i].offering = unlisted
	d.report(i, wib(time.April, 6, 16, 21))
	d.info.Unknown = who.card()
}

func cards(folk []person) []string {
	out := make([]string, len(folk))
	for i, who := range folk {
		out[i] = who.card()
	}
	return out
}

// newSale makes an invoice at some platform and returns its place in d.sales.
func (d *demo) newSale(who person, invoice uint8, at time.Time) int32 {
	p, n := 0, d.draw.IntN(100)
	for n -= d.platforms[p].share; n >= 0; n -= d.platforms[p].share {
		p++
	}
	// Some trainings sell far better than others.
	popular := d.draw.Float64()
	offering := int16(popular * popular * float64(len(d.platforms[p].offerings)))
	d.sales = append(d.sales, sale{who: who, platform: uint8(p), offering: offering, invoice: invoice, at: at.UnixMicro()})
	return int32(len(d.sales) - 1)
}

// sell makes an invoice that is reported soon.
func (d *demo) sell(who person, invoice uint8, at time.Time) int32 {
	i := d.newSale(who, invoice, at)
	d.report(i, d.soonAfter(at))
	return i
}

// report delivers the invoice at an instant, and in one case of a hundred once more: the platform had not
// seen our answer.
func (d *demo) report(i int32, at time.Time) {
	d.deliveries = append(d.deliveries, delivery{received: at.UnixMicro(), sale: i})
	if d.draw.IntN(100) == 0 {
		d.deliveries = append(d.deliveries, delivery{received: d.soonAfter(at).UnixMicro(), sale: i})
	}
}

func (d *demo) void(i int32, at time.Time) {
	d.sales[i].voidedAt = at.UnixMicro()
	d.deliveries = append(d.deliveries, delivery{received: d.soonAfter(at).UnixMicro(), sale: i, void: true})
}

// soonAfter draws when a message arrives, at the latest in the evening.
func (d *demo) soonAfter(at time.Time) time.Time {
	if received := at.Add(lag(d.draw)); received.Before(Evening) {
		return received
	}
	return at.Add(time.Second)
}

func (d *demo) price(i int32) int64 { return d.offering(d.sales[i]).Price }

func (d *demo) offering(s sale) registry.Offering {
	p := d.platforms[s.platform]
	if s.offering == unlisted {
		return registry.Offering{CourseCode: "BARU-0001", Title: "Pelatihan yang Belum Terdaftar", Price: 300_000, Mode: rules.ModeOnline}
	}
	return p.offerings[s.offering]
}

// invoiceCode is the platform's code for a sale.
func (d *demo) invoiceCode(s sale) string {
	return fmt.Sprintf("INV-%s-%02d%07d-%d", d.platforms[s.platform].Code, s.who.cohort, s.who.number, s.invoice)
}
