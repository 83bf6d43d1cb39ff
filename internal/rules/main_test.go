package rules_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"gelombang/internal/rules"
)

// TestMain makes every property run on 10,000 cases, where the tool's own default is 100. The
// flag -rapid.checks, parsed after this, still has the last word.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "10000"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// at reads an instant: RFC 3339, or a time of day in WIB ("2021-04-08 23:59:59").
func at(s string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, rules.WIB); err == nil {
			return t
		}
	}
	panic("the test gives an instant in no known layout: " + s)
}

// Cohort 13, on which most tables are played: announced 10 March 2021, last day 8 April.
var (
	announced13 = at("2021-03-10")
	deadline13  = at("2021-04-09")
	settings    = rules.DefaultSettings()
)

// bought is an accepted purchase; the changes follow.
func bought(platform, invoice, when string, changes ...func(*rules.Purchase)) rules.Purchase {
	p := rules.Purchase{
		PurchaseKey: rules.PurchaseKey{Platform: platform, Invoice: invoice},
		Course:      "C-1",
		Amount:      250_000,
		PurchasedAt: at(when),
		ReceivedAt:  at(when).Add(time.Second),
		Evidence:    rules.EvidenceAccepted,
	}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func voided(when string) func(*rules.Purchase) {
	return func(p *rules.Purchase) { p.VoidedAt = at(when) }
}

func received(when string) func(*rules.Purchase) {
	return func(p *rules.Purchase) { p.ReceivedAt = at(when) }
}

// statedThrough is what the platform had stated when the report arrived.
func statedThrough(when string) func(*rules.Purchase) {
	return func(p *rules.Purchase) { p.StatedThrough = at(when) }
}

// voidSettled is a void that was known when the membership was revoked.
func voidSettled(when string) func(*rules.Purchase) {
	return func(p *rules.Purchase) { p.VoidedAt, p.VoidSettled = at(when), true }
}

// doubtful is a report that came too late to be believed for a revoked participant, standing as pending.
func doubtful(p *rules.Purchase) {
	p.ReceivedAt, p.Evidence = at("2021-05-01"), rules.EvidencePending
}

func standing(e rules.Evidence) func(*rules.Purchase) {
	return func(p *rules.Purchase) { p.Evidence = e }
}

func key(platform, invoice string) *rules.PurchaseKey {
	return &rules.PurchaseKey{Platform: platform, Invoice: invoice}
}

// membership13 is a member of cohort 13, revoked at the given time unless it is empty.
func membership13(revokedAt string) rules.Membership {
	m := rules.Membership{Announced: announced13, Facts: rules.Facts{Deadline: deadline13}}
	if revokedAt != "" {
		m.Facts.RevokedAt = at(revokedAt)
	}
	return m
}
