package registry_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// TestTheRevokedAreBarredFromOtherCohorts by their card and by their NIK, whatever card they come with, until they are
// reinstated.
func TestTheRevokedAreBarredFromOtherCohorts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		f.Clock.Set(wib("2021-03-03T13:00:00"))
		f.Cohort(12, wib("2021-03-03T12:00:00"), 1)
		nik := func(r *registry.ParticipantRow) { r.NIK = "9900000000000012" }
		member := importRow(2, "3112000000000002", nik)
		f.Import(12, []registry.ParticipantRow{member})
		f.Clock.Set(wib("2021-04-03T09:00:00"))
		announce(t, f, 13, 10)
		rows := []registry.ParticipantRow{
			importRow(2, member.CardNumber, nil), importRow(3, "3113000000000009", nik), importRow(4, "3113000000000010", nil),
		}
		judged := func(cohort int, rows []registry.ParticipantRow) map[int]string {
			t.Helper()
			result, err := f.ImportParticipants(ctx, registrytest.Officer, cohort, rows)
			if err != nil {
				t.Fatal(err)
			}
			return refusals(result)
		}
		check := func(when string, want, got map[int]string) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		check("a member", map[int]string{2: registry.RowInOtherCohort, 3: registry.RowNIKRegistered}, judged(13, rows))

		if n, err := f.SettleOnly(ctx, "no purchase", load(t, d, member.CardNumber).ID); n != 1 || err != nil {
			t.Fatalf("revoked %d: %v", n, err)
		}
		check("revoked", map[int]string{2: registry.RowBarred, 3: registry.RowBarred}, judged(13, rows))
		check("the file of the own cohort again", map[int]string{}, judged(12, []registry.ParticipantRow{member}))

		f.Send(f.Message("tokopedia", registrytest.Bought("IN-TIME", member.CardNumber, wib("2021-03-20T10:00:00"))))
		if load(t, d, member.CardNumber).RevokedAt != nil {
			t.Fatal("the late evidence does not reinstate")
		}
		check("reinstated", map[int]string{2: registry.RowInOtherCohort, 3: registry.RowNIKRegistered}, judged(13, rows))
	})
}
