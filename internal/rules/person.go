package rules

import "time"

// Gender as it stands on the identity card.
type Gender string

// The genders of the participants' file.
const (
	GenderFemale Gender = "F"
	GenderMale   Gender = "M"
)

// Values lists the genders, for the schema.
func (Gender) Values() []string { return []string{string(GenderFemale), string(GenderMale)} }

// AgeBand is an age in years on the announcement day, coarse enough not to identify anybody.
type AgeBand string

// The age bands, bounds inclusive. The programme is open from 18; younger is kept as it came.
const (
	AgeUnder18    AgeBand = "UNDER_18"
	AgeFrom18To24 AgeBand = "FROM_18_TO_24"
	AgeFrom25To34 AgeBand = "FROM_25_TO_34"
	AgeFrom35To44 AgeBand = "FROM_35_TO_44"
	AgeFrom45To54 AgeBand = "FROM_45_TO_54"
	AgeFrom55To64 AgeBand = "FROM_55_TO_64"
	AgeFrom65     AgeBand = "FROM_65"
)

var ageBands = []struct {
	below int // exclusive, years
	band  AgeBand
}{
	{18, AgeUnder18}, {25, AgeFrom18To24}, {35, AgeFrom25To34}, {45, AgeFrom35To44}, {55, AgeFrom45To54}, {65, AgeFrom55To64},
}

// Values lists the bands from young to old, for the schema.
func (AgeBand) Values() []string {
	values := make([]string, 0, len(ageBands)+1)
	for _, b := range ageBands {
		values = append(values, string(b.band))
	}
	return append(values, string(AgeFrom65))
}

// AgeBandOn returns the band of somebody born on the calendar day of birth, on the WIB day of on.
func AgeBandOn(birth, on time.Time) AgeBand {
	by, bm, bd := birth.Date()
	y, m, d := on.In(WIB).Date()
	age := y - by
	if m < bm || (m == bm && d < bd) {
		age--
	}
	for _, b := range ageBands {
		if age < b.below {
			return b.band
		}
	}
	return AgeFrom65
}

// Education is the highest level completed.
type Education string

// Values lists the levels of the participants' file: none, primary (SD), junior secondary (SMP),
// senior secondary (SMA), vocational secondary (SMK), diplomas D1 to D4, and the degrees S1 to S3.
func (Education) Values() []string {
	return []string{"NONE", "SD", "SMP", "SMA", "SMK", "D1", "D2", "D3", "D4", "S1", "S2", "S3"}
}
