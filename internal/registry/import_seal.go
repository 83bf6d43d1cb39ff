package registry

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// SealedRows are rows whose personal data is encrypted and hashed, ready to be stored.
type SealedRows struct{ rows []sealedRow }

type sealedRow struct {
	ParticipantRow        // without the personal data, but for the birth date
	nikHash        []byte // nil without a NIK
	contact        []byte // nil without a contact
	fingerprint    []byte
}

// fingerprintSize is the length of a fingerprint in bytes.
const fingerprintSize = 16

// SealParticipants encrypts and hashes what is personal in the rows, on all processors. It needs no
// database, so that the next rows of a file can be prepared while the last are stored.
func (r *Registry) SealParticipants(ctx context.Context, rows []ParticipantRow) (SealedRows, error) {
	sealed := make([]sealedRow, len(rows))
	group, ctx := errgroup.WithContext(ctx)
	shares := runtime.GOMAXPROCS(0)
	for share := range shares {
		group.Go(func() error {
			for i := len(rows) * share / shares; i < len(rows)*(share+1)/shares; i++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				var err error
				if sealed[i], err = r.seal(rows[i]); err != nil {
					return fmt.Errorf("line %d: %w", rows[i].Line, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return SealedRows{}, err
	}
	return SealedRows{sealed}, nil
}

func (r *Registry) seal(row ParticipantRow) (sealedRow, error) {
	sealed := sealedRow{ParticipantRow: row}
	var err error
	if sealed.fingerprint, err = r.secrets.Hash("import", row.canonical()); err != nil {
		return sealedRow{}, err
	}
	sealed.fingerprint = sealed.fingerprint[:fingerprintSize]
	if row.NIK != "" {
		if sealed.nikHash, err = r.secrets.Hash("nik", []byte(row.NIK)); err != nil {
			return sealedRow{}, err
		}
	}
	contact := Contact{Name: row.Name, Email: row.Email, Phone: row.Phone}
	if !row.BirthDate.IsZero() {
		contact.BirthDate = row.BirthDate.Format(time.DateOnly)
	}
	if contact != (Contact{}) {
		if sealed.contact, err = r.sealContact(contact, row.CardNumber); err != nil {
			return sealedRow{}, err
		}
	}
	sealed.NIK, sealed.Name, sealed.Email, sealed.Phone = "", "", "", ""
	return sealed, nil
}

// canonical writes the row so that no two different rows have the same form: each value after its length.
// Fingerprints are stored, so the form must never change; a new column may only be added at the end, and
// only where it has a value.
func (row ParticipantRow) canonical() []byte {
	birth := ""
	if !row.BirthDate.IsZero() {
		birth = row.BirthDate.Format(time.DateOnly)
	}
	var out []byte
	for _, value := range []string{
		row.CardNumber, row.NIK, row.Name, row.Email, row.Phone, row.Province, row.Regency, string(row.Gender), birth, string(row.Education),
	} {
		out = strconv.AppendInt(out, int64(len(value)), 10)
		out = append(append(out, ':'), value...)
	}
	return out
}
