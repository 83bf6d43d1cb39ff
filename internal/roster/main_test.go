package roster_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

var (
	provinceNames = map[string]string{"11": "Aceh", "31": "DKI Jakarta", "32": "Jawa Barat", "91": "Papua Barat"}
	provinceCodes = []string{"11", "31", "32", "91"}
	staff         = viewer.Viewer{Role: viewer.Officer, Subject: "officer-1"}
)

// newFixture returns a registry on the database with four provinces and the cohorts 12 and 13, each with
// the quota.
func newFixture(t testing.TB, d *db.DB, quota int) *registrytest.Fixture {
	t.Helper()
	ctx := context.Background()
	f := registrytest.New(t, d)
	if err := f.PutProvinces(ctx, registrytest.Admin, provinceNames); err != nil {
		t.Fatal(err)
	}
	for number, day := range map[int]int{12: 3, 13: 10} {
		_, err := f.AnnounceCohort(ctx, staff, registry.AnnounceCohort{
			Number: number, Quota: quota, AnnouncedAt: time.Date(2021, 3, day, 12, 0, 0, 0, rules.WIB),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// syntheticFile is a participants' file of so many rows, of which every hundredth is bad. It names nobody:
// card numbers and NIKs are made from the row's number.
type syntheticFile struct {
	rows int
	next int
	line bytes.Buffer
}

// Read implements io.Reader, so that a file of any length takes no memory.
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
	province := provinceCodes[i%4]
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
	// Scattered, as real numbers would be, so that the indexes are written all over.
	n := uint64(i) * 0x9e3779b97f4a7c15 % 1_000_000_000_000
	fmt.Fprintf(&f.line, "3100%012d,9900%012d,Peserta %07d,peserta%07d@example.id,+62800%08d,%s,%s%02d,%s,%s,SMA\n",
		n, n, i, i, i, province, province, 1+i%70, gender, birth)
}
