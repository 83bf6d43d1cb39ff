package reads

import (
	"time"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/registry"
)

// asOf returns a reader that answers as of the instant: by what had been recorded until then, inclusive, with the
// statuses of that moment. Nil is the present. An instant that has not come yet is refused.
//
// It is for [Reader.participantSource] and for filters on what that yields; whole objects are read as they are now.
func (r *Reader) asOf(at *time.Time) (*Reader, error) {
	if at == nil {
		return r, nil
	}
	if at.After(r.Now) {
		return nil, &registry.Error{Code: registry.Invalid, Field: "asOf", Message: "what will be known is not known yet: give an instant that has passed"}
	}
	then := *r
	then.Now, then.past = *at, true
	return &then, nil
}

// participantSource is [participantTables], with the participants pa as they were known at the reader's instant.
//
// The history says what the facts were before each change. So the facts at an instant are those before the first
// change recorded after it, and the present ones where nothing has changed since.
func (r *Reader) participantSource(args *keyset.Args) string {
	if !r.past {
		return participantTables
	}
	at := args.Add(db.Instant(r.Now))
	fact := func(column string) string {
		return ", CASE WHEN h.id IS NULL THEN pa." + column + " ELSE h.from_" + column + " END AS " + column
	}
	return "(SELECT pa.id, pa.cohort_id, pa.balance, pa.province, pa.regency, pa.gender, pa.age_band, pa.education" +
		fact("deadline") + fact("first_purchase_id") + fact("revoked_at") + fact("review_open") +
		" FROM participants pa LEFT JOIN (SELECT participant_id, MIN(id) AS id FROM history WHERE recorded_at > " + at +
		" GROUP BY participant_id) later ON later.participant_id = pa.id LEFT JOIN history h ON h.id = later.id WHERE pa.created_at <= " + at +
		") pa" + behindParticipants
}
