package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// citizen is somebody whose personal data must be found nowhere.
var citizen = registry.ParticipantRow{
	Line: 2, CardNumber: "3113000000000077", NIK: "3174010101900077", Name: "Siti Rahmawati", Email: "siti@example.org", Phone: "+6281234567890",
	BirthDate: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
}

func TestAContactIsCorrectedAndThenErasedForGood(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			f := registrytest.New(t, d)
			f.Cohort13(0)
			rows := []registry.ParticipantRow{citizen}
			for i := range 20 { // others beside it, so that nothing is overwritten by chance
				rows = append(rows, registry.ParticipantRow{Line: i, CardNumber: fmt.Sprintf("31130000000001%02d", i), Name: "Budi Santoso"})
			}
			f.Import(13, rows)
			ctx := context.Background()

			name, none := "Siti Rahmawati Putri", ""
			p, err := f.CorrectContact(ctx, registrytest.Officer, registry.CorrectContact{CardNumber: citizen.CardNumber, Name: &name, Email: &none, Reason: "asked by letter"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.OpenContact(*p.Contact, citizen.CardNumber)
			if err != nil {
				t.Fatal(err)
			}
			// The fields are compared one by one, for a Contact shows nothing of itself.
			if got.Name != name || got.Email != "" || got.Phone != citizen.Phone || got.BirthDate != "1990-01-01" {
				t.Error("the contact was not corrected as asked")
			}
			ciphertext := *p.Contact
			if dialect == db.SQLite && !bytes.Contains(databaseFile(t, d, cfg), ciphertext) {
				t.Fatal("the ciphertext is not in the file, so that its erasure would prove nothing")
			}

			p, err = f.EraseContact(ctx, registrytest.Officer, registry.EraseContact{CardNumber: citizen.CardNumber, Reason: "asked by letter"})
			if err != nil {
				t.Fatal(err)
			}
			if kept(p.Contact) || kept(p.ImportFingerprint) || !kept(p.NikHash) || p.ContactErasedAt == nil || !p.ContactErasedAt.Equal(f.Now()) {
				t.Errorf("erased: contact %t, fingerprint %t, NIK hash %t, at %v", !kept(p.Contact), !kept(p.ImportFingerprint), !kept(p.NikHash), p.ContactErasedAt)
			}
			if dialect == db.SQLite && anyPart(databaseFile(t, d, cfg), ciphertext) {
				t.Error("some of the ciphertext is still in the file")
			}
			result, err := f.ImportParticipants(ctx, registrytest.Officer, 13, []registry.ParticipantRow{citizen})
			if err != nil || len(result.Errors) != 1 || result.Errors[0].Code != registry.RowDiffers {
				t.Errorf("imported again: %+v, %v", result, err)
			}
			if kept(load(t, d, citizen.CardNumber).Contact) {
				t.Error("an import has brought the contact back")
			}
			want := []string{"PERSON: CONTACT_CORRECTED", "PERSON: CONTACT_ERASED"}
			if diff := cmp.Diff(want, historyOf(t, d, citizen.CardNumber)); diff != "" {
				t.Errorf("history (-want +got):\n%s", diff)
			}
			checkHistory(t, d)
			checkNoPersonalData(t, load(t, d, citizen.CardNumber), name)
		})
	}
}

// kept reports whether an optional column of bytes has a value: ent reads NULL as a pointer to nothing.
func kept(b *[]byte) bool { return b != nil && len(*b) > 0 }

// anyPart reports whether 16 bytes of secret in a row are in the file.
func anyPart(file, secret []byte) bool {
	for i := range len(secret) - 15 {
		if bytes.Contains(file, secret[i:i+16]) {
			return true
		}
	}
	return false
}

