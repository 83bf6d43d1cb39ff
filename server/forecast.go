package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"gelombang/internal/forecast"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// forecastCommand estimates how many of an open cohort will let its deadline pass, or how good such estimates were.
type forecastCommand struct {
	Number   int    `arg:"" optional:"" help:"The cohort's number."`
	At       string `placeholder:"TIME" help:"As it was known then: a WIB time such as 2021-04-06T17:45, or a time with an offset. Now when absent."`
	BackTest bool   `help:"Forecast every past cohort instead, and print how far off that was."`
	Days     int    `default:"14" placeholder:"N" help:"With --back-test: from how many days before the deadline on, at most 60 (default ${default})."`
	JSON     bool   `name:"json" help:"Print JSON, for programs."`

	storage `embed:""`
}

// Help is shown by --help.
func (forecastCommand) Help() string {
	return `Of a cohort whose deadline has been over for the lag limit it prints the outcome instead.

It learns from how earlier cohorts bought by the time that was left, and allows for purchases that are made but not reported yet. The interval says how sure that is: with one earlier cohort, not very. It is good for planning reminders, and never a reason to end a membership.

The back-test takes each cohort whose deadline has been over for the lag limit, forecasts it from what was known then of the cohorts before it, and prints the mean absolute errors, in participants, beside those of taking everybody who is left for overdue.

Examples:

	gelombang forecast 13
	gelombang forecast 13 --at 2021-04-06T17:45 --json
	gelombang forecast --back-test --days 7`
}

const (
	// forecastPast is how many past cohorts are read for a forecast: it learns from no more.
	forecastPast = 12
	// backTestPast is how many are for a back-test.
	backTestPast = 36
	// maxBackTestDays is longer than the window of any cohort.
	maxBackTestDays = 60
)

// Run implements the command.
func (c *forecastCommand) Run(t *terminal) error {
	at, err := c.check()
	if err != nil {
		return usage(err)
	}
	return c.reading(t, func(r *registry.Registry) error {
		if at.IsZero() {
			at = r.Now()
		}
		if c.BackTest {
			return c.backTest(t, r, at)
		}
		return c.forecast(t, r, at)
	})
}

// check reads the command line.
func (c *forecastCommand) check() (at time.Time, err error) {
	var wrong []error
	switch {
	case c.BackTest && c.Number != 0:
		wrong = append(wrong, errors.New("--back-test is about all past cohorts: leave out the number"))
	case !c.BackTest && c.Number <= 0:
		wrong = append(wrong, errors.New("say which cohort by its number, or --back-test"))
	}
	if c.Days < 0 || c.Days > maxBackTestDays {
		wrong = append(wrong, fmt.Errorf("--days is %d: set a whole number from 0 to %d", c.Days, maxBackTestDays))
	}
	if c.At != "" {
		if at, err = parseInstant(c.At); err != nil {
			wrong = append(wrong, fmt.Errorf("--at: %w", err))
		}
	}
	return at, errors.Join(wrong...)
}

func (c *forecastCommand) forecast(t *terminal, r *registry.Registry, at time.Time) error {
	data, err := r.ForecastData(t.ctx, atTheTerminal, registry.ForecastQuery{Cohort: c.Number, Past: forecastPast, At: at})
	if err != nil {
		return misuse(err, field{"at", "--at"})
	}
	target, _ := data.Curve(c.Number)
	if target.Recipients+data.Apart[c.Number] > 0 && !data.At.Before(target.Deadline.Add(r.Settings().LagLimit)) {
		return c.outcome(t, r, target)
	}
	f, err := forecast.Of(target, data.Curves, forecast.Learn(data.Curves, data.At), data.At)
	switch apart := data.Apart[c.Number]; {
	case errors.Is(err, forecast.ErrNoRecipients) && apart > 0:
		return fmt.Errorf("no forecast of cohort %d: each of its %d participants has a deadline of its own, by an extension", c.Number, apart)
	case errors.Is(err, forecast.ErrNoRecipients):
		return fmt.Errorf("cohort %d has no participants: there is nothing to forecast before they are imported", c.Number)
	case err != nil:
		return fmt.Errorf("no forecast of cohort %d for %s: %w", c.Number, minute(data.At), err)
	}
	if c.JSON {
		return printJSON(t.out, forecastJSON(f, data.Apart[c.Number]))
	}
	return printForecast(t.out, f, data.Apart[c.Number])
}

// backTest asks for what was known at the last full hour, so that hours are those of the clock, as deadlines are.
func (c *forecastCommand) backTest(t *terminal, r *registry.Registry, at time.Time) error {
	data, err := r.ForecastData(t.ctx, atTheTerminal, registry.ForecastQuery{Past: backTestPast, At: at.Truncate(time.Hour)})
	if err != nil {
		return misuse(err, field{"at", "--at"})
	}
	scores := forecast.BackTest(data.Curves, c.Days, r.Settings().LagLimit, data.At)
	if len(scores) == 0 {
		return fmt.Errorf("no back-test for %s: it takes two cohorts, the second of which is past its deadline for %s", minute(data.At), r.Settings().LagLimit)
	}
	if c.JSON {
		return printJSON(t.out, scoresJSON(scores))
	}
	return printScores(t.out, scores)
}

