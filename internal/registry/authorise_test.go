package registry_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

// TestEveryWriteAsksWhoIsAsking tries every write as every role. Who may not is refused before anything else
// is looked at; who may gets further, to whatever is wrong with the input.
func TestEveryWriteAsksWhoIsAsking(t *testing.T) {
	const card = "3113000000000001"
	staff := []string{"officer", "supervisor", "admin"}
	catalogue := append([]string{"own platform"}, staff...)
	approvers := []string{"supervisor", "admin"}
	keys := []string{"own platform", "admin"}
	now := registrytest.Evening
	name := "Siti"
	viewers := map[string]viewer.Viewer{
		"nobody": {}, "anonymous": {Role: viewer.Anonymous}, "the participant": {Role: viewer.Participant, Subject: card},
		"own platform": tokopedia, "another platform": {Role: viewer.Platform, Subject: "pintaria-1", Platform: "pintaria"},
		"a platform without a code": {Role: viewer.Platform, Subject: "x"}, "analyst": {Role: viewer.Analyst, Subject: "analyst-1"},
		"officer": registrytest.Officer, "supervisor": registrytest.Supervisor, "admin": registrytest.Admin,
	}
	type write struct {
		name string
		may  []string
		do   func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error
	}
	writes := []write{
		{"announce a cohort", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.AnnounceCohort(ctx, v, registry.AnnounceCohort{Number: 20, Quota: 1, AnnouncedAt: now})
			return err
		}},
		{"decree a deadline", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.DecreeDeadline(ctx, v, registry.DecreeDeadline{Cohort: 13, LastDay: deadline13, Reference: "SE", Reason: "published"})
			return err
		}},
		{"extend a deadline", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.ExtendDeadline(ctx, v, registry.ExtendDeadline{Cohort: 13, Scope: rules.ExtendCards, Cards: []string{card}, LastDay: deadline13, Reference: "SE", Reason: "flood"})
			return err
		}},
		{"import participants", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.ImportParticipants(ctx, v, 13, nil)
			return err
		}},
		{"prepare a settlement", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.PrepareSettlement(ctx, v, registry.PrepareSettlement{Cohort: 13, Reason: "settlement"})
			return err
		}},
		{"execute a settlement", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.OrderExecution(ctx, v, 1)
			return err
		}},
		{"stop a settlement", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.StopExecution(ctx, v, 1)
			return err
		}},
		{"discard a settlement", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.DiscardSettlement(ctx, v, 1)
			return err
		}},
		{"approve a settlement", approvers, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.ApproveSettlement(ctx, v, registry.ApproveSettlement{Settlement: 1})
			return err
		}},
		{"reverse a settlement", approvers, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.OrderReversal(ctx, v, registry.ReverseSettlement{Settlement: 1, Reason: "a mistake"})
			return err
		}},
		{"see what a closing waits for", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.Closing(ctx, v, 13)
			return err
		}},
		{"decide a review", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.DecideReview(ctx, v, registry.DecideReview{Review: 1, Decision: rules.DecisionUphold, Note: "note"})
			return err
		}},
		{"correct a contact", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.CorrectContact(ctx, v, registry.CorrectContact{CardNumber: card, Name: &name, Reason: "asked"})
			return err
		}},
		{"erase a contact", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.EraseContact(ctx, v, registry.EraseContact{CardNumber: card, Reason: "asked"})
			return err
		}},
		{"retry a delivery", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.RetryDelivery(ctx, v, 1)
			return err
		}},
		{"dismiss a delivery", staff, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.DismissDelivery(ctx, v, 1, "sent by mistake")
			return err
		}},
		{"put an offering", catalogue, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.PutOffering(ctx, v, registry.Offering{Platform: "tokopedia", CourseCode: "C-1", Title: "Menjahit"})
			return err
		}},
		{"put offerings", catalogue, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.PutOfferings(ctx, v, "tokopedia", nil)
			return err
		}},
		{"withdraw an offering", catalogue, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.WithdrawOffering(ctx, v, "tokopedia", "C-1")
			return err
		}},
		{"create a key", keys, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, _, err := f.CreatePlatformKey(ctx, v, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1})
			return err
		}},
		{"retire a key", keys, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.RetirePlatformKey(ctx, v, f.Keys["tokopedia"], now.Add(time.Hour))
			if registry.CodeOf(err) == registry.NotFound {
				// A key that is not one's own is the same as none.
				return &registry.Error{Code: registry.Forbidden}
			}
			return err
		}},
		{"put a platform", []string{"admin"}, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			_, err := f.PutPlatform(ctx, v, registry.Platform{Code: "tokopedia", Name: "Tokopedia"})
			return err
		}},
		{"put provinces", []string{"admin"}, func(ctx context.Context, f *registrytest.Fixture, v viewer.Viewer) error {
			return f.PutProvinces(ctx, v, map[string]string{"31": "DKI Jakarta"})
		}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		f.Cohort13(1)
		for _, w := range writes {
			for who, v := range viewers {
				err := w.do(context.Background(), f, v)
				if allowed := registry.CodeOf(err) != registry.Forbidden; allowed != slices.Contains(w.may, who) {
					t.Errorf("%s as %s: %v", w.name, who, err)
				}
				if registry.CodeOf(err) == "" && err != nil {
					t.Errorf("%s as %s: an internal error: %v", w.name, who, err)
				}
			}
		}
	})
}