// databaseFile returns the bytes of an SQLite database, its log included.
func databaseFile(t *testing.T, d *db.DB, cfg db.Config) []byte {
	t.Helper()
	if _, err := d.Write.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(cfg.DataDir, "gelombang.db"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func checkNoPersonalData(t *testing.T, p *ent.Participant, more ...string) {
	t.Helper()
	told := fmt.Sprintf("%+v", p)
	for _, h := range p.Edges.History {
		told += fmt.Sprintf("%+v", *h)
	}
	for _, secret := range append(more, citizen.NIK, citizen.Name, citizen.Email, citizen.Phone) {
		if strings.Contains(told, secret) {
			t.Errorf("personal data of %d characters can be read in the participant or its history", len(secret))
		}
	}
}

// TestContactsAreRefused says what a correction or an erasure must have.
func TestContactsAreRefused(t *testing.T) {
	text := func(s string) *string { return &s }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		card := f.Cohort13(1)[0]
		for _, tt := range []struct {
			name  string
			in    registry.CorrectContact
			code  registry.Code
			field string
		}{
			{"nothing to correct", registry.CorrectContact{CardNumber: card, Reason: "asked"}, registry.Invalid, ""},
			{"no reason", registry.CorrectContact{CardNumber: card, Name: text("A")}, registry.Invalid, "reason"},
			{"a name with a control character", registry.CorrectContact{CardNumber: card, Name: text("A\x00"), Reason: "asked"}, registry.Invalid, "name"},
			{"a name that is too long", registry.CorrectContact{CardNumber: card, Name: text(strings.Repeat("A", 1001)), Reason: "asked"}, registry.Invalid, "name"},
			{"not an address", registry.CorrectContact{CardNumber: card, Email: text("siti"), Reason: "asked"}, registry.Invalid, "email"},
			{"not a number", registry.CorrectContact{CardNumber: card, Phone: text("0812 345"), Reason: "asked"}, registry.Invalid, "phone"},
			{"nobody", registry.CorrectContact{CardNumber: "9999000000000000", Name: text("A"), Reason: "asked"}, registry.NotFound, "cardNumber"},
			{"somebody without a contact", registry.CorrectContact{CardNumber: card, Name: text("Ani"), Reason: "asked"}, "", ""},
		} {
			_, err := f.CorrectContact(context.Background(), registrytest.Officer, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
		}
		_, err := f.EraseContact(context.Background(), registrytest.Officer, registry.EraseContact{CardNumber: card})
		checkError(t, "erasure without a reason", err, registry.Invalid, "reason")
		_, err = f.EraseContact(context.Background(), registrytest.Officer, registry.EraseContact{CardNumber: "9999000000000000", Reason: "asked"})
		checkError(t, "erasure of nobody", err, registry.NotFound, "cardNumber")
	})
}

// TestAContactCannotBeMovedToAnotherParticipant guards the binding of a ciphertext to its card.
func TestAContactCannotBeMovedToAnotherParticipant(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	f := registrytest.New(t, d)
	f.Cohort13(0)
	f.Import(13, []registry.ParticipantRow{citizen})
	sealed := *load(t, d, citizen.CardNumber).Contact
	if _, err := f.OpenContact(sealed, "3113000000000078"); err == nil {
		t.Error("the contact of one card opens as that of another")
	}
}

// TestPersonalDataDoesNotShow prints the types that hold it in every way that a log or an error does.
func TestPersonalDataDoesNotShow(t *testing.T) {
	contact := registry.Contact{Name: citizen.Name, Email: citizen.Email, Phone: citizen.Phone, BirthDate: "1990-01-01"}
	for _, v := range []any{contact, &contact, citizen, &citizen, struct{ C registry.Contact }{contact}, []registry.ParticipantRow{citizen}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			got := fmt.Sprintf(verb, v)
			for _, secret := range []string{citizen.NIK, citizen.Name, citizen.Email, citizen.Phone, "1990"} {
				if strings.Contains(got, secret) {
					t.Errorf("%T shows personal data under %s", v, verb)
				}
			}
		}
	}
}
