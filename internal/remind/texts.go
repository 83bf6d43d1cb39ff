package remind

import (
	"time"

	"gelombang/internal/mail"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
)

// texts makes the messages.
type texts struct {
	notices       *notice.Notices
	help, account string // addresses; may be empty
}

func (t texts) of(d registry.DueReminder, now time.Time) (notice.Text, error) {
	return t.notices.Reminder(notice.Reminder{
		Name: d.Contact.Name, Cohort: d.Cohort, Deadline: d.Deadline, TimeLeft: d.Deadline.Sub(now), Balance: d.Balance, Card: d.Card,
		HelpURL: t.help, DashboardURL: t.account,
	}, d.Language)
}

// message makes an e-mail. It is not answered by machines: those that say that somebody is on holiday would.
func (t texts) message(d registry.DueReminder, now time.Time) (mail.Message, error) {
	text, err := t.of(d, now)
	if err != nil {
		return mail.Message{}, err
	}
	return mail.Message{
		To: d.Contact.Email, Name: d.Contact.Name, Subject: text.Subject, Text: text.Text, HTML: text.HTML,
		ID: registry.ReminderMessageID(d.ID), Date: now,
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
	}, nil
}

// short returns a function that makes the text for a gateway.
func (t texts) short(now func() time.Time) func(registry.DueReminder) (string, error) {
	return func(d registry.DueReminder) (string, error) {
		text, err := t.of(d, now())
		return text.Short, err
	}
}
