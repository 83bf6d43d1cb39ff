package mail_test

import (
	"context"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gelombang/internal/mail"
	"gelombang/internal/mail/mailtest"
	"gelombang/internal/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The recipient of the tests, whose address must turn up in no error.
const siti = "siti.rahayu@example.com"

var evening = time.Date(2021, 4, 6, 17, 45, 0, 0, rules.WIB)

func letter() mail.Message {
	return mail.Message{
		To: siti, Name: "Siti Rahayu", Subject: "Batas waktu", Text: "Yth. Siti Rahayu,\n\nsalam.\n",
		HTML: "<p>Yth. Siti Rahayu</p>", ID: "reminder-1", Date: evening,
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "Precedence": "bulk"},
	}
}

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

func config(s *mailtest.Server) mail.Config {
	return mail.Config{
		URL: s.URL(), From: "Kartu Prakerja <no-reply@prakerja.example>", HELO: "gelombang.example", RootCAs: s.Roots(), Timeout: 10 * time.Second,
	}
}

func mailer(t *testing.T, c mail.Config) *mail.Mailer {
	t.Helper()
	m, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t *testing.T, c mail.Config) *mail.Session {
	t.Helper()
	session, err := mailer(t, c).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

func send(t *testing.T, session *mail.Session, m mail.Message) {
	t.Helper()
	if err := session.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// failed returns an error of the package, which must not tell who the recipient is or what the server said.
func failed(t *testing.T, err error) *mail.Error {
	t.Helper()
	var e *mail.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	for _, secret := range []string{"siti", "rahayu", "example.com", "hunter2", "mailbox", "not now", "shutting down"} {
		if strings.Contains(strings.ToLower(e.Error()), secret) {
			t.Errorf("the error tells %q: %v", secret, e)
		}
	}
	return e
}

func only(t *testing.T, s *mailtest.Server) mailtest.Message {
	t.Helper()
	all := s.Messages()
	if len(all) != 1 {
		t.Fatalf("%d messages, want 1", len(all))
	}
	return all[0]
}

func addresses(t *testing.T, header netmail.Header, name string) []*netmail.Address {
	t.Helper()
	list, err := header.AddressList(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return list
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
