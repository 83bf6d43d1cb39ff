package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// importCohort is what an import must know of the cohort, which it has locked.
type importCohort struct {
	number      int
	announcedAt time.Time
	deadline    time.Time // exclusive
	quota       int
	// provinces are the deadlines of the provinces that were given longer, exclusive.
	provinces map[string]time.Time
}

// registered is what is known of the cards and NIKs that the rows name.
type registered struct {
	cards map[string]registeredCard
	niks  map[string]membershipOf // by keyed hash
}

type registeredCard struct {
	membershipOf
	fingerprint []byte // nil once the contact was erased
}

// membershipOf is the membership that a card or a NIK has.
type membershipOf struct {
	cohort  int
	revoked bool
}

// barredFrom reports whether the membership bars from the cohort: it is one of another cohort, and was revoked and
// not reinstated.
func (m membershipOf) barredFrom(cohort int) bool { return m.revoked && m.cohort != cohort }

// importVerdict is what becomes of the rows.
type importVerdict struct {
	added     []sealedRow
	unchanged int
	errors    []RowError
}

func (v *importVerdict) cards() []string {
	cards := make([]string, len(v.added))
	for i, row := range v.added {
		cards[i] = row.CardNumber
	}
	return cards
}

// judge decides what becomes of the rows, in their order, when free places are left.
func (c importCohort) judge(rows []sealedRow, known registered, free int) *importVerdict {
	v := &importVerdict{}
	known = registered{cards: maps.Clone(known.cards), niks: maps.Clone(known.niks)} // and what is added here
	for _, row := range rows {
		card, cardKnown := known.cards[row.CardNumber]
		person, nikKnown := known.niks[string(row.nikHash)]
		refuse := func(code, format string, args ...any) {
			v.errors = append(v.errors, RowError{Line: row.Line, Code: code, Message: fmt.Sprintf(format, args...)})
		}
		switch {
		case cardKnown && card.barredFrom(c.number):
			refuse(RowBarred, "the card's membership of cohort %d was revoked: it is barred from other cohorts until it is reinstated", card.cohort)
		case cardKnown && card.cohort != c.number:
			refuse(RowInOtherCohort, "the card is registered in cohort %d already", card.cohort)
		case cardKnown && bytes.Equal(card.fingerprint, row.fingerprint):
			v.unchanged++
		case cardKnown:
			refuse(RowDiffers, "the card is registered in this cohort, perhaps by an earlier line, with other data or with a contact that was erased; nothing was changed: correct the contact instead")
		case nikKnown && person.barredFrom(c.number):
			refuse(RowBarred, "the person's membership of cohort %d, under another card, was revoked: the person is barred from other cohorts until it is reinstated", person.cohort)
		case nikKnown:
			refuse(RowNIKRegistered, "the NIK belongs to another card, of cohort %d", person.cohort)
		case row.BirthDate.After(c.announcedAt):
			refuse(RowBornAfterAnnouncement, "the birth date is after the announcement of the cohort")
		case len(v.added) >= free:
			refuse(RowQuotaFull, "the cohort has as many participants as places")
		default:
			v.added = append(v.added, row)
			known.cards[row.CardNumber] = registeredCard{membershipOf{cohort: c.number}, row.fingerprint}
			if row.nikHash != nil {
				known.niks[string(row.nikHash)] = membershipOf{cohort: c.number}
			}
		}
	}
	return v
}

// deadlineIn returns the deadline of a participant in the province, which may be empty.
func (c importCohort) deadlineIn(province string) time.Time {
	return rules.Extend(c.deadline, c.provinces[province])
}

// participantColumnsWritten are the columns of participantRows.
var participantColumnsWritten = []string{
	"cohort_id", "card_number", "nik_hash", "contact", "import_fingerprint", "province", "regency", "gender", "age_band", "education",
	"deadline", "review_open", "balance", "created_at", "updated_at",
}

// participantRows returns the rows to insert, by card number: two imports that write the same cards at
// the same time then wait for each other instead of deadlocking.
func (c importCohort) participantRows(added []sealedRow, balance int64, now time.Time) [][]any {
	byCard := slices.Clone(added)
	slices.SortFunc(byCard, func(a, b sealedRow) int { return cmp.Compare(a.CardNumber, b.CardNumber) })
	rows := make([][]any, len(byCard))
	for i, row := range byCard {
		var age rules.AgeBand
		if !row.BirthDate.IsZero() {
			age = rules.AgeBandOn(row.BirthDate, c.announcedAt)
		}
		rows[i] = []any{
			c.number, row.CardNumber, nullBytes(row.nikHash), nullBytes(row.contact), row.fingerprint,
			nullText(row.Province), nullText(row.Regency), nullText(string(row.Gender)), nullText(string(age)), nullText(string(row.Education)),
			db.Instant(c.deadlineIn(row.Province)), false, balance, now, now,
		}
	}
	return rows
}

// nullBytes makes an absent value NULL: a nil slice is not nil once it is an any.
func nullBytes(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
