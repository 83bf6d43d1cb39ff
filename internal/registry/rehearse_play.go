package registry

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// rehearseBatch is how many rows are read at once, to bound the memory.
const rehearseBatch = 2000

func (re *rehearsing) loadPlatforms(ctx context.Context) error {
	re.platforms = map[int]string{}
	return db.Query(ctx, re.snapshot, func(rows *sql.Rows) error {
		var id int
		var code string
		if err := rows.Scan(&id, &code); err != nil {
			return err
		}
		re.platforms[id] = code
		return nil
	}, "SELECT id, code FROM platforms")
}

// loadEnded finds whose latest revocation was ended by the rules alone: by a delivery, or by a deadline that became
// later. What a person ended, by a decision or a reversal, no other rule would have left in force.
func (re *rehearsing) loadEnded(ctx context.Context) error {
	re.ended = map[int]time.Time{}
	return db.Query(ctx, re.snapshot, func(rows *sql.Rows) error {
		var id int
		var revoked db.Time
		var byRules bool
		if err := rows.Scan(&id, &revoked, &byRules); err != nil {
			return err
		}
		delete(re.ended, id)
		if byRules {
			re.ended[id] = revoked.Time
		}
		return nil
	}, `SELECT h.participant_id, h.from_revoked_at, h.cause = 'DELIVERY' OR h.from_deadline <> h.to_deadline
FROM history h JOIN participants p ON p.id = h.participant_id
WHERE p.cohort_id = $1 AND p.revoked_at IS NULL AND h.from_revoked_at IS NOT NULL AND h.to_revoked_at IS NULL ORDER BY h.id`, re.in.Cohort)
}

// rehearsedRow is a participant with one of its purchases, or with none.
type rehearsedRow struct {
	id         int
	card       string
	province   sql.NullString
	deadline   db.Time
	first      sql.NullInt64
	revoked    db.Time
	reviewOpen bool

	purchase       sql.NullInt64
	platform       sql.NullInt64
	invoice        sql.NullString
	at, received   db.Time
	stated, voided db.Time
	voidSettled    sql.NullBool
	evidence       sql.NullString
}

// rehearsedRows reads participants in the order of their ids.
const rehearsedRows = `SELECT p.id, p.card_number, p.province, p.deadline, p.first_purchase_id, p.revoked_at, p.review_open,
q.id, q.platform_id, q.invoice_code, q.purchased_at, q.received_at, q.stated_through, q.voided_at, q.void_settled, q.evidence
FROM participants p LEFT JOIN purchases q ON q.participant_id = p.id WHERE p.cohort_id = $1 ORDER BY p.id`

func (row *rehearsedRow) scan(rows *sql.Rows) error {
	return rows.Scan(&row.id, &row.card, &row.province, &row.deadline, &row.first, &row.revoked, &row.reviewOpen,
		&row.purchase, &row.platform, &row.invoice, &row.at, &row.received, &row.stated, &row.voided, &row.voidSettled, &row.evidence)
}

// play tries the change on everybody.
func (re *rehearsing) play(ctx context.Context) error {
	cursor, err := re.snapshot.Open(ctx, rehearsedRows, re.in.Cohort)
	if err != nil {
		return fmt.Errorf("read the participants: %w", err)
	}
	var last rehearsedRow // the first row of the participant whose rows are being read
	p, done := rules.Rehearsing{}, 0
	each := func(rows *sql.Rows) error {
		var row rehearsedRow
		if err := row.scan(rows); err != nil {
			return err
		}
		if row.id != last.id {
			if last.id != 0 {
				re.try(last, p)
				done++
			}
			last, p = row, re.participant(row, p.Purchases[:0])
		}
		re.addPurchase(&p, row)
		return nil
	}
	for n := rehearseBatch; n == rehearseBatch; {
		if n, err = cursor.Next(ctx, rehearseBatch, each); err != nil {
			return fmt.Errorf("read the participants: %w", err)
		}
		re.progress(done)
	}
	if last.id != 0 {
		re.try(last, p)
	}
	re.progress(re.out.Participants)
	if err := cursor.Close(ctx); err != nil {
		return fmt.Errorf("read the participants: %w", err)
	}
	return re.nameProvinces(ctx)
}

