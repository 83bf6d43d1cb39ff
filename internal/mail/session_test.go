package mail_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/mail"
	"gelombang/internal/mail/mailtest"
)

func TestAMessageArrivesThroughEveryKindOfConnection(t *testing.T) {
	tests := map[string]mailtest.Options{
		"STARTTLS":           {},
		"STARTTLS, PLAIN":    {User: "prakerja", Password: "hunter2 @/#:%"},
		"STARTTLS, LOGIN":    {User: "prakerja", Password: "hunter2", Mechanisms: []string{"LOGIN"}},
		"implicit TLS":       {Security: mailtest.ImplicitTLS},
		"implicit TLS, both": {Security: mailtest.ImplicitTLS, User: "prakerja", Password: "hunter2", Mechanisms: []string{"LOGIN", "PLAIN"}},
		"no TLS":             {Security: mailtest.Plain},
		"no TLS, PLAIN":      {Security: mailtest.Plain, User: "prakerja", Password: "hunter2"},
		"IPv6":               {Addr: "[::1]:0"},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			server := start(t, options)
			send(t, open(t, config(server)), letter())
			if got := only(t, server); got.ID != "reminder-1@prakerja.example" || got.To[0] != siti {
				t.Errorf("Message-ID %s to %v", got.ID, got.To)
			}
		})
	}
}

func TestOneSessionSendsManyMessages(t *testing.T) {
	const n = 3000
	server := start(t, mailtest.Options{})
	session := open(t, config(server))
	began := time.Now()
	for i := range n {
		m := letter()
		m.To, m.ID = fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("reminder-%d", i)
		send(t, session, m)
	}
	t.Logf("%.0f messages a second", n/time.Since(began).Seconds())
	if err := server.Wait(within(t, time.Minute), n); err != nil {
		t.Fatal(err)
	}
	if server.Sessions() != 1 {
		t.Errorf("%d sessions, want 1", server.Sessions())
	}
	for i, m := range server.Messages() {
		if want := fmt.Sprintf("reminder-%d@prakerja.example", i); m.ID != want || m.To[0] != fmt.Sprintf("p%d@example.com", i) {
			t.Fatalf("message %d is %s to %v", i, m.ID, m.To)
		}
	}
}

