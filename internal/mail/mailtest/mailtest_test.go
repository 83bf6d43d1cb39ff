package mailtest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"gelombang/internal/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, options mailtest.Options) *mailtest.Server {
	t.Helper()
	s, err := mailtest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// send sends with the standard library's client, which is not the one that package mail uses.
func send(s *mailtest.Server, to, message string) error {
	return smtp.SendMail(s.Addr(), nil, "from@example.org", []string{to}, []byte(strings.ReplaceAll(message, "\n", "\r\n")))
}

// code is the server's reply code, and 0 for nil.
func code(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

const note = "Message-ID: <1@example.org>\nSubject: =?utf-8?q?h=C3=A9?=\nContent-Type: text/plain; charset=utf-8\n\nhalo\n"

func TestMessagesAreReadInBothEncodings(t *testing.T) {
	s := start(t, mailtest.Options{Security: mailtest.Plain})
	err := send(s, "a@example.com", "Message-ID: <1@example.org>\nSubject: s\nContent-Type: multipart/alternative; boundary=b\n\n"+
		"--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString([]byte("hé\n"))+"\n"+
		"--b\nContent-Type: text/html\nContent-Transfer-Encoding: Quoted-Printable\n\nh=C3=A9\n--b--\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := send(s, "b@example.com", note); err != nil {
		t.Fatal(err)
	}
	all := s.Messages()
	if len(all) != 2 || all[0].Text != "hé\n" || all[0].HTML != "hé" || all[1].Text != "halo\n" || all[1].Subject != "hé" || all[1].ID != "1@example.org" {
		t.Errorf("got %+v", all)
	}
	if got := s.To("B@EXAMPLE.com"); len(got) != 1 || got[0].Text != "halo\n" {
		t.Errorf("to b: %+v", got)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	s := start(t, mailtest.Options{Security: mailtest.Plain})
	for _, message := range []string{
		"no header\n",
		"Subject: s\n\nno content type\n",
		"Subject: =?utf-99?q?x?=\nContent-Type: text/plain\n\nx\n",
		"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nthe last boundary is missing\n",
		"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!\n",
	} {
		if err := send(s, "a@example.com", message); err == nil {
			t.Errorf("%q was taken", message)
		}
	}
	if s.Count() != 0 {
		t.Errorf("%d messages, want none", s.Count())
	}
}

func TestAFaultIsForOneRecipientAndForSoManyTimes(t *testing.T) {
	s := start(t, mailtest.Options{Security: mailtest.Plain})
	s.Misbehave(mailtest.Fault{Do: mailtest.DeferRecipient, To: "a@example.com", Times: 2})
	s.Misbehave(mailtest.Fault{Do: mailtest.RefuseRecipient, To: "A@example.com", Times: 1})
	s.Misbehave(mailtest.Fault{Do: mailtest.RefuseMessage, To: "c@example.com"})
	for i, try := range []struct {
		to   string
		code int
	}{{"a", 451}, {"b", 0}, {"a", 451}, {"a", 550}, {"a", 0}, {"c", 554}, {"c", 554}} {
		if got := code(send(s, try.to+"@example.com", note)); got != try.code {
			t.Errorf("%d: to %s: code %d, want %d", i, try.to, got, try.code)
		}
	}
	s.Behave()
	if err := send(s, "c@example.com", note); err != nil {
		t.Errorf("after it was told to behave: %v", err)
	}
}

func TestWaitEndsWithTheMessagesOrTheContext(t *testing.T) {
	s := start(t, mailtest.Options{Security: mailtest.Plain})
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() { waited <- s.Wait(ctx, 2) }()
	for range 2 {
		if err := send(s, "a@example.com", note); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	go func() { waited <- s.Wait(ctx, 3) }()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that of the context", err)
	}
}

func TestAServerThatIsClosedIsGone(t *testing.T) {
	s := start(t, mailtest.Options{Security: mailtest.Plain})
	if err := send(s, "a@example.com", note); err != nil {
		t.Fatal(err)
	}
	client, err := smtp.Dial(s.Addr()) // a connection that stays open
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Noop(); err == nil {
		t.Error("a connection outlives its server")
	}
	if err := send(s, "a@example.com", note); err == nil {
		t.Error("the server still takes messages")
	}
	if s.Count() != 1 {
		t.Errorf("%d messages, want the one from before", s.Count())
	}
}

func TestTheServerIsForThisMachineOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "mail.example.org:25", "127.0.0.1"} {
		if s, err := mailtest.Start(mailtest.Options{Addr: addr}); err == nil {
			_ = s.Close()
			t.Errorf("%s: started", addr)
		}
	}
}
