package seed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// The bounds of what is recorded in one transaction, and so at one time by our clock.
const (
	groupSize = 1024
	groupSpan = time.Hour
)

// tell lets everything happen in its order, each at its own time by the registry's clock, so that the history
// says what was known when.
func (d *demo) tell(ctx context.Context) error {
	if d.options.Disposable && d.reg.DB().Dialect == db.SQLite {
		if err := hurry(ctx, d.reg.DB()); err != nil {
			return err
		}
	}
	d.total = d.info.Participants + len(d.deliveries)
	d.progress(0)
	for _, a := range append(d.acts, act{at: Evening}) {
		for {
			group := d.nextGroup(a.at)
			if len(group) == 0 {
				break
			}
			if err := d.deliver(ctx, group); err != nil {
				return err
			}
			d.deliveries = d.deliveries[len(group):]
			d.progress(len(group))
		}
		if a.run == nil {
			continue
		}
		if err := a.run(ctx, d.reg.At(a.at)); err != nil {
			return fmt.Errorf("%s: %w", a.at.Format("2 January 15:04"), err)
		}
	}
	return d.countRevoked(ctx)
}

// progress tells the caller that so many more people or deliveries are recorded.
func (d *demo) progress(more int) {
	d.done += more
	d.options.Progress(StepRecord, d.done, d.total)
}

// hurry lets SQLite write without waiting for the disk, and with more memory. What it holds after a power cut
// may be unreadable. There is one connection that writes, so that the settings stay.
func hurry(ctx context.Context, d *db.DB) error {
	for _, setting := range []string{
		"PRAGMA synchronous = OFF",
		"PRAGMA cache_size = -131072",       // 128 MiB
		"PRAGMA wal_autocheckpoint = 16384", // pages, 64 MiB
	} {
		if _, err := d.Write.ExecContext(ctx, setting); err != nil {
			return fmt.Errorf("prepare the database: %w", err)
		}
	}
	return nil
}

// nextGroup returns the next deliveries that arrived before an instant, and about the same time.
func (d *demo) nextGroup(before time.Time) []delivery {
	n := 0
	for n < min(groupSize, len(d.deliveries)) {
		received := d.deliveries[n].received
		if received >= before.UnixMicro() || received-d.deliveries[0].received > groupSpan.Microseconds() {
			break
		}
		n++
	}
	return d.deliveries[:n]
}

// deliver submits a group at the time when its last message arrived.
func (d *demo) deliver(ctx context.Context, group []delivery) error {
	submissions := make([]registry.Submission, len(group))
	for i, del := range group {
		s, err := d.submission(del)
		if err != nil {
			return err
		}
		submissions[i] = s
	}
	for _, receipt := range d.reg.At(submissions[len(submissions)-1].ReceivedAt).Submit(ctx, submissions) {
		switch {
		case receipt.Err != nil:
			return fmt.Errorf("deliver: %w", receipt.Err)
		case receipt.Status == registry.Applied:
			d.info.Applied++
		case receipt.Status == registry.Duplicate:
			d.info.Duplicates++
		default:
			d.info.Quarantined++
		}
	}
	return nil
}

// submission is the message as the intake would have received it, with a signature that holds.
func (d *demo) submission(del delivery) (registry.Submission, error) {
	s := d.sales[del.sale]
	p := d.platforms[s.platform]
	event, id := d.event(s, del.void), "msg_"+d.invoiceCode(s)
	if del.void {
		id += "-void"
	}
	body, err := payload.Encode(event)
	if err != nil {
		return registry.Submission{}, fmt.Errorf("message %s: %w", id, err)
	}
	received := time.UnixMicro(del.received).UTC()
	header := http.Header{}
	signature.SetStandardHeaders(header, id, received, signature.SignV1(p.secret, id, received, body))
	kept := map[string]string{}
	for name := range header {
		kept[strings.ToLower(name)] = header.Get(name)
	}
	headers, err := json.Marshal(kept)
	if err != nil {
		return registry.Submission{}, fmt.Errorf("headers of message %s: %w", id, err)
	}
	return registry.Submission{
		PlatformID: p.id, KeyID: p.key, MessageID: id, SignedAt: received.Truncate(time.Second), ReceivedAt: received,
		Headers: string(headers), Body: body, Event: event, EventType: event.EventType(),
	}, nil
}

func (d *demo) event(s sale, void bool) rules.Event {
	at, voidedAt := time.UnixMicro(s.at).UTC(), time.UnixMicro(s.voidedAt).UTC()
	if void {
		return rules.PurchaseVoided{Timestamp: voidedAt, InvoiceCode: d.invoiceCode(s), VoidedAt: voidedAt, Reason: "cancelled by the buyer"}
	}
	o := d.offering(s)
	return rules.PurchaseCompleted{
		Timestamp: at, InvoiceCode: d.invoiceCode(s), CardNumber: s.who.card(), CourseCode: o.CourseCode, Amount: o.Price, PurchasedAt: at,
		CourseTitle: o.Title, Provider: o.Provider, Category: o.Category, Mode: o.Mode,
	}
}

func (d *demo) countRevoked(ctx context.Context) error {
	row := d.reg.DB().Write.QueryRowContext(ctx, "SELECT COUNT(*) FROM participants WHERE revoked_at IS NOT NULL")
	if err := row.Scan(&d.info.RevokedCount); err != nil {
		return fmt.Errorf("count the revoked: %w", err)
	}
	return nil
}
