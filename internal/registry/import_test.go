package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent/participant"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// importRows are rows by line and card, the rest as it is given.
func importRow(line int, card string, change func(*registry.ParticipantRow)) registry.ParticipantRow {
	row := registry.ParticipantRow{Line: line, CardNumber: card}
	if change != nil {
		change(&row)
	}
	return row
}

// refusals are the codes of the errors by line.
func refusals(result registry.ImportResult) map[int]string {
	codes := map[int]string{}
	for _, e := range result.Errors {
		codes[e.Line] = e.Code
	}
	return codes
}

func TestImportJudgesEachRowAfterTheOnesBefore(t *testing.T) {
	nik := func(s string) func(*registry.ParticipantRow) {
		return func(r *registry.ParticipantRow) { r.NIK = s }
	}
	name := func(s string) func(*registry.ParticipantRow) {
		return func(r *registry.ParticipantRow) { r.Name = s }
	}
	rows := []registry.ParticipantRow{
		importRow(2, "3199000000000001", nik("9900000000000001")),
		importRow(3, "3199000000000002", name("Peserta Dua")),
		importRow(4, "3199000000000002", name("Peserta Dua")),
		importRow(5, "3199000000000002", name("Peserta Lain")),
		importRow(6, "3199000000000003", nik("9900000000000001")),
		importRow(7, "3199000000000004", func(r *registry.ParticipantRow) { r.BirthDate = time.Date(2021, 3, 11, 0, 0, 0, 0, time.UTC) }),
		importRow(8, "3112000000000001", nil), // the fixture's, of cohort 12
		importRow(9, "3199000000000005", nik("9900000000000012")),
		importRow(10, "3199000000000006", nil),
		importRow(11, "3199000000000007", nil), // beyond the quota
		importRow(12, "3199000000000007", nil),
		importRow(13, "3199000000000001", nik("9900000000000001")),
	}
	want := map[int]string{
		5: registry.RowDiffers, 6: registry.RowNIKRegistered, 7: registry.RowBornAfterAnnouncement, 8: registry.RowInOtherCohort,
		9: registry.RowNIKRegistered, 11: registry.RowQuotaFull, 12: registry.RowQuotaFull,
	}
	for name, size := range map[string]int{"in one call": len(rows), "row by row": 1, "in fives": 5} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := context.Background()
				f := registrytest.New(t, d)
				f.Cohort(12, wib("2021-03-03T12:00:00"), 1)
				f.Import(12, []registry.ParticipantRow{importRow(2, "3112000000000002", nik("9900000000000012"))})
				announce(t, f, 13, 3)
				var total registry.ImportResult
				for i := 0; i < len(rows); i += size {
					result, err := f.ImportParticipants(ctx, registrytest.Officer, 13, rows[i:min(i+size, len(rows))])
					if err != nil {
						t.Fatal(err)
					}
					total.Added += result.Added
					total.Unchanged += result.Unchanged
					total.Errors = append(total.Errors, result.Errors...)
				}
				if total.Added != 3 || total.Unchanged != 2 {
					t.Errorf("%d were added and %d unchanged, want 3 and 2", total.Added, total.Unchanged)
				}
				if diff := cmp.Diff(want, refusals(total)); diff != "" {
					t.Errorf("the refusals differ (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func announce(t *testing.T, f *registrytest.Fixture, number, quota int) {
	t.Helper()
	_, err := f.AnnounceCohort(context.Background(), registrytest.Officer, registry.AnnounceCohort{
		Number: number, Quota: quota, AnnouncedAt: wib("2021-03-10T20:00:00"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportedParticipant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		announce(t, f, 13, 10)
		if err := f.PutProvinces(ctx, registrytest.Admin, map[string]string{"31": "DKI Jakarta", "91": "Papua Barat"}); err != nil {
			t.Fatal(err)
		}
		for _, last := range []string{"2021-04-20T00:00:00", "2021-04-15T00:00:00"} { // the shorter one does not shorten
			_, err := f.ExtendDeadline(ctx, registrytest.Officer, registry.ExtendDeadline{
				Cohort: 13, Scope: rules.ExtendProvince, Province: "91", LastDay: wib(last), Reference: "SK 1/2021", Reason: "flood",
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		full := registry.ParticipantRow{
			Line: 2, CardNumber: "3199000000000001", NIK: "9900000000000001", Name: "Peserta Satu", Email: "satu@example.id", Phone: "+628001234567",
			Province: "91", Regency: "9171", Gender: rules.GenderFemale, BirthDate: time.Date(1996, 3, 10, 0, 0, 0, 0, time.UTC), Education: "S1",
		}
		f.Import(13, []registry.ParticipantRow{full, importRow(3, "3199000000000002", nil)})

		p := load(t, d, full.CardNumber)
		if want := wib("2021-04-21T00:00:00"); !p.Deadline.Equal(want) {
			t.Errorf("the deadline is %v, want that of the extension, %v", p.Deadline, want)
		}
		if *p.Province != "91" || *p.Regency != "9171" || *p.Gender != rules.GenderFemale || *p.Education != "S1" {
			t.Errorf("the statistics are %v %v %v %v", *p.Province, *p.Regency, *p.Gender, *p.Education)
		}
		if *p.AgeBand != rules.AgeFrom25To34 { // 25 on the very day
			t.Errorf("the age band is %v", *p.AgeBand)
		}
		if p.Balance != 1_000_000 {
			t.Errorf("the balance is %d rupiah", p.Balance)
		}
		contact, err := f.OpenContact(*p.Contact, p.CardNumber)
		if err != nil {
			t.Fatal(err)
		}
		want := registry.Contact{Name: full.Name, Email: full.Email, Phone: full.Phone, BirthDate: "1996-03-10"}
		if contact != want {
			t.Error("the contact differs from what was imported")
		}
		for what, stored := range map[string][]byte{"contact": *p.Contact, "NIK hash": *p.NikHash, "fingerprint": *p.ImportFingerprint} {
			for _, personal := range []string{full.NIK, full.Name, full.Email, full.Phone, "1996"} {
				if bytes.Contains(stored, []byte(personal)) {
					t.Errorf("the %s holds personal data in the clear", what)
				}
			}
		}

		bare := load(t, d, "3199000000000002")
		if bare.Province != nil || bare.Gender != nil || bare.AgeBand != nil || bare.Education != nil || bare.ContactErasedAt != nil {
			t.Errorf("a row of a card number alone has statistics: %v", bare)
		}
		if want := wib("2021-04-09T00:00:00"); !bare.Deadline.Equal(want) {
			t.Errorf("the deadline is %v, want the cohort's, %v", bare.Deadline, want)
		}
		nothing, err := d.Client().Participant.Query().
			Where(participant.CardNumber(bare.CardNumber), participant.ContactIsNil(), participant.NikHashIsNil()).Exist(ctx)
		if err != nil || !nothing {
			t.Errorf("a row of a card number alone has a contact or a NIK (%v)", err)
		}
	})
}

func TestImportLeavesACorrectedContactAndRefusesAnErasedOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		announce(t, f, 13, 10)
		named := func(r *registry.ParticipantRow) { r.Name = "Peserta" }
		rows := []registry.ParticipantRow{importRow(2, "3199000000000001", named), importRow(3, "3199000000000002", named)}
		f.Import(13, rows)
		corrected := "Peserta Satu"
		if _, err := f.CorrectContact(ctx, registrytest.Officer, registry.CorrectContact{CardNumber: rows[0].CardNumber, Name: &corrected, Reason: "asked"}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.EraseContact(ctx, registrytest.Officer, registry.EraseContact{CardNumber: rows[1].CardNumber, Reason: "asked"}); err != nil {
			t.Fatal(err)
		}
		result, err := f.ImportParticipants(ctx, registrytest.Officer, 13, rows)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int]string{3: registry.RowDiffers}, refusals(result)); diff != "" || result.Unchanged != 1 {
			t.Errorf("%d unchanged, and the refusals differ (-want +got):\n%s", result.Unchanged, diff)
		}
		contact, err := f.OpenContact(*load(t, d, rows[0].CardNumber).Contact, rows[0].CardNumber)
		if err != nil || contact.Name != corrected {
			t.Errorf("the correction is gone (%v)", err)
		}
		if p := load(t, d, rows[1].CardNumber); p.ContactErasedAt == nil {
			t.Error("the erasure is gone")
		}
	})
}

func TestImportAppliesWhatWaitedForItsCards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		announce(t, f, 13, 10)
		const card = "3199000000000001"
		receipt := f.Send(f.Message("tokopedia", registrytest.Bought("INV-1", card, wib("2021-04-01T10:00:00"))))[0]
		if receipt.Status != registry.Quarantined || receipt.Reason != rules.ReasonUnknownCard {
			t.Fatalf("the receipt of a purchase for an unknown card is %+v", receipt)
		}
		f.Import(13, []registry.ParticipantRow{importRow(2, card, nil)})
		if got := stateOf(t, d, card, f.Now()); got.Status != rules.StatusPurchased || got.Balance != 750_000 {
			t.Errorf("after the import the state is %+v, want PURCHASED with 750000 rupiah left", got)
		}
	})
}

