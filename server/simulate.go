package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gelombang/internal/rules"
	"gelombang/server/simulate"
)

// simulateCommands send webhooks.
type simulateCommands struct {
	Purchase simulatePurchase `cmd:"" help:"Report a sale."`
	Void     simulateVoid     `cmd:"" help:"Cancel an invoice."`
	Offering simulateOffering `cmd:"" help:"Put a training on sale, or change it."`
	Load     simulateLoad     `cmd:"" help:"Send many sales at a time, with duplicates, disorder and voids."`
}

// sending is where to send and how to sign.
type sending struct {
	Server   string        `env:"GELOMBANG_SERVER" default:"http://127.0.0.1:8080" group:"sending" placeholder:"URL" help:"The server (default ${default})."`
	Secret   []string      `env:"GELOMBANG_WEBHOOK_SECRETS" required:"" sep:"," group:"sending" placeholder:"CODE=SECRET" help:"The signing secret of a platform: tokopedia=whsec_…, or tokopedia=pmo:CLIENTCODE:KEY for the scheme pmo. May be repeated. Better set in the environment, separated by commas, where other users of the machine cannot read it."`
	At       string        `placeholder:"TIME" group:"sending" help:"The present, for event times and signatures: a WIB time such as 2021-04-06T17:45, or a time with an offset. The default is now; the demonstration has a present of its own."`
	Retry    bool          `group:"sending" help:"Try again until the server acknowledges, with growing waits."`
	RetryFor time.Duration `default:"2m" group:"sending" placeholder:"D" help:"How long --retry goes on for each delivery (default ${default})."`
}

// sender makes the sender, and tells the present. Every error is one of usage. Errors do not repeat
// secrets.
func (s *sending) sender(concurrency int) (*simulate.Sender, time.Time, error) {
	server, err := simulate.ParseServer(s.Server)
	if err != nil {
		return nil, time.Time{}, usage(fmt.Errorf("--server: %w", err))
	}
	signers := map[string]simulate.Signer{}
	for i, entry := range s.Secret {
		code, secret, found := strings.Cut(entry, "=")
		if !found || code == "" {
			return nil, time.Time{}, usage(fmt.Errorf("--secret number %d: write it as CODE=whsec_…", i+1))
		}
		if signers[code], err = simulate.NewSigner(secret); err != nil {
			return nil, time.Time{}, usage(fmt.Errorf("--secret of %s: %w", code, err))
		}
	}
	began := time.Now()
	present := began
	if s.At != "" {
		if present, err = parseInstant(s.At); err != nil {
			return nil, time.Time{}, usage(fmt.Errorf("--at: %w", err))
		}
	}
	sender := &simulate.Sender{
		Server: server, Signers: signers, Client: simulate.NewClient(concurrency),
		Clock: func() time.Time { return present.Add(time.Since(began)) },
	}
	if s.Retry {
		sender.RetryFor = s.RetryFor
	}
	return sender, present, nil
}

// message is what single messages have in common.
type message struct {
	Platform string `required:"" placeholder:"CODE" group:"message" help:"The platform that sends it."`
	ID       string `name:"id" placeholder:"ID" group:"message" help:"The message id; the same id with the same content is a duplicate. The default is a new one."`
	Curl     bool   `group:"sending" help:"Print a curl line with the signature instead of sending."`

	sending `embed:""`
}

// send builds the event for the present, and sends it or prints the curl line. The answer's status
// and body are the result.
func (m *message) send(t *terminal, event func(now time.Time) rules.Event) error {
	sender, now, err := m.sender(1)
	if err != nil {
		return err
	}
	signer, ok := sender.Signers[m.Platform]
	if !ok {
		return usage(fmt.Errorf("there is no --secret for the platform %s", m.Platform))
	}
	id := m.ID
	if id == "" {
		id = "msg_" + rand.Text()
	}
	msg, err := simulate.NewMessage(m.Platform, id, event(now))
	if err != nil {
		return usage(err)
	}
	if m.Curl {
		request, err := signer.Request(t.ctx, sender.Server, msg, now)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, simulate.Curl(request, msg.Body))
		return err
	}
	answer, err := sender.Deliver(t.ctx, msg, func(simulate.Answer) {})
	if err != nil {
		return err
	}
	if answer.Err != nil {
		return fmt.Errorf("no answer: %w", answer.Err)
	}
	if _, err := fmt.Fprintf(t.out, "%d %s\n%s\n", answer.Status, http.StatusText(answer.Status), strings.TrimSpace(string(answer.Body))); err != nil {
		return err
	}
	if !answer.Acknowledged() {
		return errors.New("the server did not acknowledge the delivery")
	}
	return nil
}

