package registry

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// DueReminder is a reminder that is to be sent now, with what its text is made of. It exists in memory only.
type DueReminder struct {
	ID       int
	Attempt  int // from 1
	Channel  rules.ReminderChannel
	Cohort   int
	Card     string // masked
	Contact  Contact
	Balance  int64 // rupiah
	Language rules.Language
	Deadline time.Time // exclusive
	Window   rules.ReminderWindow
}

// String keeps what is personal out of logs and errors.
func (d DueReminder) String() string { return fmt.Sprintf("reminder %d", d.ID) }

// GoString keeps what is personal out of logs and errors.
func (d DueReminder) GoString() string { return d.String() }

// LogValue keeps what is personal out of logs.
func (d DueReminder) LogValue() slog.Value { return slog.StringValue(d.String()) }

// reminderCase is a reminder with everything that decides whether it is sent, and the participant's row locked.
type reminderCase struct {
	DueReminder
	decisive    rules.ReminderCase
	participant int
	card        string
	contact     []byte // encrypted; empty when there is none
}

// reminderCaseColumns are read with the participant's row locked (see loadReminderCases), so that a purchase that was
// committed before is seen, and one that is being committed is not missed.
const reminderCaseColumns = "SELECT r.id, r.attempts, r.channel, r.stage, r.deadline, rp.cohort_id, rp.language, rp.stages, rp.stopped_at," +
	" p.id, p.card_number, p.contact, p.balance, p.deadline, p.first_purchase_id, p.revoked_at, p.review_open" +
	" FROM reminders r JOIN participants p ON p.id = r.participant_id JOIN reminder_plans rp ON rp.id = r.plan_id WHERE "

// loadReminderCases loads the reminders r for which the condition holds, and locks them and their participants. The rest
// of the query follows the condition. What others hold is waited for, or left out if skipLocked.
func loadReminderCases(ctx context.Context, tx *db.Tx, skipLocked bool, condition string, args ...any) ([]*reminderCase, error) {
	lock := tx.Dialect.ForUpdate()
	if lock != "" {
		lock += " OF r, p"
		if skipLocked {
			lock += " SKIP LOCKED"
		}
	}
	var cases []*reminderCase
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		c, err := scanReminderCase(rows, tx.Now)
		cases = append(cases, c)
		return err
	}, reminderCaseColumns+condition+lock, args...)
	if err != nil {
		return nil, fmt.Errorf("load reminders: %w", err)
	}
	return cases, nil
}

func scanReminderCase(rows *sql.Rows, now time.Time) (*reminderCase, error) {
	c := &reminderCase{}
	var stage int
	var stages string
	var planned, stopped, deadline, revoked db.Time
	var first sql.NullInt64
	if err := rows.Scan(&c.ID, &c.Attempt, &c.Channel, &stage, &planned, &c.Cohort, &c.Language, &stages, &stopped, &c.participant, &c.card,
		&c.contact, &c.Balance, &deadline, &first, &revoked, &c.decisive.Facts.ReviewOpen); err != nil {
		return nil, err
	}
	hours, err := splitStages(stages)
	if err != nil {
		return nil, err
	}
	// The plan has the stage: it has made the reminder. If it had not, the window would be empty and over.
	c.Window, _ = rules.ReminderWindowOf(hours, stage, planned.Time)
	c.Deadline, c.Card = planned.Time, maskCard(c.card)
	d := &c.decisive
	d.Deadline, d.Window, d.Now, d.Stopped = c.Deadline, c.Window, now, !stopped.IsZero()
	d.Facts.Deadline, d.Facts.RevokedAt = deadline.Time, revoked.Time
	if first.Valid {
		d.Facts.FirstPurchase = &rules.PurchaseKey{} // which one does not matter here
	}
	return c, nil
}

// openReminderContact decrypts the contact and sees whether it has an address for the channel.
func (r *Registry) openReminderContact(c *reminderCase) error {
	if len(c.contact) == 0 {
		return nil
	}
	var err error
	if c.Contact, err = r.OpenContact(c.contact, c.card); err != nil {
		return err
	}
	c.decisive.Reachable = c.Contact.reachable(c.Channel)
	return nil
}

// reachable reports whether there is an address for the channel.
func (c Contact) reachable(channel rules.ReminderChannel) bool {
	if channel == rules.ChannelGateway {
		return c.Phone != ""
	}
	return c.Email != ""
}

// countSent fills in what each of the participants has got through the channel, and whether it came back. It is a
// statement of its own: it has to see what was committed until the rows were locked.
func countSent(ctx context.Context, tx *db.Tx, cases []*reminderCase) error {
	if len(cases) == 0 {
		return nil
	}
	byID, ids := map[int]*reminderCase{}, make([]int, len(cases))
	for i, c := range cases {
		byID[c.ID], ids[i] = c, c.ID
	}
	const of = " FROM reminders m WHERE m.participant_id = r.participant_id AND m.channel = r.channel AND m.id <> r.id"
	const sent = of + " AND m.state IN ('SENDING', 'SENT', 'DOUBT')"
	err := db.Query(ctx, tx, func(rows *sql.Rows) error {
		var id, today, inAll int
		var bounced bool
		if err := rows.Scan(&id, &today, &inAll, &bounced); err != nil {
			return err
		}
		d := &byID[id].decisive
		d.SentToday, d.SentInAll, d.Bounced = today, inAll, bounced
		return nil
	}, "SELECT r.id, (SELECT COUNT(*)"+sent+" AND m.begun_at >= $2), (SELECT COUNT(*)"+sent+" AND m.deadline = r.deadline),"+
		" EXISTS (SELECT 1"+of+" AND "+addressIsDead+") FROM reminders r WHERE "+tx.Dialect.Any("r.id", 1),
		tx.Dialect.Ints(ids), db.Instant(rules.StartOfDay(tx.Now)))
	if err != nil {
		return fmt.Errorf("count what was sent: %w", err)
	}
	return nil
}

// addressIsDead is a condition on a reminder m: its address was refused for good, and has not been corrected since.
const addressIsDead = "m.state = 'BOUNCED' AND NOT EXISTS (SELECT 1 FROM history h WHERE h.participant_id = m.participant_id" +
	" AND h.kind = 'CONTACT_CORRECTED' AND h.recorded_at >= m.settled_at)"

// maskCard hides all of a card number but its last four digits.
func maskCard(card string) string {
	hidden := max(0, len(card)-4)
	return strings.Repeat("*", hidden) + card[hidden:]
}