func TestImportIsForStaffAndForAnnouncedCohorts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		announce(t, f, 13, 10)
		rows := []registry.ParticipantRow{importRow(2, "3199000000000001", nil)}
		for _, tt := range []struct {
			role   viewer.Role
			cohort int
			want   registry.Code
		}{
			{"", 13, registry.Forbidden},
			{viewer.Anonymous, 13, registry.Forbidden},
			{viewer.Participant, 13, registry.Forbidden},
			{viewer.Platform, 13, registry.Forbidden},
			{viewer.Analyst, 13, registry.Forbidden},
			{viewer.Analyst, 99, registry.Forbidden},
			{viewer.Officer, 99, registry.NotFound},
			{viewer.Officer, 13, ""},
			{viewer.Supervisor, 13, ""},
			{viewer.Admin, 13, ""},
		} {
			v := viewer.Viewer{Role: tt.role, Subject: "3199000000000001", Platform: "tokopedia"}
			for _, rows := range [][]registry.ParticipantRow{nil, rows} {
				_, err := f.ImportParticipants(context.Background(), v, tt.cohort, rows)
				if registry.CodeOf(err) != tt.want || (tt.want == "") != (err == nil) {
					t.Errorf("%s imports %d rows into cohort %d: %v, want code %q", tt.role, len(rows), tt.cohort, err, tt.want)
				}
			}
		}
	})
}