func TestSessionsRunSideBySide(t *testing.T) {
	server := start(t, mailtest.Options{})
	m := mailer(t, config(server))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			session, err := m.Open(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer session.Close()
			for j := range 20 {
				msg := letter()
				msg.ID = fmt.Sprintf("%d-%d", i, j)
				if err := session.Send(t.Context(), msg); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if server.Count() != 160 || server.Sessions() != 8 {
		t.Errorf("%d messages in %d sessions, want 160 in 8", server.Count(), server.Sessions())
	}
}

// TestEveryAnswerIsToldApart is the table that callers rely on: what the server did, what the caller is told, whether
// the message is in truth there, and whether the session goes on.
func TestEveryAnswerIsToldApart(t *testing.T) {
	tests := []struct {
		fault    mailtest.Fault
		kind     mail.Kind
		step     mail.Step
		code     int
		enhanced string
		taken    int
		goesOn   bool
	}{
		{mailtest.Fault{Do: mailtest.RefuseSender}, mail.Unavailable, mail.StepSender, 553, "5.7.1", 0, false},
		{mailtest.Fault{Do: mailtest.RefuseSender, Code: 451}, mail.Later, mail.StepSender, 451, "4.0.0", 0, true},
		{mailtest.Fault{Do: mailtest.SayGoodbye}, mail.Unavailable, mail.StepSender, 421, "4.3.2", 0, false},
		{mailtest.Fault{Do: mailtest.RefuseRecipient}, mail.Refused, mail.StepRecipient, 550, "5.1.1", 0, true},
		{mailtest.Fault{Do: mailtest.RefuseRecipient, Code: 530}, mail.Unavailable, mail.StepRecipient, 530, "5.0.0", 0, false},
		{mailtest.Fault{Do: mailtest.DeferRecipient}, mail.Later, mail.StepRecipient, 451, "4.2.1", 0, true},
		{mailtest.Fault{Do: mailtest.DeferRecipient, Code: 421}, mail.Unavailable, mail.StepRecipient, 421, "4.0.0", 0, false},
		{mailtest.Fault{Do: mailtest.RefuseMessage}, mail.Refused, mail.StepAccept, 554, "5.6.0", 0, true},
		{mailtest.Fault{Do: mailtest.DeferMessage}, mail.Later, mail.StepAccept, 451, "4.3.0", 0, true},
		{mailtest.Fault{Do: mailtest.DeferMessage, Code: 421}, mail.Unavailable, mail.StepAccept, 421, "4.0.0", 0, false},
		{mailtest.Fault{Do: mailtest.LoseMessage}, mail.Uncertain, mail.StepAccept, 0, "", 0, false},
		{mailtest.Fault{Do: mailtest.HideMessage}, mail.Uncertain, mail.StepAccept, 0, "", 1, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("deed %d code %d", tt.fault.Do, tt.fault.Code), func(t *testing.T) {
			server := start(t, mailtest.Options{})
			session := open(t, config(server))
			first := letter()
			first.ID = "before"
			send(t, session, first)
			server.Forget()

			server.Misbehave(tt.fault)
			e := failed(t, session.Send(t.Context(), letter()))
			if e.Kind != tt.kind || e.Step != tt.step || e.Code != tt.code || e.Enhanced != tt.enhanced {
				t.Errorf("%s at %s, %d %s, want %s at %s, %d %s", e.Kind, e.Step, e.Code, e.Enhanced, tt.kind, tt.step, tt.code, tt.enhanced)
			}
			if got := server.Count(); got != tt.taken {
				t.Errorf("the server has %d messages, want %d", got, tt.taken)
			}

			server.Behave()
			server.Forget()
			if tt.goesOn {
				send(t, session, letter())
				only(t, server)
				return
			}
			if e := failed(t, session.Send(t.Context(), letter())); e.Kind != mail.Unavailable {
				t.Errorf("after the session's end: %s, want %s", e.Kind, mail.Unavailable)
			}
			send(t, open(t, config(server)), letter())
			only(t, server)
		})
	}
}

func TestWhatIsLostBeforeTheEndWasSurelyNotSent(t *testing.T) {
	server := start(t, mailtest.Options{Security: mailtest.Plain})
	server.Misbehave(mailtest.Fault{Do: mailtest.DropBeforeEnd})
	session := open(t, config(server))
	m := letter()
	m.HTML, m.Text = "", strings.Repeat("salam ", 4<<20) // more than the buffers on the way hold
	if e := failed(t, session.Send(t.Context(), m)); e.Kind != mail.Unavailable || e.Step != mail.StepBody {
		t.Errorf("%s at %s, want %s at %s", e.Kind, e.Step, mail.Unavailable, mail.StepBody)
	}
	// A message that is all under way by the time that the server hangs up cannot be told from one that arrived.
	e := failed(t, open(t, config(server)).Send(t.Context(), letter()))
	if e.Kind != mail.Uncertain && e.Kind != mail.Unavailable {
		t.Errorf("%s, want %s or %s", e.Kind, mail.Uncertain, mail.Unavailable)
	}
	if server.Count() != 0 {
		t.Errorf("%d messages, want none", server.Count())
	}
}

func TestAServerThatThinksTooLongLeavesItUncertain(t *testing.T) {
	server := start(t, mailtest.Options{})
	server.Misbehave(mailtest.Fault{Do: mailtest.Dawdle, Delay: time.Hour})
	c := config(server)
	c.AcceptTimeout = 50 * time.Millisecond
	e := failed(t, open(t, c).Send(t.Context(), letter()))
	if e.Kind != mail.Uncertain || server.Count() != 1 {
		t.Errorf("%s with %d messages taken, want %s with 1", e.Kind, server.Count(), mail.Uncertain)
	}
}

func TestAServerThatIsOnlySlowIsWaitedFor(t *testing.T) {
	server := start(t, mailtest.Options{})
	server.Misbehave(mailtest.Fault{Do: mailtest.Dawdle, Delay: 1100 * time.Millisecond})
	c := config(server)
	c.Timeout = time.Second // of the other steps, which have no delay
	send(t, open(t, c), letter())
}

func TestAContextThatEndsAfterTheMessagesEndLeavesItUncertain(t *testing.T) {
	server := start(t, mailtest.Options{})
	server.Misbehave(mailtest.Fault{Do: mailtest.Dawdle, Delay: time.Hour})
	session := open(t, config(server))
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- session.Send(ctx, letter()) }()
	if err := server.Wait(within(t, time.Minute), 1); err != nil {
		t.Error(err)
	}
	cancel()
	err := <-result
	if e := failed(t, err); e.Kind != mail.Uncertain || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %s because of the context", err, mail.Uncertain)
	}
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	server := start(t, mailtest.Options{})
	session := open(t, config(server))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := session.Send(ctx, letter())
	if e := failed(t, err); e.Kind != mail.Unavailable || !errors.Is(err, context.Canceled) || server.Count() != 0 {
		t.Errorf("%v with %d messages, want %s because of the context", err, server.Count(), mail.Unavailable)
	}
	if _, err := mailer(t, config(server)).Open(ctx); failed(t, err).Kind != mail.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v, want %s because of the context", err, mail.Unavailable)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	gone := start(t, mailtest.Options{})
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	away := start(t, mailtest.Options{})
	away.Misbehave(mailtest.Fault{Do: mailtest.TurnAway})
	signed := mailtest.Options{User: "prakerja", Password: "hunter2"}
	odd := mailtest.Options{User: "prakerja", Password: "hunter2", Mechanisms: []string{"X-OTHER"}}
	plain := start(t, mailtest.Options{Security: mailtest.Plain})
	tests := map[string]struct {
		server *mailtest.Server
		change func(*mail.Config)
		step   mail.Step
		code   int
		says   string
	}{
		"nothing listens":     {server: gone, step: mail.StepConnect, says: "connection refused"},
		"turned away":         {server: away, step: mail.StepHello, code: 421},
		"unknown authority":   {server: start(t, mailtest.Options{}), change: func(c *mail.Config) { c.RootCAs = x509.NewCertPool() }, step: mail.StepTLS, says: "unknown authority"},
		"… with implicit TLS": {server: start(t, mailtest.Options{Security: mailtest.ImplicitTLS}), change: func(c *mail.Config) { c.RootCAs = x509.NewCertPool() }, step: mail.StepTLS, says: "unknown authority"},
		"no STARTTLS":         {server: plain, change: func(c *mail.Config) { c.URL = strings.TrimSuffix(c.URL, "?tls=none") }, step: mail.StepTLS, says: "does not offer STARTTLS"},
		"TLS to a plain port": {server: plain, change: func(c *mail.Config) {
			c.URL = "smtps" + strings.TrimSuffix(strings.TrimPrefix(c.URL, "smtp"), "?tls=none")
		}, step: mail.StepTLS, says: "does not look like a TLS handshake"},
		"wrong password":  {server: start(t, signed), change: func(c *mail.Config) { c.URL = strings.Replace(c.URL, "hunter2", "hunter3", 1) }, step: mail.StepAuth, code: 535},
		"no way to sign":  {server: start(t, odd), step: mail.StepAuth, says: "no way to sign in"},
		"nobody signs in": {server: start(t, mailtest.Options{}), change: func(c *mail.Config) { c.URL = strings.Replace(c.URL, "//", "//prakerja:hunter2@", 1) }, step: mail.StepAuth, says: "no way to sign in"},
		"must sign in":    {server: start(t, signed), change: func(c *mail.Config) { c.URL = strings.Replace(c.URL, "prakerja:hunter2@", "", 1) }, step: mail.StepSender, code: 530},
		"no such host":    {server: plain, change: func(c *mail.Config) { c.URL = "smtp://mail.invalid" }, step: mail.StepConnect, says: "mail.invalid"},
		"TLS to STARTTLS": {server: start(t, mailtest.Options{}), change: func(c *mail.Config) { c.URL = strings.Replace(c.URL, "smtp:", "smtps:", 1) }, step: mail.StepTLS, says: "TLS handshake"},
		"plain to TLS first": {server: start(t, mailtest.Options{Security: mailtest.ImplicitTLS}), change: func(c *mail.Config) {
			c.URL, c.Timeout = strings.Replace(c.URL, "smtps:", "smtp:", 1), 200*time.Millisecond
		}, step: mail.StepConnect},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := config(tt.server)
			if tt.change != nil {
				tt.change(&c)
			}
			session, err := mailer(t, c).Open(t.Context())
			if err == nil { // some servers ask to sign in only when something is to be sent
				t.Cleanup(session.Close)
				err = session.Send(t.Context(), letter())
			}
			e := failed(t, err)
			if e.Kind != mail.Unavailable || e.Step != tt.step || e.Code != tt.code || !strings.Contains(e.Error(), tt.says) {
				t.Errorf("%v (%s), want %s at %s, code %d, %q", e, e.Kind, mail.Unavailable, tt.step, tt.code, tt.says)
			}
		})
	}
}

func TestASessionIsClosedTwiceWithoutHarm(t *testing.T) {
	server := start(t, mailtest.Options{})
	session := open(t, config(server))
	session.Close()
	session.Close()
	if e := failed(t, session.Send(t.Context(), letter())); e.Kind != mail.Unavailable {
		t.Errorf("%s, want %s", e.Kind, mail.Unavailable)
	}
}
