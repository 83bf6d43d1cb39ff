package mail_test

import (
	"strings"
	"testing"
	"time"

	"gelombang/internal/mail"
)

func TestServersThatAreTakenAndThoseThatAreNot(t *testing.T) {
	tests := map[string]struct{ address, fault string }{
		"smtp://mail.example.org":                         {address: "mail.example.org:587"},
		"smtp://mail.example.org/":                        {address: "mail.example.org:587"},
		"smtps://mail.example.org":                        {address: "mail.example.org:465"},
		"smtp://u:hunter2@mail.example.org:25":            {address: "mail.example.org:25"},
		"smtp://u%40x:hunter2%2F%23@mail.example.org:587": {address: "mail.example.org:587"},
		"smtps://u:hunter2@[2001:db8::1]:465":             {address: "[2001:db8::1]:465"},
		"smtp://127.0.0.1:1025?tls=none":                  {address: "127.0.0.1:1025"},
		"smtp://[::1]:1025?tls=none":                      {address: "[::1]:1025"},
		"smtp://localhost:1025/?tls=none":                 {address: "localhost:1025"},
		"":                                                {fault: "no mail server: write smtp://"},
		"mail.example.org:587":                            {fault: "does not begin with smtp:// or smtps://"},
		"https://u:hunter2@mail.example.org":              {fault: "does not begin with smtp:// or smtps://"},
		"smtp:mail.example.org":                           {fault: "has no host"},
		"smtp://u:hunter2@":                               {fault: "has no host"},
		"smtp://u:hunter2@mail example":                   {fault: "cannot be read"},
		"smtp://u:hunter2@mail_.example":                  {fault: "not a host name"},
		"smtp://u:hunter2/#@mail.example.org:587":         {fault: "cannot be read"},
		"smtp://u:hunter2%@mail.example.org:587":          {fault: "cannot be read"},
		"smtp://u:hunter2@mail.example.org/x":             {fault: "goes on after the port"},
		"smtp://u:hunter2@mail.example.org#x":             {fault: "goes on after the port"},
		"smtp://u:hunter2@mail.example.org:0":             {fault: "not a number from 1 to 65535"},
		"smtp://u:hunter2@mail.example.org:70000":         {fault: "not a number from 1 to 65535"},
		"smtp://u@mail.example.org":                       {fault: "without a password"},
		"smtp://:hunter2@mail.example.org":                {fault: "without a password"},
		"smtp://u:hunter2@mail.example.org?tls=none":      {fault: "for a server on this machine"},
		"smtp://10.0.0.1?tls=none":                        {fault: "for a server on this machine"},
		"smtps://127.0.0.1?tls=none":                      {fault: "smtps:// is TLS"},
		"smtp://127.0.0.1?tls=hunter2":                    {fault: "option that is not known"},
		"smtp://127.0.0.1?TLS=none":                       {fault: "option that is not known"},
		"smtp://127.0.0.1?tls=none&tls=none":              {fault: "option that is not known"},
		"smtp://127.0.0.1?hunter2=%zz":                    {fault: "cannot be read"},
	}
	for url, want := range tests {
		err := mail.CheckURL(url)
		if want.fault == "" {
			if err != nil {
				t.Errorf("%s: %v", url, err)
				continue
			}
			m := mailer(t, mail.Config{URL: url, From: "no-reply@prakerja.example"})
			if m.Server() != want.address {
				t.Errorf("%s: server %s, want %s", url, m.Server(), want.address)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want.fault) {
			t.Errorf("%s: %v, want %q", url, err, want.fault)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", url, err)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefusedAtOnce(t *testing.T) {
	tests := map[string]struct {
		change func(*mail.Config)
		fault  string
	}{
		"no sender":      {func(c *mail.Config) { c.From = "" }, "the sender is not an address"},
		"two lines":      {func(c *mail.Config) { c.From = "A\r\nBcc: x@example.org <a@example.org>" }, "the sender is not an address"},
		"no domain":      {func(c *mail.Config) { c.From = "Prakerja" }, "the sender is not an address"},
		"quoted":         {func(c *mail.Config) { c.From = `"a b"@example.org` }, "the sender is not an address"},
		"answers":        {func(c *mail.Config) { c.ReplyTo = "x" }, "the address for answers is not"},
		"return path":    {func(c *mail.Config) { c.ReturnPath = "x" }, "the return path is not"},
		"HELO":           {func(c *mail.Config) { c.HELO = "a b" }, "the name for HELO"},
		"HELO injection": {func(c *mail.Config) { c.HELO = "a\r\nb" }, "the name for HELO"},
		"timeout":        {func(c *mail.Config) { c.Timeout = -time.Second }, "a time limit is negative"},
		"accept timeout": {func(c *mail.Config) { c.AcceptTimeout = -time.Second }, "a time limit is negative"},
		"no server":      {func(c *mail.Config) { c.URL = "" }, "no mail server"},
	}
	for name, tt := range tests {
		c := mail.Config{URL: "smtp://mail.example.org", From: "Kartu Prakerja <no-reply@prakerja.example>"}
		tt.change(&c)
		if _, err := mail.New(c); err == nil || !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v, want %q", name, err, tt.fault)
		}
	}
}
