package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// person is a participant of the demonstration: the cohort's number and a number within it, from 1.
type person struct{ cohort, number int }

// card is the person's card number. No real one begins with 3100.
func (p person) card() string { return fmt.Sprintf("3100%02d%010d", p.cohort, p.number) }

// row is the person as the PMO's file would have it: the same every time. The address is at a domain that
// is reserved for examples, and a telephone number that begins with 0 after the country's code cannot be
// dialled. No NIK begins with 99, because no province does.
func (p person) row(provinces []province) registry.ParticipantRow {
	draw := rand.New(rand.NewPCG(uint64(p.cohort), uint64(p.number)))
	home := p.province(provinces)
	return registry.ParticipantRow{
		Line:       p.number + 1,
		CardNumber: p.card(),
		NIK:        fmt.Sprintf("9900%02d%010d", p.cohort, p.number),
		Name:       fmt.Sprintf("Peserta %02d-%06d", p.cohort, p.number),
		Email:      fmt.Sprintf("peserta.%02d.%06d@example.com", p.cohort, p.number),
		Phone:      fmt.Sprintf("+620%02d%07d", p.cohort, p.number),
		Province:   home,
		Regency:    regency(home, draw.IntN(3)),
		Gender:     []rules.Gender{rules.GenderFemale, rules.GenderMale}[draw.IntN(2)],
		// From 18 to 64 years, the younger the more.
		BirthDate: time.Date(2002-int(46*draw.Float64()*draw.Float64()), time.January, 1+draw.IntN(365), 0, 0, 0, 0, time.UTC),
		Education: rules.Education(pick(draw, educations)),
	}
}

// province is where the person lives, by the provinces' populations.
func (p person) province(provinces []province) string {
	total := 0
	for _, v := range provinces {
		total += v.population
	}
	at := rand.New(rand.NewPCG(uint64(p.number), uint64(p.cohort))).IntN(total)
	for _, v := range provinces {
		if at -= v.population; at < 0 {
			return v.code
		}
	}
	return provinces[len(provinces)-1].code
}

// regency is one of three regencies that exist: in Jakarta cities, which count from 71, elsewhere 01 to 03.
func regency(province string, i int) string {
	first := 1
	if province == "31" {
		first = 71
	}
	return fmt.Sprintf("%s%02d", province, first+i)
}

// educations are spread as among the programme's recipients, roughly.
var educations = []weighted{
	{"SD", 6}, {"SMP", 11}, {"SMA", 40}, {"SMK", 20}, {"D3", 7}, {"D4", 2}, {"S1", 13}, {"S2", 1},
}

type weighted struct {
	value  string
	weight int
}

func pick(draw *rand.Rand, from []weighted) string {
	total := 0
	for _, w := range from {
		total += w.weight
	}
	at := draw.IntN(total)
	for _, w := range from {
		if at -= w.weight; at < 0 {
			return w.value
		}
	}
	return from[len(from)-1].value
}
