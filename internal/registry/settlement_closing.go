package registry

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/ent/cohort"
	"gelombang/ent/settlement"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Closing is what stands between a cohort and the list of those who let their deadline pass, at an instant.
type Closing struct {
	Cohort   int
	Deadline time.Time // the cohort's, exclusive
	// Overdue is how many have neither a first purchase, a revocation nor an open review, and no time left.
	Overdue int
	// Through is the latest deadline of the overdue (exclusive): whatever was bought before must be known. Zero when
	// nobody is overdue.
	Through time.Time
	// Outstanding is how many have neither a first purchase nor a revocation, and time left.
	Outstanding int
	Platforms   []rules.PlatformWord // the active ones, by code
	Quarantined int                  // deliveries in quarantine that name a card of the cohort
	Unreadable  int                  // deliveries in quarantine that name nobody and nothing: they hold nothing up
	Raises      int                  // later deadlines that have not reached everybody yet
	// Waits are what has to come before a list may be made; nothing when it may.
	Waits []rules.Wait
	// Settlement is the one that is not finished; nil when there is none.
	Settlement *ent.Settlement
}

// Closing tells what stands between the cohort and the list of those who let their deadline pass. It reads without
// locks. It returns [NotFound] for an unknown cohort.
func (r *Registry) Closing(ctx context.Context, v viewer.Viewer, number int) (Closing, error) {
	closings, err := r.Closings(ctx, r.db.Fresh, v, []int{number})
	if err != nil {
		return Closing{}, err
	}
	c, known := closings[number]
	if !known {
		return Closing{}, notFound("cohort", "there is no cohort %d: announce it first", number)
	}
	return c, nil
}

// Closings is [Registry.Closing] for several cohorts, in the same few statements however many they are. They are run by
// q: what a replica does not know yet is not told, and whoever prepares a list is asked again by the primary. A cohort
// that is not known is left out.
func (r *Registry) Closings(ctx context.Context, q db.Execer, v viewer.Viewer, numbers []int) (map[int]Closing, error) {
	if err := authorise(v.SeesSettlements(), "see settlements"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	return r.closings(ctx, source{q, r.db.ClientOn(q), r.db.Dialect}, r.Now(), numbers)
}

// source is where a closing is read: a transaction, or the database outside of any.
type source struct {
	db.Execer
	client  *ent.Client
	dialect db.Dialect
}

func within(tx *db.Tx) source { return source{tx, tx.Client, tx.Dialect} }

// closings reads the evidence before it counts the overdue: what a platform had stated to have sent by then is
// counted.
func (r *Registry) closings(ctx context.Context, s source, now time.Time, numbers []int) (map[int]Closing, error) {
	evidence, err := s.evidence(ctx, now, numbers)
	if err != nil {
		return nil, err
	}
	cohorts, err := s.client.Cohort.Query().Where(cohort.IDIn(numbers...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the cohorts: %w", err)
	}
	unfinished, err := s.client.Settlement.Query().Where(settlement.CohortIDIn(numbers...), settlement.FinishedAtIsNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the settlements under way: %w", err)
	}
	closings := make(map[int]Closing, len(cohorts))
	for _, c := range cohorts {
		closings[c.ID] = Closing{
			Cohort: c.ID, Deadline: c.Deadline, Platforms: evidence.platforms, Unreadable: evidence.unreadable,
			Quarantined: evidence.quarantined[c.ID], Raises: evidence.raises[c.ID],
		}
	}
	for _, u := range unfinished {
		c := closings[u.CohortID]
		c.Settlement = u
		closings[u.CohortID] = c
	}
	if err := s.countOverdue(ctx, now, numbers, closings); err != nil {
		return nil, err
	}
	for number, c := range closings {
		through := c.Through
		if through.IsZero() {
			through = c.Deadline
		}
		c.Waits = evidence.closing(number, through).Awaits(now, r.settings)
		closings[number] = c
	}
	return closings, nil
}

func (s source) countOverdue(ctx context.Context, now time.Time, numbers []int, closings map[int]Closing) error {
	const outstanding = " AND (first_purchase_id IS NULL) AND (revoked_at IS NULL)"
	cohorts, at := s.dialect.Ints(numbers), db.Instant(now)
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		var number, n int
		var through db.Time
		if err := rows.Scan(&number, &n, &through); err != nil {
			return err
		}
		c := closings[number]
		c.Overdue, c.Through = n, through.Time
		closings[number] = c
		return nil
	}, "SELECT cohort_id, COUNT(*), MAX(deadline) FROM participants WHERE "+s.dialect.Any("cohort_id", 1)+" AND deadline <= $2"+outstanding+
		" AND NOT review_open GROUP BY cohort_id", cohorts, at)
	if err != nil {
		return fmt.Errorf("count the overdue: %w", err)
	}
	err = db.Query(ctx, s, func(rows *sql.Rows) error {
		var number, n int
		if err := rows.Scan(&number, &n); err != nil {
			return err
		}
		c := closings[number]
		c.Outstanding = n
		closings[number] = c
		return nil
	}, "SELECT cohort_id, COUNT(*) FROM participants WHERE "+s.dialect.Any("cohort_id", 1)+" AND deadline > $2"+outstanding+" GROUP BY cohort_id", cohorts, at)
	if err != nil {
		return fmt.Errorf("count those with time left: %w", err)
	}
	return nil
}

