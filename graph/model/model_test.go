package model_test

import (
	"math"
	"testing"
	"time"

	"gelombang/graph/model"
)

func TestPurchaseDeadlineText(t *testing.T) {
	tests := []struct{ deadline, want string }{
		{"2021-04-08T17:00:00Z", "8 April 2021, 23:59 WIB"},
		{"2021-04-12T08:00:00Z", "12 April 2021, 14:59 WIB"},
		{"2021-04-08T17:00:30Z", "9 April 2021, 00:00:29 WIB"},
	}
	for _, tt := range tests {
		deadline, err := time.Parse(time.RFC3339, tt.deadline)
		if err != nil {
			t.Fatal(err)
		}
		c := model.Cohort{PurchaseDeadline: deadline}
		if got := c.PurchaseDeadlineText(); got != tt.want {
			t.Errorf("%s reads %q, want %q", tt.deadline, got, tt.want)
		}
	}
}

func TestSecondsShowsOnlyWholeOnes(t *testing.T) {
	for in, want := range map[time.Duration]int{0: 0, time.Microsecond: 0, time.Second: 1, 1999 * time.Millisecond: 1, -time.Microsecond: -1, -time.Second: -1,
		math.MaxInt32 * time.Second: math.MaxInt32, (math.MaxInt32 + 1) * time.Second: math.MaxInt32, math.MaxInt64: math.MaxInt32,
		math.MinInt32 * time.Second: math.MinInt32, math.MinInt64: math.MinInt32,
	} {
		if got := model.Seconds(in); got != want {
			t.Errorf("%v is %d s, want %d", in, got, want)
		}
	}
}

func TestPurchasedShareOfAnEmptyCohortIsZero(t *testing.T) {
	if got := (&model.CohortProgress{}).PurchasedShare(); got != 0 {
		t.Error(got)
	}
	if got := (&model.CohortProgress{Recipients: 4, Purchased: 3}).PurchasedShare(); got != 0.75 {
		t.Error(got)
	}
}
