package main

import (
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// rehearsedOutput is a rehearsal as JSON. Times are WIB, deadlines exclusive, durations as in the flags.
type rehearsedOutput struct {
	Cohort       int                       `json:"cohort"`
	At           time.Time                 `json:"at"`
	Deadline     comparedOutput[time.Time] `json:"deadline"`
	LagLimit     comparedOutput[string]    `json:"lagLimit"`
	Participants int                       `json:"participants"`
	Changed      int                       `json:"changed"`
	Earlier      bool                      `json:"earlier"` // the rehearsed deadline is earlier than the present one
	Longer       int                       `json:"longer"`
	Shorter      int                       `json:"shorter"`
	Spared       int                       `json:"spared"`
	ReviewOpen   comparedOutput[int]       `json:"reviewOpen"`
	Transitions  []transitionOutput        `json:"transitions"` // those who keep their status included
	Provinces    []provinceOutput          `json:"provinces"`   // those who change
	Sample       []rehearsedPersonOutput   `json:"sample"`
}

type comparedOutput[T any] struct {
	Before T `json:"before"`
	After  T `json:"after"`
}

type transitionOutput struct {
	From         rules.Status `json:"from"`
	To           rules.Status `json:"to"`
	Participants int          `json:"participants"`
}

type provinceOutput struct {
	Province     string       `json:"province"` // BPS code; empty for none
	Name         string       `json:"name"`
	From         rules.Status `json:"from"`
	To           rules.Status `json:"to"`
	Participants int          `json:"participants"`
}

type rehearsedPersonOutput struct {
	CardNumber string                    `json:"cardNumber"`
	Province   string                    `json:"province"`
	From       rules.Status              `json:"from"`
	To         rules.Status              `json:"to"`
	Deadline   comparedOutput[time.Time] `json:"deadline"`
	Why        rules.Ground              `json:"why"`
	Platform   string                    `json:"platform,omitempty"` // of the purchase that it is about
	Invoice    string                    `json:"invoiceCode,omitempty"`
	Text       string                    `json:"text"`
}

func rehearsedJSON(r registry.Rehearsed) rehearsedOutput {
	out := rehearsedOutput{
		Cohort: r.Cohort, At: r.At.In(rules.WIB), Participants: r.Participants, Changed: r.Changed(), Earlier: r.Deadline.After.Before(r.Deadline.Before),
		Longer: r.Longer, Shorter: r.Shorter, Spared: r.Spared,
		Deadline:    comparedInstants(r.Deadline.Before, r.Deadline.After),
		LagLimit:    comparedOutput[string]{r.LagLimit.Before.String(), r.LagLimit.After.String()},
		ReviewOpen:  comparedOutput[int]{r.Asked.Before, r.Asked.After},
		Transitions: []transitionOutput{}, Provinces: []provinceOutput{}, Sample: []rehearsedPersonOutput{},
	}
	for _, from := range rules.Statuses() {
		for _, to := range rules.Statuses() {
			if n := r.Transitions[registry.Transition{From: from, To: to}]; n > 0 {
				out.Transitions = append(out.Transitions, transitionOutput{from, to, n})
			}
		}
	}
	eachProvince(r, func(code string, t registry.Transition, n int) {
		out.Provinces = append(out.Provinces, provinceOutput{code, r.Names[code], t.From, t.To, n})
	})
	for _, p := range r.Sample {
		person := rehearsedPersonOutput{
			CardNumber: p.CardNumber, Province: p.Province, From: p.From, To: p.To, Why: p.Why, Text: because(p),
			Deadline: comparedInstants(p.Before.Deadline, p.After.Deadline),
		}
		if p.About != nil {
			person.Platform, person.Invoice = p.About.Platform, p.About.Invoice
		}
		out.Sample = append(out.Sample, person)
	}
	return out
}

func comparedInstants(before, after time.Time) comparedOutput[time.Time] {
	return comparedOutput[time.Time]{before.In(rules.WIB), after.In(rules.WIB)}
}