// evidence is what is known of what may be missing.
type evidence struct {
	platforms   []rules.PlatformWord
	quarantined map[int]int // deliveries by cohort
	raises      map[int]int // by cohort
	unreadable  int
}

// closing is the evidence for the purchases of a cohort that were made before the instant.
func (e evidence) closing(number int, through time.Time) rules.Closing {
	return rules.Closing{Through: through, Platforms: e.platforms, Quarantined: e.quarantined[number], Raises: e.raises[number]}
}

func (s source) evidence(ctx context.Context, now time.Time, numbers []int) (evidence, error) {
	var e evidence
	var err error
	if e.platforms, err = s.platformWords(ctx, now); err != nil {
		return evidence{}, fmt.Errorf("load what the platforms have stated: %w", err)
	}
	e.quarantined, err = s.countBy(ctx, "SELECT p.cohort_id, COUNT(*) FROM deliveries d JOIN participants p ON p.card_number = d.card_number"+
		" WHERE d.settled_at IS NULL AND d.card_number <> '' AND "+s.dialect.Any("p.cohort_id", 1)+" GROUP BY p.cohort_id", numbers)
	if err != nil {
		return evidence{}, fmt.Errorf("count the quarantine: %w", err)
	}
	e.raises, err = s.countBy(ctx, "SELECT cohort_id, COUNT(*) FROM deadline_raises WHERE done_at IS NULL AND "+s.dialect.Any("cohort_id", 1)+" GROUP BY cohort_id", numbers)
	if err != nil {
		return evidence{}, fmt.Errorf("count the extensions under way: %w", err)
	}
	err = db.Query(ctx, s, func(rows *sql.Rows) error { return rows.Scan(&e.unreadable) },
		"SELECT COUNT(*) FROM deliveries WHERE settled_at IS NULL AND card_number = '' AND invoice_code = '' AND course_code = ''")
	if err != nil {
		return evidence{}, fmt.Errorf("count what cannot be read: %w", err)
	}
	return e, nil
}

func (s source) countBy(ctx context.Context, query string, numbers []int) (map[int]int, error) {
	counts := map[int]int{}
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		var number, n int
		err := rows.Scan(&number, &n)
		counts[number] = n
		return err
	}, query, s.dialect.Ints(numbers))
	return counts, err
}

// platformWords returns what the active platforms have stated, by code, and which of them cannot report. What was stated
// before its own instant is a promise: the platform did not know then what would still be bought, so that it is no evidence.
func (s source) platformWords(ctx context.Context, now time.Time) ([]rules.PlatformWord, error) {
	var words []rules.PlatformWord
	at := map[int]int{} // by the platform's id
	err := db.Query(ctx, s, func(rows *sql.Rows) error {
		var id int
		var w rules.PlatformWord
		var stated db.Time
		if err := rows.Scan(&id, &w.Platform, &w.Name, &stated); err != nil {
			return err
		}
		w.StatedThrough = stated.Time
		at[id] = len(words)
		words = append(words, w)
		return nil
	}, "SELECT p.id, p.code, p.name, (SELECT MAX(s.through) FROM statements s WHERE s.platform_id = p.id AND s.received_at >= s.through) FROM platforms p WHERE p.active ORDER BY p.code")
	if err != nil {
		return nil, err
	}
	err = db.Query(ctx, s, func(rows *sql.Rows) error {
		var id int
		var ends db.Time
		if err := rows.Scan(&id, &ends); err != nil {
			return err
		}
		if i, active := at[id]; active {
			words[i] = words[i].WithOutage(ends.Time, now)
		}
		return nil
	}, "SELECT platform_id, ends_at FROM outages WHERE begins_at <= $1 AND (ends_at IS NULL OR ends_at > begins_at) ORDER BY id", db.Instant(now))
	return words, err
}