func printForecast(out io.Writer, f forecast.Forecast, apart int) error {
	var lines strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&lines, format+"\n", args...) }
	line("cohort\t%d", f.Cohort)
	line("as known at\t%s", minute(f.At))
	line("deadline\t%s", lastMinute(f.Deadline))
	line("time left\t%s", timeLeft(f.Deadline.Sub(f.At)))
	line("recipients\t%d", f.Recipients)
	line("have bought, reported\t%d", f.Reported)
	line("left now\t%d", f.Left())
	line("have bought, not reported yet\t%s", persons(f.Unreported))
	line("will still buy\t%s", persons(f.Coming))
	line("overdue at the deadline\t%s", persons(f.Overdue))
	line("80 %% interval\t%s", interval(f.Within80))
	line("95 %% interval\t%s", interval(f.Within95))
	line("learnt from\t%s", learntFrom(f.LearntFrom))
	for _, s := range f.Silent {
		line("silent\t%s, since %s", s.Platform, minute(s.Since))
	}
	if apart > 0 {
		line("not in these figures\t%d with another deadline", apart)
	}
	return printTable(out, lines.String())
}

func printScores(out io.Writer, scores []forecast.Score) error {
	var lines strings.Builder
	lines.WriteString("DAYS LEFT\tCOHORTS\tERROR\tERROR OF LEFT NOW\tIN 80 %\tIN 95 %\n")
	for _, s := range scores {
		fmt.Fprintf(&lines, "%d\t%d\t%.1f\t%.1f\t%.0f %%\t%.0f %%\n", s.Days, s.Cohorts, s.Error, s.Naive, 100*s.Covered80, 100*s.Covered95)
	}
	return printTable(out, lines.String())
}

// persons rounds a number of people; less than one and a half is told with a decimal.
func persons(n float64) string {
	if n > 0 && n < 1.5 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// interval is rounded outwards.
func interval(i forecast.Interval) string {
	return fmt.Sprintf("%.0f to %.0f", math.Floor(i.Low), math.Ceil(i.High))
}

func learntFrom(cohorts []int) string {
	text := "cohort"
	if len(cohorts) > 1 {
		text = "cohorts"
	}
	for i, n := range cohorts {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(" %d", n)
	}
	return text
}

func timeLeft(d time.Duration) string {
	if d <= 0 {
		return "none"
	}
	days, rest := d/(24*time.Hour), d%(24*time.Hour)
	return fmt.Sprintf("%d d %d h %d min", days, rest/time.Hour, rest%time.Hour/time.Minute)
}

// minute writes an instant as people read it.
func minute(at time.Time) string { return at.In(rules.WIB).Format("2006-01-02 15:04 WIB") }

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

type intervalOutput struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

type silenceOutput struct {
	Platform string    `json:"platform"`
	Since    time.Time `json:"since"`
}

// forecastOutput is a forecast as JSON. Participants are numbers with a decimal; times are WIB.
type forecastOutput struct {
	Cohort        int             `json:"cohort"`
	At            time.Time       `json:"at"`
	Deadline      time.Time       `json:"deadline"` // exclusive
	Closed        bool            `json:"closed"`   // false; else it is an outcomeOutput
	Recipients    int             `json:"recipients"`
	Reported      int             `json:"reported"`
	Left          int             `json:"left"`
	Unreported    float64         `json:"unreported"`
	Coming        float64         `json:"coming"`
	Overdue       float64         `json:"overdue"`
	Within80      intervalOutput  `json:"within80"`
	Within95      intervalOutput  `json:"within95"`
	LearntFrom    []int           `json:"learntFrom"`
	Silent        []silenceOutput `json:"silent"`
	OtherDeadline int             `json:"otherDeadline"` // not in the figures
}

func forecastJSON(f forecast.Forecast, apart int) forecastOutput {
	silent := []silenceOutput{}
	for _, s := range f.Silent {
		silent = append(silent, silenceOutput{s.Platform, s.Since.In(rules.WIB)})
	}
	within := func(i forecast.Interval) intervalOutput { return intervalOutput{tenth(i.Low), tenth(i.High)} }
	return forecastOutput{
		Cohort: f.Cohort, At: f.At.In(rules.WIB), Deadline: f.Deadline.In(rules.WIB), Recipients: f.Recipients, Reported: f.Reported, Left: f.Left(),
		Unreported: tenth(f.Unreported), Coming: tenth(f.Coming), Overdue: tenth(f.Overdue), Within80: within(f.Within80), Within95: within(f.Within95),
		LearntFrom: f.LearntFrom, Silent: silent, OtherDeadline: apart,
	}
}

type scoreOutput struct {
	DaysLeft  int     `json:"daysLeft"`
	Cohorts   int     `json:"cohorts"`
	Error     float64 `json:"error"`
	Naive     float64 `json:"naiveError"`
	Covered80 float64 `json:"covered80"`
	Covered95 float64 `json:"covered95"`
}

func scoresJSON(scores []forecast.Score) []scoreOutput {
	out := make([]scoreOutput, len(scores))
	for i, s := range scores {
		out[i] = scoreOutput{s.Days, s.Cohorts, tenth(s.Error), tenth(s.Naive), s.Covered80, s.Covered95}
	}
	return out
}

func tenth(n float64) float64 { return math.Round(10*n) / 10 }
