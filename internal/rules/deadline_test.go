package rules_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"testing"
	"time"

	"gelombang/internal/rules"
)

func TestDeadlineOfEveryCohortPublishedIn2021(t *testing.T) {
	published2021, err := os.ReadFile("testdata/cohorts_2021.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(published2021)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}

	published, computed := 0, 0
	for _, row := range rows[1:] {
		cohort, announcedAt, publishedDay, computedDay := row[0], row[1], row[2], row[3]
		if announcedAt == "" {
			continue
		}
		deadline := rules.Deadline(at(announcedAt), 30)
		if got := rules.LastDay(deadline); !got.Equal(at(computedDay)) {
			t.Errorf("cohort %s: last day %v, want %s", cohort, got, computedDay)
		}
		computed++
		if publishedDay == "" {
			continue
		}
		published++
		lastSecond, nextDay := at(publishedDay+" 23:59:59"), at(publishedDay).Add(24*time.Hour)
		if !deadline.Equal(nextDay) || !rules.DeadlineAfterLastDay(lastSecond).Equal(nextDay) {
			t.Errorf("cohort %s: deadline %v, from the published day %v, want %v", cohort, deadline, rules.DeadlineAfterLastDay(lastSecond), nextDay)
		}
		from := rules.AnnouncedFrom(at(announcedAt))
		if p := (rules.Purchase{PurchasedAt: lastSecond}); !p.InTime(from, deadline) {
			t.Errorf("cohort %s: a purchase at %v is not in time", cohort, lastSecond)
		}
		if p := (rules.Purchase{PurchasedAt: nextDay}); p.InTime(from, deadline) {
			t.Errorf("cohort %s: a purchase at %v is in time", cohort, nextDay)
		}
	}
	if published != 7 || computed != 10 {
		t.Errorf("held %d published and %d computed dates against the rule, want 7 and 10", published, computed)
	}
}

func TestDeadline(t *testing.T) {
	tests := []struct {
		name      string
		announced string
		days      int
		want      string
	}{
		{"cohort 13, by day", "2021-03-10", 30, "2021-04-08T17:00:00Z"},
		{"the first instant of the day is day 1", "2021-03-09T17:00:00Z", 30, "2021-04-08T17:00:00Z"},
		{"the last instant of the day is day 1", "2021-03-10T16:59:59.999999Z", 30, "2021-04-08T17:00:00Z"},
		{"the instant before the day belongs to the day before", "2021-03-09T16:59:59.999999Z", 30, "2021-04-07T17:00:00Z"},
		{"an evening counts as a whole day", "2021-09-22 20:00", 30, "2021-10-21T17:00:00Z"},
		{"an evening in UTC is already the next day in WIB", "2021-03-09T20:00:00Z", 30, "2021-04-08T17:00:00Z"},
		{"over the end of a year", "2021-12-15", 30, "2022-01-13T17:00:00Z"},
		{"through a February of 28 days", "2021-02-10", 30, "2021-03-11T17:00:00Z"},
		{"through a February of 29 days", "2024-02-10", 30, "2024-03-10T17:00:00Z"},
		{"a window of one day ends with the day", "2021-03-10", 1, "2021-03-10T17:00:00Z"},
		{"another zone's summer time changes nothing", "2021-03-10T01:00:00+02:00", 30, "2021-04-08T17:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.Deadline(at(tt.announced), tt.days); !got.Equal(at(tt.want)) {
				t.Errorf("Deadline = %v, want %v", got, at(tt.want))
			}
		})
	}
}

func TestLastDay(t *testing.T) {
	tests := []struct {
		name     string
		deadline string
		want     string
	}{
		{"midnight shows the day before", "2021-04-09", "2021-04-08"},
		{"a microsecond after midnight is the day itself", "2021-04-09 00:00:00.000001", "2021-04-09"},
		{"an extension until the afternoon", "2021-04-12 15:00", "2021-04-12"},
		{"given in UTC", "2021-04-08T17:00:00Z", "2021-04-08"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.LastDay(at(tt.deadline)); !got.Equal(at(tt.want)) {
				t.Errorf("LastDay = %v, want %v", got, at(tt.want))
			}
		})
	}
}

func TestDeadlineAfterLastDayTakesAnyInstantOfTheDay(t *testing.T) {
	for _, instant := range []string{"2021-04-08", "2021-04-08 12:00", "2021-04-08 23:59:59.999999", "2021-04-07T17:00:00Z"} {
		if got := rules.DeadlineAfterLastDay(at(instant)); !got.Equal(deadline13) {
			t.Errorf("DeadlineAfterLastDay(%s) = %v, want %v", instant, got, deadline13)
		}
	}
}

func TestExtend(t *testing.T) {
	tests := []struct {
		name  string
		until string
		want  string
	}{
		{"later holds", "2021-04-16", "2021-04-16"},
		{"earlier never shortens", "2021-04-01", "2021-04-09"},
		{"the same changes nothing", "2021-04-09", "2021-04-09"},
		{"by a microsecond", "2021-04-09 00:00:00.000001", "2021-04-09 00:00:00.000001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.Extend(deadline13, at(tt.until)); !got.Equal(at(tt.want)) {
				t.Errorf("Extend = %v, want %v", got, at(tt.want))
			}
		})
	}
}

func TestTimeLeft(t *testing.T) {
	tests := []struct {
		name string
		now  string
		want time.Duration
	}{
		{"two days and six hours on the evening of 6 April", "2021-04-06 17:45", 54*time.Hour + 15*time.Minute},
		{"a microsecond in the last moment", "2021-04-08 23:59:59.999999", time.Microsecond},
		{"nothing at the deadline", "2021-04-09", 0},
		{"never negative", "2021-05-01", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules.TimeLeft(deadline13, at(tt.now)); got != tt.want {
				t.Errorf("TimeLeft = %v, want %v", got, tt.want)
			}
		})
	}
}
