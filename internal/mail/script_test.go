package mail_test

import (
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/mail"
)

// script is a server that answers each line with the next of its answers, whatever the line, and then hangs up. The
// function returns the first word of each line once that is over.
func script(t *testing.T, answers ...string) (config mail.Config, heard func() []string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		text := textproto.NewConn(conn)
		for _, answer := range answers {
			if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
				return
			}
			if strings.HasPrefix(answer, "354") {
				_, err = text.ReadDotBytes()
			} else {
				var line string
				line, err = text.ReadLine()
				word, _, _ := strings.Cut(line, " ")
				lines = append(lines, word)
			}
			if err != nil {
				return
			}
		}
	}()
	config = mail.Config{URL: "smtp://" + ln.Addr().String() + "?tls=none", From: "no-reply@prakerja.example", HELO: "gelombang.example", Timeout: 10 * time.Second}
	return config, func() []string { <-done; return lines }
}

func TestAServerThatTalksNonsenseIsNotBelieved(t *testing.T) {
	hello := []string{"220 mail.test", "250 mail.test"}
	tests := map[string]struct {
		answers []string
		kind    mail.Kind
		step    mail.Step
	}{
		"after the sender":           {[]string{"siti.rahayu@example.com?"}, mail.Unavailable, mail.StepSender},
		"yes too early":              {[]string{"250 ok", "250 ok", "250 ok, siti.rahayu@example.com"}, mail.Unavailable, mail.StepBody},
		"after the message":          {[]string{"250 ok", "250 ok", "354 go", "what, siti.rahayu@example.com?"}, mail.Uncertain, mail.StepAccept},
		"go on, after the message":   {[]string{"250 ok", "250 ok", "354 go", "354 siti.rahayu@example.com"}, mail.Uncertain, mail.StepAccept},
		"hangs up after the message": {[]string{"250 ok", "250 ok", "354 go"}, mail.Uncertain, mail.StepAccept},
		"hangs up before it":         {[]string{"250 ok", "250 ok"}, mail.Unavailable, mail.StepBody},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := script(t, append(hello, tt.answers...)...)
			session := open(t, c)
			e := failed(t, session.Send(t.Context(), letter()))
			if e.Kind != tt.kind || e.Step != tt.step {
				t.Errorf("%s at %s, want %s at %s", e.Kind, e.Step, tt.kind, tt.step)
			}
		})
	}
}

func TestWhatWasHalfSaidIsTakenBackBeforeTheNextMessage(t *testing.T) {
	c, heard := script(t, "220 mail.test", "250 mail.test", "250 ok", "550 no", "250 reset", "250 ok", "250 ok", "354 go", "250 taken", "221 bye")
	session := open(t, c)
	if e := failed(t, session.Send(t.Context(), letter())); e.Kind != mail.Refused {
		t.Errorf("%s, want %s", e.Kind, mail.Refused)
	}
	send(t, session, letter())
	session.Close()
	want := []string{"EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT", ""}
	if diff := cmp.Diff(want, heard()); diff != "" {
		t.Errorf("dialogue (-want +got):\n%s", diff)
	}
}
