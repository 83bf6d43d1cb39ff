package registry

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

const (
	// previewContacts is how many contacts a preview decrypts to see who has an address. Of a larger cohort these are a
	// sample, and the number of those without an address is projected from it.
	previewContacts = 20_000
	previewSample   = 20
)

// ReminderPreview is who would get which reminder by a plan, if it were made now.
type ReminderPreview struct {
	Stages []ReminderStagePreview // the largest stage first; each with its channels
	// Exact says that the numbers of those who cannot be reached are counted, not projected.
	Exact  bool
	Sample []ReminderSample // a few of those who would be reminded, by id
}

// ReminderStagePreview is one stage through one channel.
type ReminderStagePreview struct {
	Stage       int // hours before the deadline
	Channel     rules.ReminderChannel
	BeginsAt    time.Time // for those who have the cohort's own deadline
	Sent        bool      // whether anything of it would be sent: a stage that is over is not caught up on
	Recipients  int       // have not bought as things stand, and can be reached
	Unreachable int       // have not bought, and have no address for the channel, or one that was refused
	Capped      int       // of the recipients: have got as many as there may be, about this deadline
}

// ReminderSample is one of those who would be reminded.
type ReminderSample struct {
	Card     string // masked
	Deadline time.Time
	DueAt    time.Time // of the next reminder; zero when there is none
}

// PreviewReminders says who would get what by a plan, if it were made now. It writes nothing.
func (r *Registry) PreviewReminders(ctx context.Context, v viewer.Viewer, in PlanReminders) (ReminderPreview, error) {
	if err := authorise(v.ManagesCohorts(), "preview reminders"+viewer.OfficersMay); err != nil {
		return ReminderPreview{}, err
	}
	if in.Language == "" {
		in.Language = rules.ID // it makes no difference here
	}
	if err := in.check(); err != nil {
		return ReminderPreview{}, err
	}
	cohort, err := r.db.Client().Cohort.Get(ctx, in.Cohort)
	if ent.IsNotFound(err) {
		return ReminderPreview{}, notFound("cohort", "there is no cohort %d: announce it first", in.Cohort)
	}
	if err != nil {
		return ReminderPreview{}, fmt.Errorf("load the cohort: %w", err)
	}
	p := previewer{r: r, in: in, cohort: cohort, now: r.Now()}
	if err := p.load(ctx); err != nil {
		return ReminderPreview{}, err
	}
	return p.preview(), nil
}

// previewer makes a preview.
type previewer struct {
	r      *Registry
	in     PlanReminders
	cohort *ent.Cohort
	now    time.Time

	groups  map[time.Time]int // outstanding, by deadline
	dead    map[audience]int  // with an address that was refused
	capped  map[audience]int
	opened  map[time.Time]int // contacts that were looked at, by deadline
	without map[audience]int  // of these, those without an address
	sample  []ReminderSample
}

// audience is those with one deadline, through one channel.
type audience struct {
	deadline time.Time
	channel  rules.ReminderChannel
}

// outstandingNow is a condition on a participant p: of cohort $1, with a deadline after $2, without a purchase.
const outstandingNow = "p.cohort_id = $1 AND p.deadline > $2 AND p.first_purchase_id IS NULL AND p.revoked_at IS NULL AND NOT p.review_open"

func (p *previewer) load(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.loadGroups, p.loadSent, p.openContacts, p.loadSample} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("preview reminders: %w", err)
		}
	}
	return nil
}

func (p *previewer) loadGroups(ctx context.Context) error {
	p.groups = map[time.Time]int{}
	return db.Query(ctx, p.r.db.Analysis, func(rows *sql.Rows) error {
		var deadline db.Time
		var n int
		err := rows.Scan(&deadline, &n)
		p.groups[deadline.Time] = n
		return err
	}, "SELECT p.deadline, COUNT(*) FROM participants p WHERE "+outstandingNow+" GROUP BY p.deadline", p.cohort.ID, p.now)
}

