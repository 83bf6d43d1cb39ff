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
	Purchase        simulatePurchase        `cmd:"" help:"Report a sale."`
	Void            simulateVoid            `cmd:"" help:"Cancel an invoice."`
	Offering        simulateOffering        `cmd:"" help:"Put a training on sale, or change it."`
	Withdraw        simulateWithdraw        `cmd:"" help:"Take a training off sale."`
	CompleteThrough simulateCompleteThrough `cmd:"" help:"State that every sale before an instant has been reported."`
	Send            simulateSend            `cmd:"" help:"Send the bytes of a file, signed, whatever they are."`
	Load            simulateLoad            `cmd:"" help:"Send many sales at a time, with duplicates, disorder and voids."`
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

// exitCodes ends the help of the commands that send a single message.
const exitCodes = `

The answer's status and body are the result. The exit code is 0 when the server acknowledged the delivery: with 200, or with 202 when it keeps it in quarantine, and then the body has the reason. It is 1 for any other answer or none, and 2 for what cannot be signed or said.`

// send builds the event for the present, and sends it.
func (m *message) send(t *terminal, event func(now time.Time) rules.Event) error {
	return m.sendMessage(t, func(id string, now time.Time) (simulate.Message, error) {
		return simulate.NewMessage(m.Platform, id, event(now))
	})
}

// sendMessage sends a message made for the present, or prints the curl line. The answer's status and
// body are the result.
func (m *message) sendMessage(t *terminal, build func(id string, now time.Time) (simulate.Message, error)) error {
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
	msg, err := build(id, now)
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
