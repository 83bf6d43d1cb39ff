package registry

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// lockForImport loads the cohort and locks it until the end of the transaction, so that imports at the
// same time do not fill the same places. It returns a NOT_FOUND [Error] for an unknown cohort.
func lockForImport(ctx context.Context, tx *db.Tx, number int) (importCohort, error) {
	locked, err := lockCohort(ctx, tx, number)
	if err != nil {
		return importCohort{}, err
	}
	var taken int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM participants WHERE cohort_id = $1", number).Scan(&taken); err != nil {
		return importCohort{}, fmt.Errorf("count the participants: %w", err)
	}
	c := importCohort{
		number: number, announcedAt: locked.AnnouncedAt, deadline: locked.Deadline, free: locked.Quota - taken,
		provinces: map[string]time.Time{},
	}
	err = db.Query(ctx, tx, func(rows *sql.Rows) error {
		var province string
		var until db.Time
		if err := rows.Scan(&province, &until); err != nil {
			return err
		}
		c.provinces[province] = rules.Extend(c.deadlineIn(province), until.Time)
		return nil
	}, "SELECT province, until FROM extensions WHERE cohort_id = $1 AND scope = $2", number, string(rules.ExtendProvince))
	if err != nil {
		return importCohort{}, fmt.Errorf("load the extensions: %w", err)
	}
	return c, nil
}

// loadRegistered looks up the cards and the NIKs that the rows name.
func loadRegistered(ctx context.Context, tx *db.Tx, sealed []sealedRow) (registered, error) {
	cards, hashes := make([]string, len(sealed)), make([][]byte, 0, len(sealed))
	for i, row := range sealed {
		cards[i] = row.CardNumber
		if row.nikHash != nil {
			hashes = append(hashes, row.nikHash)
		}
	}
	known := registered{cards: map[string]registeredCard{}, niks: map[string]int{}}
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var number string
		var card registeredCard
		if err := rows.Scan(&number, &card.cohort, &card.fingerprint); err != nil {
			return err
		}
		known.cards[number] = card
		return nil
	}, "SELECT card_number, cohort_id, import_fingerprint FROM participants WHERE "+tx.Dialect.Any("card_number", 1), tx.Dialect.Texts(cards))
	if err != nil {
		return known, fmt.Errorf("look up the cards: %w", err)
	}
	condition, list, err := anyHash(tx.Dialect, "nik_hash", hashes)
	if err != nil {
		return known, err
	}
	err = db.Query(ctx, tx, func(rows *sql.Rows) error {
		var hash []byte
		var cohort int
		if err := rows.Scan(&hash, &cohort); err != nil {
			return err
		}
		known.niks[string(hash)] = cohort
		return nil
	}, "SELECT nik_hash, cohort_id FROM participants WHERE "+condition, list)
	if err != nil {
		return known, fmt.Errorf("look up the NIKs: %w", err)
	}
	return known, nil
}

// anyHash is db.Dialect.Any for a column of bytes and the parameter $1, which JSON cannot hold.
func anyHash(d db.Dialect, column string, hashes [][]byte) (condition string, list any, err error) {
	if d == db.Postgres {
		return column + " = ANY($1)", pq.ByteaArray(hashes), nil
	}
	texts := make([]string, len(hashes))
	for i, h := range hashes {
		texts[i] = hex.EncodeToString(h)
	}
	b, err := json.Marshal(texts)
	return column + " IN (SELECT unhex(value) FROM json_each($1))", string(b), err
}

// insertParticipants writes the rows of importCohort.participantRows: on Postgres with COPY, the fastest way
// in; on SQLite with a statement for one row, prepared once. Rows of many parameters are slow there: it
// looks each numbered parameter up among all the others.
func insertParticipants(ctx context.Context, tx *db.Tx, rows [][]any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	query := pq.CopyIn("participants", participantColumnsWritten...)
	if tx.Dialect == db.SQLite {
		query = "INSERT INTO participants (" + strings.Join(participantColumnsWritten, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(participantColumnsWritten)-1) + ")"
	}
	stmt, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return fmt.Errorf("insert participants: %w", err)
	}
	defer func() {
		if cerr := stmt.Close(); err == nil {
			err = cerr
		}
	}()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return fmt.Errorf("insert participants: %w", err)
		}
	}
	if tx.Dialect == db.Postgres {
		if _, err := stmt.ExecContext(ctx); err != nil { // waits for what is under way
			return fmt.Errorf("insert participants: %w", err)
		}
	}
	return nil
}