// importAtOnce lets servers import rows, in chunks, all at the same time, and returns how many each cohort
// says it added.
func importAtOnce(t *testing.T, d *db.DB, f *registrytest.Fixture, servers int, of func(server int) (cohort int, rows []registry.ParticipantRow)) map[int]int {
	t.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	added := map[int]int{}
	start := make(chan struct{})
	for s := range servers {
		r := f.Another(d)
		cohort, rows := of(s)
		wait.Go(func() {
			<-start
			for chunk := range slices.Chunk(rows, 50) {
				result, err := r.ImportParticipants(context.Background(), registrytest.Officer, cohort, chunk)
				if err != nil {
					t.Errorf("cohort %d: %v", cohort, err)
					return
				}
				mu.Lock()
				added[cohort] += result.Added
				mu.Unlock()
			}
		})
	}
	close(start)
	wait.Wait()
	return added
}

func importedInto(t *testing.T, d *db.DB, cohort int) int {
	t.Helper()
	n, err := d.Client().Participant.Query().Where(participant.CohortID(cohort)).Count(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestImportsAtOnceTakeEachRowOnce lets four servers import the same rows, two of them into another cohort.
func TestImportsAtOnceTakeEachRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		rows := make([]registry.ParticipantRow, 1000)
		for i := range rows {
			rows[i] = importRow(i+2, fmt.Sprintf("3199%012d", i), func(r *registry.ParticipantRow) { r.NIK = fmt.Sprintf("9900%012d", len(rows)-i) })
		}
		announce(t, f, 12, len(rows))
		announce(t, f, 13, len(rows))
		added := importAtOnce(t, d, f, 4, func(server int) (int, []registry.ParticipantRow) { return 12 + server%2, rows })
		for cohort, n := range added {
			if stored := importedInto(t, d, cohort); stored != n {
				t.Errorf("cohort %d has %d participants, %d were reported as added", cohort, stored, n)
			}
		}
		if added[12]+added[13] != len(rows) {
			t.Errorf("%d and %d were added, together not each of the %d rows once", added[12], added[13], len(rows))
		}
	})
}

// TestImportsAtOnceTakeEachPlaceOnce lets four servers import people of their own into one cohort, which has
// too few places for all.
func TestImportsAtOnceTakeEachPlaceOnce(t *testing.T) {
	const places = 500
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		announce(t, f, 13, places)
		added := importAtOnce(t, d, f, 4, func(server int) (int, []registry.ParticipantRow) {
			rows := make([]registry.ParticipantRow, places/2)
			for i := range rows {
				rows[i] = importRow(i+2, fmt.Sprintf("3199%02d%010d", server, i), nil)
			}
			return 13, rows
		})
		if stored := importedInto(t, d, 13); stored != places || added[13] != places {
			t.Errorf("%d are stored and %d were reported as added, for %d places", stored, added[13], places)
		}
	})
}
