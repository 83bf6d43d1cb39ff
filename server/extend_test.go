package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
)

// One has bought, one has not, one bought a day late, and of one the purchase was cancelled two days after the deadline:
// with a later deadline that would have been in time, and the membership in danger.
func TestWhomMoreTimeWouldHarmIsNamed(t *testing.T) {
	fill := func(f *registrytest.Fixture) { lateBuyersOf(f) }
	actingOn(t, fill, func(t *testing.T, _ *registrytest.Fixture) {
		grant := " 13 --until 2021-04-13 --reference 'Decree 21/2021' --reason 'the gateway was down'"
		for _, l := range []typedLine{
			{args: "extend province 13 31 --until 2021-04-10 --dry-run", out: []string{"Covers province 31 of cohort 13, 4 participants\n", "Had less time 4\n", "Nothing is written"}},
			{args: "extend cohort" + grant, out: []string{
				"Extension 1\nCovers cohort 13, 4 participants\n", "Until 2021-04-13 23:59 WIB\nHad less time 4\nHad as much already 0\nMoved 3\nPassed over 1\nGiven to everybody else, at ",
				"\nPASSED OVER STATUS DEADLINE\n3113000000000004 UNDER_REVIEW 2021-04-08 23:59 WIB\n",
			}, errOut: []string{"4 of 4 have an earlier deadline than 2021-04-13 23:59 WIB.", "'explain CARD'"}},
			{args: "extend cohort" + grant, code: exitFault, errOut: []string{"cohort 13 has until 2021-04-13 23:59 WIB already"}},
			{args: "extend list 13", out: []string{"\n1 COHORT - 2021-04-13 23:59 WIB 3 "}},
			{args: "explain 3113000000000003", out: []string{"Status PURCHASED\n", "for (FIRST_PURCHASE): Invoice INV-3"}},
		} {
			l.check(t)
		}
	})
}

// lateBuyersOf is lateBuyers on a fixture.
func lateBuyersOf(f *registrytest.Fixture) {
	cards := f.Cohort13(4)
	at := func(day, hour int) time.Time { return time.Date(2021, 4, day, hour, 0, 0, 0, rules.WIB) }
	f.Clock.Set(at(12, 0))
	f.Send(
		f.Message("tokopedia", registrytest.Bought("INV-1", cards[0], at(1, 10))),
		f.Message("pintaria", registrytest.Bought("INV-3", cards[2], at(9, 10))),
		f.Message("pintaria", registrytest.Bought("INV-4", cards[3], at(1, 10))),
	)
	f.Send(f.Message("pintaria", registrytest.Voided("INV-4", at(11, 10))))
}

// A command that is interrupted when the extension is recorded says that it stands. Its context ends as the first batch
// begins.
func TestAnInterruptedExtensionStandsAndIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(3)
		ctx, cancel := context.WithCancel(t.Context())
		transactions := 0
		r, err := registry.New(registry.Config{
			DB: d, Secrets: f.Secrets, Settings: rules.DefaultSettings(), Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
			Clock: func() time.Time {
				if transactions++; transactions == 2 {
					cancel()
				}
				return f.Clock.Now()
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		in := registry.ExtendDeadline{Cohort: 13, Scope: rules.ExtendCohort, LastDay: time.Date(2021, 4, 15, 0, 0, 0, 0, rules.WIB), Reference: "Decree 21/2021", Reason: "test"}
		reach, err := reachOf(ctx, r, in)
		if err != nil {
			t.Fatal(err)
		}
		var out, errOut bytes.Buffer
		terminal := &terminal{ctx: ctx, out: &out, err: &errOut}
		granted, err := terminal.granting(r, registrytest.Officer, in, reach)
		if err != nil {
			t.Fatal(err)
		}
		err = terminal.printGranted(r, granted, reach)
		if err == nil || !strings.Contains(err.Error(), "extension 1 stands and is not given to everybody yet") || !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("%v, %v", err, ctx.Err())
		}
		if !strings.Contains(out.String(), "Moved                   0\nGiven                   not to everybody yet\n") {
			t.Errorf("printed:\n%s", out.String())
		}
	})
}
