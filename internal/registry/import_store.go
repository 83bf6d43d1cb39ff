package registry

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

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
	c := importCohort{
		number: number, announcedAt: locked.AnnouncedAt, deadline: locked.Deadline, quota: locked.Quota, provinces: map[string]time.Time{},
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

// freePlaces counts the places that are not taken. It reads the whole cohort's index: leave it where nobody
// is to be added.
func (c importCohort) freePlaces(ctx context.Context, tx *db.Tx) (int, error) {
	var taken int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM participants WHERE cohort_id = $1", c.number).Scan(&taken); err != nil {
		return 0, fmt.Errorf("count the participants: %w", err)
	}
	return c.quota - taken, nil
}

// loadRegistered looks up the cards and the NIKs that the rows name.
func loadRegistered(ctx context.Context, tx *db.Tx, sealed []sealedRow) (registered, error) {
	cards, hashes := make([]string, len(sealed)), make([]string, 0, len(sealed))
	for i, row := range sealed {
		cards[i] = row.CardNumber
		if row.nikHash != nil {
			hashes = append(hashes, hex.EncodeToString(row.nikHash))
		}
	}
	known := registered{cards: map[string]registeredCard{}, niks: map[string]membershipOf{}}
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var number string
		var card registeredCard
		if err := rows.Scan(&number, &card.cohort, &card.revoked, &card.fingerprint); err != nil {
			return err
		}
		known.cards[number] = card
		return nil
	}, lookUp(tx.Dialect, "card_number, cohort_id, revoked_at IS NOT NULL, import_fingerprint", "card_number = i.value"), tx.Dialect.Texts(cards))
	if err != nil {
		return known, fmt.Errorf("look up the cards: %w", err)
	}
	ofHash := "nik_hash = decode(i.value, 'hex')"
	if tx.Dialect == db.SQLite {
		ofHash = "nik_hash = unhex(i.value)"
	}
	err = db.Query(ctx, tx, func(rows *sql.Rows) error {
		var hash []byte
		var member membershipOf
		if err := rows.Scan(&hash, &member.cohort, &member.revoked); err != nil {
			return err
		}
		known.niks[string(hash)] = member
		return nil
	}, lookUp(tx.Dialect, "nik_hash, cohort_id, revoked_at IS NOT NULL", ofHash), tx.Dialect.Texts(hashes))
	if err != nil {
		return known, fmt.Errorf("look up the NIKs: %w", err)
	}
	return known, nil
}

// lookUp is a query for the participants that some value of the list $1 leads to, by a condition on a unique
// column. On Postgres each value is looked up in the index: for a list this long the planner would read
// the whole table instead, for every chunk of a file.
func lookUp(d db.Dialect, columns, condition string) string {
	if d == db.SQLite {
		return "SELECT " + columns + " FROM json_each($1) i CROSS JOIN participants WHERE " + condition
	}
	return "SELECT p.* FROM unnest(CAST($1 AS text[])) AS i(value) CROSS JOIN LATERAL (SELECT " + columns + " FROM participants WHERE " + condition + " LIMIT 1) p"
}

// insertParticipants writes the rows of importCohort.participantRows: on Postgres with COPY, the fastest way
// in; on SQLite with a statement for one row, prepared once. Rows of many parameters are slow there: it
// looks each numbered parameter up among all the others.
func insertParticipants(ctx context.Context, tx *db.Tx, rows [][]any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	table := "participants (" + strings.Join(participantColumnsWritten, ", ") + ")"
	query := "COPY " + table + " FROM STDIN"
	if tx.Dialect == db.SQLite {
		query = "INSERT INTO " + table + " VALUES (?" + strings.Repeat(", ?", len(participantColumnsWritten)-1) + ")"
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