func (re *rehearsing) progress(done int) {
	if re.in.Progress != nil {
		re.in.Progress(done, re.out.Participants)
	}
}

// participant is the one of the row, without purchases, whose memory is used again.
func (re *rehearsing) participant(row rehearsedRow, purchases []rules.Purchase) rules.Rehearsing {
	return rules.Rehearsing{
		Membership: rules.Membership{
			Announced: rules.AnnouncedFrom(re.rehearsal.AnnouncedAt),
			Facts:     rules.Facts{Deadline: row.deadline.Time, RevokedAt: row.revoked.Time, ReviewOpen: row.reviewOpen},
		},
		Purchases:       purchases,
		EndedRevocation: re.ended[row.id],
	}
}

func (re *rehearsing) addPurchase(p *rules.Rehearsing, row rehearsedRow) {
	if !row.purchase.Valid {
		return
	}
	q := rules.Purchase{
		PurchaseKey: rules.PurchaseKey{Platform: re.platforms[int(row.platform.Int64)], Invoice: row.invoice.String},
		PurchasedAt: row.at.Time, ReceivedAt: row.received.Time, StatedThrough: row.stated.Time,
		VoidedAt: row.voided.Time, VoidSettled: row.voidSettled.Bool, Evidence: rules.Evidence(row.evidence.String),
	}
	if row.first == row.purchase {
		p.Facts.FirstPurchase = &q.PurchaseKey
	}
	p.Purchases = append(p.Purchases, q)
}

// try tries the change on one participant and counts what comes of it.
func (re *rehearsing) try(row rehearsedRow, p rules.Rehearsing) {
	got, out := re.rehearsal.Of(p), &re.out
	t := Transition{got.From, got.To}
	out.Transitions[t]++
	if got.Spared {
		out.Spared++
	}
	switch got.After.Deadline.Compare(got.Before.Deadline) {
	case 1:
		out.Longer++
	case -1:
		out.Shorter++
	}
	if got.Before.ReviewOpen {
		out.Asked.Before++
	}
	if got.After.ReviewOpen {
		out.Asked.After++
	}
	if t.From == t.To {
		return
	}
	province := row.province.String
	if out.Provinces[province] == nil {
		out.Provinces[province] = map[Transition]int{}
	}
	out.Provinces[province][t]++
	if len(re.sample[t]) < re.in.Sample {
		card := row.card
		if !re.viewer.SeesCardNumber(card) {
			card = masked(card)
		}
		re.sample[t] = append(re.sample[t], RehearsedParticipant{CardNumber: card, Province: province, Rehearsed: got})
	}
}

// masked hides all of a card number but its last four digits.
func masked(card string) string {
	shown := card[max(0, len(card)-4):]
	return strings.Repeat("*", len(card)-len(shown)) + shown
}

// result is what has been counted, with the sample: of every transition in turn the next participant by id, until it
// is full, so that it shows rare transitions as well; told in the order of the transitions.
func (re *rehearsing) result() Rehearsed {
	taken := map[Transition]int{}
	for left, more := re.in.Sample, true; more; {
		more = false
		for _, t := range transitions() {
			if left > 0 && taken[t] < len(re.sample[t]) {
				taken[t]++
				left--
				more = true
			}
		}
	}
	for _, t := range transitions() {
		re.out.Sample = slices.Concat(re.out.Sample, re.sample[t][:taken[t]])
	}
	return re.out
}

// transitions lists every pair of statuses in order.
func transitions() []Transition {
	var all []Transition
	for _, from := range rules.Statuses() {
		for _, to := range rules.Statuses() {
			all = append(all, Transition{from, to})
		}
	}
	return all
}

func (re *rehearsing) nameProvinces(ctx context.Context) error {
	err := db.Query(ctx, re.snapshot, func(rows *sql.Rows) error {
		var code, name string
		if err := rows.Scan(&code, &name); err != nil {
			return err
		}
		if re.out.Provinces[code] != nil {
			re.out.Names[code] = name
		}
		return nil
	}, "SELECT id, name FROM provinces")
	if err != nil {
		return fmt.Errorf("name the provinces: %w", err)
	}
	return nil
}