// loadSent counts those whose address was refused, and those who have got as many reminders as there may be.
func (p *previewer) loadSent(ctx context.Context) error {
	p.dead, p.capped = map[audience]int{}, map[audience]int{}
	return db.Query(ctx, p.r.db.Analysis, func(rows *sql.Rows) error {
		var deadline db.Time
		var a audience
		var dead, sent int
		if err := rows.Scan(&deadline, &a.channel, &dead, &sent); err != nil {
			return err
		}
		a.deadline = deadline.Time
		switch {
		case dead > 0:
			p.dead[a]++
		case sent >= rules.RemindersInAll:
			p.capped[a]++
		}
		return nil
	}, "SELECT p.deadline, m.channel, SUM(CASE WHEN "+addressIsDead+" THEN 1 ELSE 0 END),"+
		" SUM(CASE WHEN m.state IN ('SENDING', 'SENT', 'DOUBT') AND m.deadline = p.deadline THEN 1 ELSE 0 END)"+
		" FROM participants p JOIN reminders m ON m.participant_id = p.id WHERE "+outstandingNow+" AND p.contact IS NOT NULL"+
		" AND m.state IN ('SENDING', 'SENT', 'DOUBT', 'BOUNCED') GROUP BY p.id, p.deadline, m.channel",
		p.cohort.ID, p.now)
}

// openContacts looks for addresses in the contacts: in all of them, or in a sample from all over the cohort.
func (p *previewer) openContacts(ctx context.Context) error {
	total := p.outstanding()
	places := rules.SpreadPlaces
	if total > previewContacts {
		places = int(int64(places) * previewContacts / int64(total))
	}
	p.opened, p.without = map[time.Time]int{}, map[audience]int{}
	return db.Query(ctx, p.r.db.Analysis, func(rows *sql.Rows) error {
		var deadline db.Time
		var card string
		var sealed []byte
		if err := rows.Scan(&deadline, &card, &sealed); err != nil {
			return err
		}
		var contact Contact
		if len(sealed) > 0 {
			// One that cannot be read has no address that we could use.
			contact, _ = p.r.OpenContact(sealed, card)
		}
		p.opened[deadline.Time]++
		for _, channel := range p.in.Channels {
			if !contact.reachable(channel) {
				p.without[audience{deadline.Time, channel}]++
			}
		}
		return nil
	}, fmt.Sprintf("SELECT p.deadline, p.card_number, p.contact FROM participants p WHERE %s AND (p.id * %d) %% %d < $3", outstandingNow, rules.SpreadMultiplier, rules.SpreadPlaces),
		p.cohort.ID, p.now, places)
}

func (p *previewer) loadSample(ctx context.Context) error {
	return db.Query(ctx, p.r.db.Analysis, func(rows *sql.Rows) error {
		var id int
		var s ReminderSample
		var deadline db.Time
		if err := rows.Scan(&id, &s.Card, &deadline); err != nil {
			return err
		}
		s.Card, s.Deadline = maskCard(s.Card), deadline.Time
		if due, _, ok := rules.NextReminder(p.in.Stages, s.Deadline, p.now, id); ok {
			s.DueAt = due
		}
		p.sample = append(p.sample, s)
		return nil
	}, "SELECT p.id, p.card_number, p.deadline FROM participants p WHERE "+outstandingNow+" ORDER BY p.deadline, p.id LIMIT $3", p.cohort.ID, p.now, previewSample)
}

func (p *previewer) outstanding() (n int) {
	for _, of := range p.groups {
		n += of
	}
	return n
}

func (p *previewer) preview() ReminderPreview {
	out := ReminderPreview{Exact: p.outstanding() <= previewContacts, Sample: p.sample}
	for _, own := range rules.ReminderWindows(p.in.Stages, p.cohort.Deadline) {
		for _, channel := range p.in.Channels {
			s := ReminderStagePreview{Stage: own.Stage, Channel: channel, BeginsAt: own.Begins, Sent: len(p.groups) == 0 && p.ahead(own)}
			for deadline, n := range p.groups {
				w, _ := rules.ReminderWindowOf(p.in.Stages, own.Stage, deadline)
				if !p.ahead(w) {
					continue
				}
				a := audience{deadline, channel}
				unreachable := min(n, p.dead[a]+p.withoutAddress(a, n))
				s.Sent, s.Unreachable, s.Recipients, s.Capped = true, s.Unreachable+unreachable, s.Recipients+n-unreachable, s.Capped+p.capped[a]
			}
			out.Stages = append(out.Stages, s)
		}
	}
	return out
}

// ahead reports whether something can still be sent in the window.
func (p *previewer) ahead(w rules.ReminderWindow) bool {
	_, possible := rules.SpreadReminders(w, p.now)
	return possible
}

// withoutAddress is how many of the n in an audience have no address for the channel, by the share of those whose contacts
// were looked at.
func (p *previewer) withoutAddress(a audience, n int) int {
	opened := p.opened[a.deadline]
	if opened == 0 {
		return 0
	}
	return n * p.without[a] / opened
}
