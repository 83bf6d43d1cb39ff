package rules_test

import (
	"testing"

	"gelombang/internal/rules"
)

func TestAgeBandOn(t *testing.T) {
	tests := []struct {
		name  string
		birth string // a calendar day
		want  rules.AgeBand
	}{
		{"the day before the 18th birthday", "2003-03-11", rules.AgeUnder18},
		{"on the 18th birthday", "2003-03-10", rules.AgeFrom18To24},
		{"the day before the 25th birthday", "1996-03-11", rules.AgeFrom18To24},
		{"on the 25th birthday", "1996-03-10", rules.AgeFrom25To34},
		{"on the 35th birthday", "1986-03-10", rules.AgeFrom35To44},
		{"on the 45th birthday", "1976-03-10", rules.AgeFrom45To54},
		{"on the 55th birthday", "1966-03-10", rules.AgeFrom55To64},
		{"the day before the 65th birthday", "1956-03-11", rules.AgeFrom55To64},
		{"on the 65th birthday", "1956-03-10", rules.AgeFrom65},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// 23:00 WIB is still the same day in UTC, 00:30 WIB is not: the WIB day decides.
			for _, on := range []string{"2021-03-10 00:30", "2021-03-10 23:00"} {
				if got := rules.AgeBandOn(at(tt.birth+"T00:00:00Z"), at(on)); got != tt.want {
					t.Errorf("AgeBandOn(%s, %s) = %s, want %s", tt.birth, on, got, tt.want)
				}
			}
		})
	}
}