type simulatePurchase struct {
	Card        string `required:"" placeholder:"DIGITS" group:"message" help:"The buyer's card number, 16 digits."`
	Course      string `default:"SIM-01" placeholder:"CODE" group:"message" help:"The course code (default ${default})."`
	Amount      int64  `default:"150000" placeholder:"RP" group:"message" help:"The price paid, in rupiah (default ${default})."`
	Invoice     string `placeholder:"CODE" group:"message" help:"The invoice code. The default is a new one."`
	PurchasedAt string `placeholder:"TIME" group:"message" help:"When it was bought. The default is the present."`

	message `embed:""`
}

// Help is shown by --help.
func (simulatePurchase) Help() string {
	return `Examples:

	export GELOMBANG_WEBHOOK_SECRETS=tokopedia=$(gelombang platform secret tokopedia)
	gelombang simulate purchase --platform tokopedia --card 1300000000000001
	gelombang simulate purchase --platform tokopedia --card 1300000000000001 --curl`
}

// Run implements the command.
func (c *simulatePurchase) Run(t *terminal) error {
	at, err := optionalInstant("--purchased-at", c.PurchasedAt)
	if err != nil {
		return err
	}
	if c.Invoice == "" {
		c.Invoice = "INV-" + rand.Text()
	}
	return c.send(t, func(now time.Time) rules.Event {
		return rules.PurchaseCompleted{
			Timestamp: now, InvoiceCode: c.Invoice, CardNumber: c.Card, CourseCode: c.Course, Amount: c.Amount, PurchasedAt: orNow(at, now),
		}
	})
}

type simulateVoid struct {
	Invoice  string `required:"" placeholder:"CODE" group:"message" help:"The invoice that is cancelled."`
	Reason   string `default:"cancelled by the buyer" placeholder:"TEXT" group:"message" help:"Why (default ${default})."`
	VoidedAt string `placeholder:"TIME" group:"message" help:"When it was cancelled. The default is the present."`

	message `embed:""`
}

// Run implements the command.
func (c *simulateVoid) Run(t *terminal) error {
	at, err := optionalInstant("--voided-at", c.VoidedAt)
	if err != nil {
		return err
	}
	return c.send(t, func(now time.Time) rules.Event {
		return rules.PurchaseVoided{Timestamp: now, InvoiceCode: c.Invoice, VoidedAt: orNow(at, now), Reason: c.Reason}
	})
}

type simulateOffering struct {
	Course   string `required:"" placeholder:"CODE" group:"message" help:"The course code."`
	Title    string `required:"" placeholder:"TEXT" group:"message" help:"The title."`
	Provider string `default:"Lembaga Simulasi" placeholder:"TEXT" group:"message" help:"Who teaches (default ${default})."`
	Category string `default:"simulasi" placeholder:"TEXT" group:"message" help:"The category (default ${default})."`
	Mode     string `default:"online" enum:"online,offline,blended" placeholder:"MODE" group:"message" help:"online, offline or blended (default ${default})."`
	Price    int64  `default:"150000" placeholder:"RP" group:"message" help:"The price in rupiah (default ${default})."`
	Link     string `default:"https://example.com/" placeholder:"URL" group:"message" help:"The page of the training (default ${default})."`

	message `embed:""`
}

// Run implements the command.
func (c *simulateOffering) Run(t *terminal) error {
	return c.send(t, func(now time.Time) rules.Event {
		return rules.OfferingUpserted{
			Timestamp: now, CourseCode: c.Course, Title: c.Title, Provider: c.Provider, Category: c.Category,
			Mode: rules.Mode(strings.ToUpper(c.Mode)), Price: c.Price, URL: c.Link,
		}
	})
}

// optionalInstant reads a flag that may be left out, for which it returns the zero time.
func optionalInstant(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := parseInstant(s)
	if err != nil {
		return time.Time{}, usage(fmt.Errorf("%s: %w", flag, err))
	}
	return at, nil
}

func orNow(at, now time.Time) time.Time {
	if at.IsZero() {
		return now
	}
	return at
}
