package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// tellBatch is how many reminders are handed to the gateways in one transaction.
const tellBatch = 50

// ErrNoGateway says that no endpoint gets reminders: those for gateways wait until there is one.
var ErrNoGateway = errors.New("no endpoint gets reminders")

// ToldReminders is what [Registry.TellReminders] did.
type ToldReminders struct {
	Told, Skipped, Failed int
	More                  bool // there may be more that are due
}

// gatewayReminder is the data of a reminder's webhook. Of ours, it alone holds personal data.
type gatewayReminder struct {
	CardNumber string         `json:"card_number"` // masked
	Name       string         `json:"name"`
	Phone      string         `json:"phone"`
	Language   rules.Language `json:"language"`
	Text       string         `json:"text"`
	Deadline   time.Time      `json:"deadline"` // exclusive
}

// TellReminders hands some of the reminders that are due to the messaging gateways: in one transaction they are looked
// at again as by [Registry.ClaimReminder], and their webhooks are written to the outbox. What becomes of those settles
// them. render makes the text of one; a reminder for which it returns an error has failed. It is called within the
// transaction, and again if that is repeated.
//
// It returns [ErrNoGateway] when there is no endpoint for them.
func (r *Registry) TellReminders(ctx context.Context, render func(DueReminder) (string, error)) (out ToldReminders, err error) {
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		out = ToldReminders{}
		cases, err := loadDue(ctx, tx, rules.ChannelGateway, tellBatch)
		if err != nil || len(cases) == 0 {
			return err
		}
		endpoints, err := subscribed(ctx, tx, rules.EventReminder)
		if err != nil {
			return err
		}
		if len(endpoints) == 0 {
			return ErrNoGateway
		}
		v := newVerdicts()
		if err := r.judge(ctx, tx, cases, len(cases), v); err != nil {
			return err
		}
		if err := v.write(ctx, tx); err != nil {
			return err
		}
		out.Skipped, out.More = v.skips, true
		for _, c := range v.send {
			told, err := r.tellOne(ctx, tx, c.DueReminder, render)
			if err != nil {
				return err
			}
			if told {
				out.Told++
			} else {
				out.Failed++
			}
		}
		return nil
	})
	if err != nil {
		return ToldReminders{}, fmt.Errorf("tell reminders: %w", err)
	}
	return out, nil
}

// tellOne writes the webhooks of a reminder whose sending has begun.
func (r *Registry) tellOne(ctx context.Context, tx *db.Tx, d DueReminder, render func(DueReminder) (string, error)) (bool, error) {
	text, err := render(d)
	if err != nil {
		_, err := settleReminder(ctx, tx, ReminderResult{Reminder: &d, Outcome: rules.ReminderRejected, Problem: "text"})
		return false, err
	}
	data := gatewayReminder{
		CardNumber: d.Card, Name: d.Contact.Name, Phone: d.Contact.Phone, Language: d.Language, Text: text, Deadline: d.Deadline,
	}
	return r.tellReminder(ctx, tx, d.ID, data, rules.RemindsUntil(d.Window, tx.Now))
}
