package roster_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
	"gelombang/webhooks/payload"
)

var (
	provinceNames = map[string]string{"11": "Aceh", "31": "DKI Jakarta", "32": "Jawa Barat", "91": "Papua Barat"}
	now           = time.Date(2021, 4, 6, 17, 45, 0, 0, rules.WIB)
	announced     = time.Date(2021, 3, 10, 12, 0, 0, 0, rules.WIB)
	staff         = viewer.System("test")
)

// newRegistry returns a registry on the database with four provinces and cohorts 12 and 13 of the given
// quota, at the evening of 6 April 2021.
func newRegistry(t testing.TB, d *db.DB, quota int) *registry.Registry {
	t.Helper()
	ctx := context.Background()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.New(registry.Config{
		DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: func() time.Time { return now },
		Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.PutProvinces(ctx, staff, provinceNames); err != nil {
		t.Fatal(err)
	}
	for number, at := range map[int]time.Time{12: announced.AddDate(0, 0, -7), 13: announced} {
		if _, err := reg.AnnounceCohort(ctx, staff, registry.AnnounceCohort{Number: number, Quota: quota, AnnouncedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	return reg
}

// syntheticFile writes a participants' file of n rows, of which every hundredth is bad. It names nobody: card
// numbers and NIKs are counted up.
type syntheticFile struct {
	rows int
	next int
	line bytes.Buffer
}

// Bad returns how many rows of the file are bad.
func (f *syntheticFile) Bad() int { return f.rows / 100 }

// Read implements io.Reader, so that a file of any size takes no memory.
func (f *syntheticFile) Read(p []byte) (int, error) {
	for f.line.Len() < len(p) && f.next <= f.rows {
		f.write(f.next)
		f.next++
	}
	if f.line.Len() == 0 {
		return 0, io.EOF
	}
	return f.line.Read(p)
}

func (f *syntheticFile) write(i int) {
	if i == 0 {
		f.line.WriteString("card_number,nik,name,email,phone,province,regency,gender,birth_date,education\n")
		return
	}
	province := []string{"11", "31", "32", "91"}[i%4]
	gender, birth := []string{"F", "M"}[i%2], fmt.Sprintf("%d-%02d-%02d", 1960+i%43, 1+i%12, 1+i%28)
	if i%100 == 0 {
		switch i / 100 % 4 {
		case 0:
			gender = "X"
		case 1:
			province = "99"
		case 2:
			birth = "2021-02-30"
		case 3:
			birth += ",surplus"
		}
	}
	// Nothing of it is in the order of the index that it goes into.
	n := uint64(i) * 0x9e3779b97f4a7c15 % 1_000_000_000_000
	fmt.Fprintf(&f.line, "3100%012d,9900%012d,Peserta %07d,peserta%07d@example.id,+62800%08d,%s,%s%02d,%s,%s,SMA\n",
		n, n, i, i, i, province, province, 1+i%70, gender, birth)
}
