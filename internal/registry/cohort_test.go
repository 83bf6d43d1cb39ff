package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
)

// TestAnnounceCohort announces in every way that is right and wrong, one after the other.
func TestAnnounceCohort(t *testing.T) {
	on, last := wib("2021-03-10T20:00:00"), wib("2021-04-15T12:00:00")
	thirteen := registry.AnnounceCohort{Number: 13, Quota: 600_000, AnnouncedAt: on}
	with := func(change func(*registry.AnnounceCohort)) registry.AnnounceCohort {
		in := thirteen
		change(&in)
		return in
	}
	tests := []struct {
		name     string
		in       registry.AnnounceCohort
		code     registry.Code
		field    string
		deadline time.Time
		basis    rules.DeadlineBasis
	}{
		{"without a number", with(func(in *registry.AnnounceCohort) { in.Number = 0 }), registry.Invalid, "number", time.Time{}, ""},
		{"without a quota", with(func(in *registry.AnnounceCohort) { in.Quota = 0 }), registry.Invalid, "quota", time.Time{}, ""},
		{"without a day", with(func(in *registry.AnnounceCohort) { in.AnnouncedAt = time.Time{} }), registry.Invalid, "announcedAt", time.Time{}, ""},
		{"with a last day and no reference", with(func(in *registry.AnnounceCohort) { in.LastDay = last }), registry.Invalid, "reference", time.Time{}, ""},
		{"with a reference and no last day", with(func(in *registry.AnnounceCohort) { in.Reference = "SE 1/2021" }), registry.Invalid, "reference", time.Time{}, ""},
		{
			"with a last day before the announcement",
			with(func(in *registry.AnnounceCohort) { in.LastDay, in.Reference = on.AddDate(0, 0, -1), "SE 1/2021" }), registry.Invalid, "lastDay", time.Time{}, "",
		},
		{"at 20:00, with the computed deadline", thirteen, "", "", deadline13, rules.BasisComputed},
		{"the same again", thirteen, "", "", deadline13, rules.BasisComputed},
		{"again with another quota", with(func(in *registry.AnnounceCohort) { in.Quota = 1 }), registry.Conflict, "number", time.Time{}, ""},
		{"again at another hour", with(func(in *registry.AnnounceCohort) { in.AnnouncedAt = on.Add(time.Hour) }), registry.Conflict, "number", time.Time{}, ""},
		{
			"again with a last day that it was not announced with",
			with(func(in *registry.AnnounceCohort) { in.LastDay, in.Reference = last, "SE 1/2021" }), registry.Conflict, "number", time.Time{}, "",
		},
		{
			"another with a published last day",
			with(func(in *registry.AnnounceCohort) { in.Number, in.LastDay, in.Reference = 14, last, "SE 1/2021" }), "", "", wib("2021-04-16T00:00:00"), rules.BasisDecreed,
		},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for _, tt := range tests {
			got, err := f.AnnounceCohort(context.Background(), registrytest.Officer, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
			if err == nil && (!got.Deadline.Equal(tt.deadline) || got.Basis != tt.basis || got.CreatedBy != "officer-1" || !got.AnnouncedAt.Equal(on)) {
				t.Errorf("%s: announced as %v", tt.name, got)
			}
		}
	})
}

// TestADecreedDeadlineMayBeEarlierOnlyWhileNobodyReliesOnIt decrees before and after the import.
func TestADecreedDeadlineMayBeEarlierOnlyWhileNobodyReliesOnIt(t *testing.T) {
	decree := func(f *registrytest.Fixture, lastDay string) error {
		_, err := f.DecreeDeadline(context.Background(), registrytest.Officer, registry.DecreeDeadline{
			Cohort: 13, LastDay: wib(lastDay + "T09:00:00"), Reference: "Kepmenko 1/2021", Reason: "published",
		})
		return err
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		checkError(t, "of no cohort", decree(f, "2021-04-10"), registry.NotFound, "cohort")
		f.Cohort13(0)
		checkError(t, "before the announcement", decree(f, "2021-03-09"), registry.Invalid, "lastDay")
		checkError(t, "earlier, without participants", decree(f, "2021-04-01"), "", "")
		f.Import(13, []registry.ParticipantRow{{Line: 2, CardNumber: "3113000000000001"}, {Line: 3, CardNumber: "3113000000000002"}})
		checkError(t, "earlier, with participants", decree(f, "2021-03-31"), registry.NotPossible, "lastDay")
		// A purchase after the deadline of 1 April counts once a later one is decreed.
		f.Send(f.Message("tokopedia", registrytest.Bought("A", "3113000000000001", wib("2021-04-03T10:00:00"))))
		checkError(t, "later, with participants", decree(f, "2021-04-05"), "", "")
		checkError(t, "the same again", decree(f, "2021-04-05"), "", "")
		f.Cohort(13, wib("2021-03-10T12:00:00"), 0) // the announcement again, as a seed repeats it, is no conflict

		c, err := d.Client().Cohort.Get(context.Background(), 13)
		if err != nil || !c.Deadline.Equal(wib("2021-04-06T00:00:00")) || c.Basis != rules.BasisDecreed || c.Reference != "Kepmenko 1/2021" {
			t.Errorf("the cohort is %v (%v)", c, err)
		}
		for card, want := range map[string][]string{
			"3113000000000001": {"PERSON: bought, extended"},
			"3113000000000002": {"PERSON: extended"},
		} {
			if diff := cmp.Diff(want, historyOf(t, d, card)); diff != "" {
				t.Errorf("history of %s (-want +got):\n%s", card, diff)
			}
		}
		checkHistory(t, d)
	})
}
