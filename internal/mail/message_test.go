package mail_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/internal/mail"
	"gelombang/internal/mail/mailtest"
)

func TestAMessageIsReadAsItWasWritten(t *testing.T) {
	server := start(t, mailtest.Options{})
	c := config(server)
	c.From, c.ReplyTo, c.ReturnPath = "Manajemen Pelaksana “Prakerja” <no-reply@prakerja.example>", "bantuan@prakerja.example", "bounces@prakerja.example"
	m := letter()
	m.Name = `Ñoño "Bima", M.Kom. <admin@elsewhere.example>`
	m.Subject = "Pelatihan pertama — hingga Kamis, 8 April 2021 pukul 23.59 WIB, jangan sampai terlewat, ya"
	m.Text = "Satu\r\ndua\r=\n empat\n.titik\n..\nFrom baris ini\n" + strings.Repeat("panjang ", 400) + "é\n"
	send(t, open(t, c), m)

	got := only(t, server)
	want := mailtest.Message{
		From: "bounces@prakerja.example", To: []string{siti}, ID: "reminder-1@prakerja.example",
		Subject: m.Subject, Text: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(m.Text), HTML: m.HTML,
	}
	received, header, raw := got.Received, got.Header, got.Raw
	got.Received, got.Header, got.Raw = time.Time{}, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if received.IsZero() {
		t.Error("the server does not say when it came")
	}
	if from := addresses(t, header, "From")[0]; from.Name != "Manajemen Pelaksana “Prakerja”" || from.Address != "no-reply@prakerja.example" {
		t.Errorf("from %v", from)
	}
	if to := addresses(t, header, "To"); len(to) != 1 || to[0].Name != m.Name || to[0].Address != siti {
		t.Errorf("to %v", to)
	}
	if reply := addresses(t, header, "Reply-To"); reply[0].Address != "bantuan@prakerja.example" {
		t.Errorf("reply to %v", reply)
	}
	for name, want := range map[string]string{
		"Date": "Tue, 06 Apr 2021 17:45:00 +0700", "Auto-Submitted": "auto-generated", "Precedence": "bulk", "User-Agent": "", "X-Mailer": "",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	checkWire(t, raw)
}

// fataler is what both a test and a property's case can do.
type fataler interface {
	Errorf(format string, args ...any)
	Helper()
}

// checkWire says whether the bytes are what every server carries unchanged.
func checkWire(t fataler, raw []byte) {
	t.Helper()
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r > unicode.MaxASCII || r == 0 }); i >= 0 {
		t.Errorf("byte %d is not ASCII", i)
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes, or a bare line end: %.80q", len(line), line)
		}
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if strings.TrimSpace(string(line)) == "" {
			t.Errorf("the header has a line of spaces:\n%q", head)
		}
	}
}

func TestDatesAreOfWIB(t *testing.T) {
	server := start(t, mailtest.Options{})
	m := letter()
	m.Date = time.Date(2021, 4, 7, 17, 30, 0, 0, time.UTC)
	session := open(t, config(server))
	send(t, session, m)
	m.Date = time.Time{}
	send(t, session, m)
	all := server.Messages()
	if got := all[0].Header.Get("Date"); got != "Thu, 08 Apr 2021 00:30:00 +0700" {
		t.Errorf("date %s", got)
	}
	if got, err := all[1].Header.Date(); err != nil || time.Since(got).Abs() > time.Minute {
		t.Errorf("a message without a date is of %s (%v), want now", got, err)
	}
}

func TestAnyTextArrivesAndNoneBecomesAHeader(t *testing.T) {
	server := start(t, mailtest.Options{Security: mailtest.Plain})
	session := open(t, config(server))
	n := 0
	words := rapid.OneOf(rapid.StringOfN(rapid.RuneFrom(nil, unicode.PrintRanges...), -1, 400, -1), rapid.StringMatching(`[ -~]{0,400}`), rapid.String())
	rapid.Check(t, func(rt *rapid.T) {
		m := letter()
		m.Subject = words.Draw(rt, "subject")
		m.Text = rapid.OneOf(rapid.String(), rapid.StringMatching(`([ -~]{0,200}[\r\n.]{0,3})*`)).Draw(rt, "text")
		m.Name = rapid.OneOf(words, rapid.String()).Draw(rt, "name")
		m.HTML = rapid.String().Draw(rt, "html")
		n++
		m.ID = fmt.Sprint(n)
		server.Forget()
		if err := session.Send(t.Context(), m); err != nil {
			if e := failed(t, err); e.Kind != mail.BadMessage {
				rt.Fatalf("%v", err)
			}
			if strings.TrimSpace(m.Text) != "" && strings.TrimSpace(m.Subject) != "" && !strings.ContainsFunc(m.Subject, unicode.IsControl) &&
				!strings.ContainsAny(m.Subject, "\u2028\u2029") {
				rt.Fatalf("refused: %+v", m)
			}
			return
		}
		got := server.Messages()[0]
		checkWire(rt, got.Raw)
		if want := strings.Join(strings.Fields(m.Subject), " "); got.Subject != want && !strings.Contains(m.Subject, "=?") {
			rt.Errorf("subject %q, want %q", got.Subject, want)
		}
		lines := func(s string) string {
			return strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n")
		}
		if lines(got.Text) != lines(m.Text) {
			rt.Errorf("text %q, want %q", got.Text, m.Text)
		}
		if to, err := got.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != siti {
			rt.Errorf("to %v (%v)", to, err)
		}
		for name := range got.Header {
			if !strings.Contains(" Auto-Submitted Date Message-Id Mime-Version Precedence Subject From To Content-Type Content-Transfer-Encoding ", " "+name+" ") {
				rt.Errorf("a header %q", name)
			}
		}
	})
}

