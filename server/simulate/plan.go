package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gelombang/internal/rules"
)

// Plan says which messages a load is made of. The same plan makes the same messages in the same order.
type Plan struct {
	Count      int           // deliveries, duplicates and voids included
	Cards      []string      // card numbers, of 16 digits, that buy in turn
	Platforms  []string      // codes of the platforms that sell in turn
	Seed       uint64        // of everything that is drawn
	At         time.Time     // the present: no event is later
	Within     time.Duration // purchases are spread over this long before At
	Duplicates float64       // share of the messages that are sent twice, 0 to 1
	Voids      float64       // share of the purchases that are voided, 0 to 1
	Disorder   float64       // share of the deliveries that come at another place, 0 to 1
}

// What is bought: some courses at round prices. Codes that the catalogue lacks become unlisted
// offerings.
const (
	courses   = 20
	minAmount = 100_000
	maxAmount = 500_000
	priceStep = 25_000
)

func (p Plan) check() error {
	switch {
	case p.Count < 1:
		return errors.New("the number of deliveries is not positive")
	case len(p.Cards) == 0:
		return errors.New("there is no card number to buy with")
	case len(p.Platforms) == 0:
		return errors.New("there is no platform to sell: give its secret")
	case p.Within < 0:
		return errors.New("the time over which purchases are spread is negative")
	}
	for name, share := range map[string]float64{"duplicates": p.Duplicates, "voids": p.Voids, "disorder": p.Disorder} {
		if share < 0 || share > 1 || share != share {
			return fmt.Errorf("the share of %s is not between 0 and 1", name)
		}
	}
	return nil
}

// Messages makes the messages, in the order in which they are to be sent.
func (p Plan) Messages() ([]Message, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(p.Seed, 0))
	var out []Message
	add := func(m Message) {
		out = append(out, m)
		if random.Float64() < p.Duplicates {
			out = append(out, m)
		}
	}
	for n := 0; len(out) < p.Count; n++ {
		purchase := p.purchase(random, n)
		platform := p.Platforms[n%len(p.Platforms)]
		m, err := NewMessage(platform, p.id(n, "purchase"), purchase)
		if err != nil {
			return nil, fmt.Errorf("card number %d of the list: %w", n%len(p.Cards)+1, err)
		}
		add(m)
		if random.Float64() >= p.Voids {
			continue
		}
		if m, err = NewMessage(platform, p.id(n, "void"), p.void(random, purchase)); err != nil {
			return nil, err
		}
		add(m)
	}
	return shuffle(random, out[:p.Count], p.Disorder), nil
}

func (p Plan) id(n int, what string) string { return fmt.Sprintf("sim-%d-%d-%s", p.Seed, n, what) }

func (p Plan) purchase(random *rand.Rand, n int) rules.PurchaseCompleted {
	at := p.At.Add(-time.Duration(random.Int64N(int64(p.Within) + 1)))
	course := random.IntN(courses) + 1
	return rules.PurchaseCompleted{
		Timestamp:   at,
		InvoiceCode: fmt.Sprintf("SIM-%d-%d", p.Seed, n),
		CardNumber:  p.Cards[n%len(p.Cards)],
		CourseCode:  fmt.Sprintf("SIM-%02d", course),
		Amount:      minAmount + priceStep*random.Int64N((maxAmount-minAmount)/priceStep+1),
		PurchasedAt: at,
		CourseTitle: fmt.Sprintf("Pelatihan simulasi %d", course),
		Mode:        rules.ModeOnline,
	}
}

func (p Plan) void(random *rand.Rand, bought rules.PurchaseCompleted) rules.PurchaseVoided {
	at := bought.PurchasedAt.Add(time.Duration(random.Int64N(int64(p.At.Sub(bought.PurchasedAt)) + 1)))
	return rules.PurchaseVoided{Timestamp: at, InvoiceCode: bought.InvoiceCode, VoidedAt: at, Reason: "simulated"}
}

// shuffle moves a share of the messages to other places, drawn over the whole length.
func shuffle(random *rand.Rand, in []Message, share float64) []Message {
	type placed struct {
		Message
		place float64
	}
	all := make([]placed, len(in))
	for i, m := range in {
		all[i] = placed{m, float64(i)}
		if random.Float64() < share {
			all[i].place = random.Float64() * float64(len(in))
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	out := make([]Message, len(all))
	for i, m := range all {
		out[i] = m.Message
	}
	return out
}
