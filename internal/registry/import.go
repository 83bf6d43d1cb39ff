package registry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// ParticipantRow is one line of the participants' file, well formed: package roster sees to that. Only
// the line and the card number are required.
type ParticipantRow struct {
	Line       int // physical line of the file, from 1
	CardNumber string
	NIK        string // never stored, only its keyed hash
	Name       string
	Email      string
	Phone      string
	Province   string // BPS code
	Regency    string // BPS code
	Gender     rules.Gender
	BirthDate  time.Time // a calendar day, midnight UTC; zero when absent
	Education  rules.Education
}

// String keeps a row out of logs and errors.
func (row ParticipantRow) String() string { return fmt.Sprintf("line %d (personal data)", row.Line) }

// GoString keeps a row out of logs and errors.
func (row ParticipantRow) GoString() string { return row.String() }

// LogValue keeps a row out of logs.
func (row ParticipantRow) LogValue() slog.Value { return slog.StringValue(row.String()) }

// The codes of rows that do not agree with what is registered.
const (
	RowBarred                = "BARRED"                  // the card's or the person's membership of another cohort was revoked
	RowInOtherCohort         = "IN_OTHER_COHORT"         // the card belongs to another cohort
	RowDiffers               = "DIFFERS"                 // the card is registered with other data, which stay
	RowNIKRegistered         = "NIK_REGISTERED"          // the person has another card already
	RowBornAfterAnnouncement = "BORN_AFTER_ANNOUNCEMENT" // the birth date cannot be right
	RowQuotaFull             = "QUOTA_FULL"              // the cohort has as many participants as places
)

// RowError says why a row was left out. Its message holds no value of the row: it may be personal data.
type RowError struct {
	Line    int // physical line of the file, from 1
	Code    string
	Message string
}

func (e RowError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// ImportResult is what became of some rows. Every row is counted once.
type ImportResult struct {
	Added     int
	Unchanged int // registered before, with the same data
	Errors    []RowError
}

// ImportParticipants registers the rows as participants of the cohort, in one transaction, and applies
// what had been waiting in quarantine for their cards. A card that is registered already is never
// changed, so that importing a file again changes nothing.
//
// The rows are judged in order, as if each were committed before the next: of two rows with the same
// card or NIK the first holds. So it does not matter how a file is cut into calls.
//
// It returns a FORBIDDEN [Error] to who may not manage cohorts, and NOT_FOUND for an unknown cohort.
// Without rows it does no more than check these two.
func (r *Registry) ImportParticipants(ctx context.Context, v viewer.Viewer, cohort int, rows []ParticipantRow) (ImportResult, error) {
	sealed, err := r.SealParticipants(ctx, rows)
	if err != nil {
		return ImportResult{}, err
	}
	return r.ImportSealed(ctx, v, cohort, sealed)
}

// ImportSealed is [Registry.ImportParticipants] for rows that [Registry.SealParticipants] has prepared.
func (r *Registry) ImportSealed(ctx context.Context, v viewer.Viewer, cohort int, rows SealedRows) (ImportResult, error) {
	if err := authorise(v.ManagesCohorts(), "import participants"+viewer.OfficersMay); err != nil {
		return ImportResult{}, err
	}
	verdict, err := r.importOnce(ctx, cohort, rows)
	// Another import may bring the same card or NIK into another cohort at the same moment. Once its
	// transaction has committed, ours sees it.
	for i := 1; i < maxCollisions && db.Classify(err) == db.ClassUnique; i++ {
		verdict, err = r.importOnce(ctx, cohort, rows)
	}
	if err != nil {
		return ImportResult{}, err
	}
	if err := r.retryCards(ctx, verdict.cards()); err != nil {
		// The participants are registered. RetryWaiting does the rest.
		r.log.WarnContext(ctx, "deliveries that wait for imported cards are left for the next round", db.LogError(err))
	}
	r.log.DebugContext(ctx, "participants imported", slog.Int("cohort", cohort), slog.Int("added", len(verdict.added)),
		slog.Int("unchanged", verdict.unchanged), slog.Int("refused", len(verdict.errors)))
	return ImportResult{Added: len(verdict.added), Unchanged: verdict.unchanged, Errors: verdict.errors}, nil
}

func (r *Registry) importOnce(ctx context.Context, cohort int, rows SealedRows) (*importVerdict, error) {
	var verdict *importVerdict
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		c, err := lockForImport(ctx, tx, cohort)
		if err != nil || len(rows.rows) == 0 {
			verdict = &importVerdict{}
			return err
		}
		known, err := loadRegistered(ctx, tx, rows.rows)
		if err != nil {
			return err
		}
		if verdict = c.judge(rows.rows, known, len(rows.rows)); len(verdict.added) == 0 {
			return nil
		}
		free, err := c.freePlaces(ctx, tx)
		if err != nil {
			return err
		}
		if free < len(verdict.added) {
			verdict = c.judge(rows.rows, known, free)
		}
		return insertParticipants(ctx, tx, c.participantRows(verdict.added, r.settings.TrainingBalance, tx.Now))
	})
	if err != nil {
		return nil, err
	}
	return verdict, nil
}