func TestAMessageThatCannotBeSentIsNotTried(t *testing.T) {
	tests := map[string]func(*mail.Message){
		"subject of two lines":   func(m *mail.Message) { m.Subject = "Halo\r\nBcc: everybody@example.com" },
		"subject with a newline": func(m *mail.Message) { m.Subject = "Halo\nBcc: everybody@example.com" },
		"no subject":             func(m *mail.Message) { m.Subject = " " },
		"subject not UTF-8":      func(m *mail.Message) { m.Subject = "Halo \xff" },
		"endless subject":        func(m *mail.Message) { m.Subject = strings.Repeat("a", 2000) },
		"no text":                func(m *mail.Message) { m.Text = "\n" },
		"text not UTF-8":         func(m *mail.Message) { m.Text = "\xff" },
		"HTML not UTF-8":         func(m *mail.Message) { m.HTML = "\xff" },
		"no ID":                  func(m *mail.Message) { m.ID = "" },
		"ID of two lines":        func(m *mail.Message) { m.ID = "a\r\nb" },
		"ID with another domain": func(m *mail.Message) { m.ID = "a@b" },
		"ID too long":            func(m *mail.Message) { m.ID = strings.Repeat("a", 129) },
		"header of two lines":    func(m *mail.Message) { m.Headers = map[string]string{"Precedence": "bulk\r\nBcc: a@example.com"} },
		"header with no value":   func(m *mail.Message) { m.Headers = map[string]string{"Precedence": ""} },
		"header with a colon":    func(m *mail.Message) { m.Headers = map[string]string{"Bcc: a@example.com\r\nX": "y"} },
		"header of ours":         func(m *mail.Message) { m.Headers = map[string]string{"bCC": "a@example.com"} },
		"content header":         func(m *mail.Message) { m.Headers = map[string]string{"content-type": "text/plain"} },
		"header twice":           func(m *mail.Message) { m.Headers = map[string]string{"X-A": "1", "x-a": "2"} },
		"header not ASCII":       func(m *mail.Message) { m.Headers = map[string]string{"X-A": "é"} },
		"endless header":         func(m *mail.Message) { m.Headers = map[string]string{"X-A": strings.Repeat("a", 2000)} },
	}
	server := start(t, mailtest.Options{})
	session := open(t, config(server))
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			m := letter()
			spoil(&m)
			if e := failed(t, session.Send(t.Context(), m)); e.Kind != mail.BadMessage || e.Step != mail.StepCompose {
				t.Errorf("%s at %s, want %s", e.Kind, e.Step, mail.BadMessage)
			}
		})
	}
	if server.Count() != 0 {
		t.Errorf("%d messages, want none", server.Count())
	}
	send(t, session, letter()) // the session has come to no harm
}

func TestAddressesThatAreTriedAndThoseThatAreNot(t *testing.T) {
	tests := map[string]string{ // to what the server is told, empty for a bad address
		siti:                                       siti,
		"SITI@Example.COM":                         "SITI@example.com",
		"o'brien+prakerja@ex.co.id":                "o'brien+prakerja@ex.co.id",
		"budi@bücher.example":                      "budi@xn--bcher-kva.example",
		"budi@例え.テスト":                              "budi@xn--r8jz45g.xn--zckzah",
		"a@localhost":                              "a@localhost",
		"ün@example.com":                           "", // would need SMTPUTF8 all the way
		"":                                         "",
		"siti":                                     "",
		"@example.com":                             "",
		"siti@":                                    "",
		"siti@@example.com":                        "",
		"a@b@example.com":                          "",
		"siti.@example.com":                        "",
		".siti@example.com":                        "",
		"si..ti@example.com":                       "",
		"si ti@example.com":                        "",
		" siti@example.com":                        "",
		"siti@example.com ":                        "",
		"siti@example.com.":                        "",
		"siti@example..com":                        "",
		"siti@-example.com":                        "",
		"siti@exa_mple.com":                        "",
		"siti@[127.0.0.1]":                         "",
		`"siti"@example.com`:                       "",
		"Siti <siti@example.com>":                  "",
		"<siti@example.com>":                       "",
		"siti@example.com,b@c.id":                  "",
		"siti@example.com\r\nDATA":                 "",
		"siti@example.com\n":                       "",
		"siti\r\n@example.com":                     "",
		"siti@example.com>\r\nRSET":                "",
		"siti@example.com> SIZE=1":                 "",
		"siti\x00@example.com":                     "",
		"siti@exam\u202eple.com":                   "",
		"siti\xff@example.com":                     "",
		strings.Repeat("a", 65) + "@example.com":   "",
		strings.Repeat("a", 64) + "@example.com":   strings.Repeat("a", 64) + "@example.com",
		"a@" + strings.Repeat("b.", 126) + "com":   "",
		"siti@" + strings.Repeat("b", 64) + ".com": "",
		"siti@r4---sn.example":                     "siti@r4---sn.example",
		strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 94) + "co.id": "",
	}
	server := start(t, mailtest.Options{Security: mailtest.Plain})
	session := open(t, config(server))
	for address, want := range tests {
		server.Forget()
		m := letter()
		m.To = address
		err := session.Send(t.Context(), m)
		if (mail.CheckAddress(address) == nil) != (err == nil) {
			t.Errorf("%q: the check says %v, sending says %v", address, mail.CheckAddress(address), err)
		}
		if want == "" {
			if err == nil {
				t.Errorf("%q was tried, as %v", address, server.Messages()[0].To)
			} else if e := failed(t, err); e.Kind != mail.BadAddress {
				t.Errorf("%q: %s, want %s", address, e.Kind, mail.BadAddress)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		if got := only(t, server).To[0]; got != want {
			t.Errorf("%q: to %s, want %s", address, got, want)
		}
	}
}
