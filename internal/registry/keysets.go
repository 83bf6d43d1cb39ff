package registry

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gelombang/internal/db"
)

// ErrOtherKeysets says that the keysets are not those that the database was written with. What is written
// with others could not be read, and no NIK would be recognised.
var ErrOtherKeysets = errors.New("the keysets are not those that this database was written with: set GELOMBANG_KEYS to the directory that holds them")

// The settings that tell the keysets apart: a text encrypted with the one, and its hash with the other.
const (
	encryptionCheck = "encryption-check"
	hashingCheck    = "hashing-check"
)

// CheckKeysets returns [ErrOtherKeysets] unless the keysets are those that the database was first opened
// with. The encryption keyset may have been rotated since, as long as it still holds the earlier keys.
func (r *Registry) CheckKeysets(ctx context.Context) error {
	hash, err := r.secrets.Hash(hashingCheck, nil)
	if err != nil {
		return err
	}
	sealed, err := r.secrets.Encrypt([]byte(encryptionCheck), encryptionCheck)
	if err != nil {
		return err
	}
	known := map[string][]byte{}
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		clear(known)
		// The first to open a database leaves the checks; of two at the same time, one.
		err := db.Bulk{
			Table: "settings", Columns: []string{"id", "value"}, Rows: [][]any{{encryptionCheck, sealed}, {hashingCheck, hash}},
			Suffix: "ON CONFLICT (id) DO NOTHING",
		}.Insert(ctx, tx, nil)
		if err != nil {
			return err
		}
		return db.Query(ctx, tx, func(rows *sql.Rows) error {
			var id string
			var value []byte
			if err := rows.Scan(&id, &value); err != nil {
				return err
			}
			known[id] = value
			return nil
		}, "SELECT id, value FROM settings WHERE "+tx.Dialect.Any("id", 1), tx.Dialect.Texts([]string{encryptionCheck, hashingCheck}))
	})
	if err != nil {
		return fmt.Errorf("check the keysets: %w", err)
	}
	text, err := r.secrets.Decrypt(known[encryptionCheck], encryptionCheck)
	if err != nil || string(text) != encryptionCheck || !bytes.Equal(known[hashingCheck], hash) {
		return ErrOtherKeysets
	}
	return nil
}
