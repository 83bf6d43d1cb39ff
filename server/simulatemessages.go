package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gelombang/internal/rules"
	"gelombang/server/simulate"
)

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
	gelombang simulate purchase --platform tokopedia --card 1300000000000001 --curl` + exitCodes
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

// Help is shown by --help.
func (simulateVoid) Help() string {
	return `Examples:

	gelombang simulate void --platform tokopedia --invoice INV-1
	gelombang simulate void --platform tokopedia --invoice INV-1 --voided-at 2021-04-07T09:30 --reason "paid twice"` + exitCodes
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

// Help is shown by --help.
func (simulateOffering) Help() string {
	return `Examples:

	gelombang simulate offering --platform tokopedia --course C-1 --title "Barista untuk pemula"
	gelombang simulate offering --platform tokopedia --course C-1 --title "Barista untuk pemula" --mode offline --price 250000` + exitCodes
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

type simulateWithdraw struct {
	Course string `required:"" placeholder:"CODE" group:"message" help:"The course code."`

	message `embed:""`
}

// Help is shown by --help.
func (simulateWithdraw) Help() string {
	return `Example:

	gelombang simulate withdraw --platform tokopedia --course C-1` + exitCodes
}

// Run implements the command.
func (c *simulateWithdraw) Run(t *terminal) error {
	return c.send(t, func(now time.Time) rules.Event {
		return rules.OfferingWithdrawn{Timestamp: now, CourseCode: c.Course}
	})
}

type simulateCompleteThrough struct {
	Through string `required:"" placeholder:"TIME" group:"message" help:"The instant, exclusive: a WIB day such as 2021-04-09, a WIB time, or a time with an offset."`
	Count   int64  `required:"" placeholder:"N" group:"message" help:"How many sales were made before it."`
	Amount  int64  `required:"" placeholder:"RP" group:"message" help:"What they come to, in rupiah."`

	message `embed:""`
}

// Help is shown by --help.
func (simulateCompleteThrough) Help() string {
	return `The PMO settles a deadline when every platform has stated that it has reported all before it.

Example, after the last day of cohort 13:

	gelombang simulate complete-through --platform tokopedia --through 2021-04-09 --count 120 --amount 36000000` + exitCodes
}

// Run implements the command.
func (c *simulateCompleteThrough) Run(t *terminal) error {
	through, err := parseInstant(c.Through)
	if err != nil {
		return usage(fmt.Errorf("--through: %w", err))
	}
	return c.send(t, func(now time.Time) rules.Event {
		return rules.CompleteThrough{Timestamp: now, Through: through, Count: c.Count, Amount: c.Amount}
	})
}

type simulateSend struct {
	Body string `required:"" placeholder:"FILE" group:"message" help:"The file with the bytes to send; - reads standard input."`

	message `embed:""`
}

// Help is shown by --help.
func (simulateSend) Help() string {
	return `The bytes are sent as they are, with a signature that holds: to see what the server makes of what the other commands would not say.

Examples:

	gelombang simulate send --platform tokopedia --body message.json
	echo '{"type":"purchase.completed"}' | gelombang simulate send --platform tokopedia --body -` + exitCodes
}

// maxBody bounds what is read of a file, in bytes: more than the server takes.
const maxBody = 4 << 20

// Run implements the command.
func (c *simulateSend) Run(t *terminal) error {
	file, _, err := openInput(t, c.Body)
	if err != nil {
		return usage(fmt.Errorf("--body: %w", err))
	}
	body, err := io.ReadAll(io.LimitReader(file, maxBody+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("--body: %w", err)
	}
	if len(body) > maxBody {
		return usage(fmt.Errorf("--body: longer than %d MiB", maxBody>>20))
	}
	return c.sendMessage(t, func(id string, _ time.Time) (simulate.Message, error) {
		return simulate.Message{Platform: c.Platform, ID: id, Body: body}, nil
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
