package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"time"

	"gelombang/internal/mail"
	"gelombang/webhooks/outbound"
)

// Messages says how we reach people and other programs: e-mail, and webhooks of our own.
type Messages struct {
	SMTP         Secret `name:"smtp-url" env:"GELOMBANG_SMTP_URL" group:"messages" placeholder:"URL" help:"The mail server for reminders: smtp://user:password@host:587, which must offer STARTTLS, or smtps://user:password@host:465. Without it no e-mail is sent. Better set in the environment, where other users of the machine cannot read it."`
	From         string `name:"mail-from" env:"GELOMBANG_MAIL_FROM" group:"messages" placeholder:"ADDRESS" help:"Whom reminders come from, such as \"Kartu Prakerja <no-reply@example.org>\". Required with GELOMBANG_SMTP_URL."`
	ReplyTo      string `name:"mail-reply-to" env:"GELOMBANG_MAIL_REPLY_TO" group:"messages" placeholder:"ADDRESS" help:"Where answers to reminders go."`
	ReturnPath   string `name:"mail-return-path" env:"GELOMBANG_MAIL_RETURN_PATH" group:"messages" placeholder:"ADDRESS" help:"Where the mail that cannot be delivered comes back to; GELOMBANG_MAIL_FROM when absent."`
	PerMinute    int    `name:"mails-per-minute" env:"GELOMBANG_MAILS_PER_MINUTE" default:"1200" group:"messages" placeholder:"N" help:"How many e-mails this server sends a minute at most (default ${default})."`
	Connections  int    `name:"mail-connections" env:"GELOMBANG_MAIL_CONNECTIONS" default:"4" group:"messages" placeholder:"N" help:"How many connections to the mail server this server keeps at most (default ${default})."`
	Texts        string `name:"texts" env:"GELOMBANG_TEXTS" group:"messages" placeholder:"DIR" help:"A directory of texts for reminders that take the place of the program's own, under the same file names."`
	DashboardURL string `name:"dashboard-url" env:"GELOMBANG_DASHBOARD_URL" group:"messages" placeholder:"URL" help:"The recipients' dashboard, which reminders link to."`
	HelpURL      string `name:"help-url" env:"GELOMBANG_HELP_URL" group:"messages" placeholder:"URL" help:"Where recipients find help, which reminders link to."`

	PrivateEndpoints string        `name:"private-endpoints" env:"GELOMBANG_PRIVATE_ENDPOINTS" group:"messages" placeholder:"CIDR,…" help:"Private networks in which endpoints for our own webhooks may be, such as 10.1.0.0/16; without it there are none."`
	PlainEndpoints   bool          `name:"plain-endpoints" env:"GELOMBANG_PLAIN_ENDPOINTS" group:"messages" help:"Allow http:// endpoints in those private networks."`
	KeepMessages     time.Duration `name:"keep-messages" env:"GELOMBANG_KEEP_MESSAGES" default:"720h" group:"messages" placeholder:"D" help:"How long the texts of our own webhooks are kept once they have arrived or were given up, so that they can be sent again (default ${default}, which is 30 days); 0s for ever."`
}

// Mail is the mail server, as package mail wants it, and whether there is one.
func (m Messages) Mail() (mail.Config, bool) {
	return mail.Config{URL: string(m.SMTP), From: m.From, ReplyTo: m.ReplyTo, ReturnPath: m.ReturnPath}, m.SMTP != ""
}

// Outbound is what our own webhooks may call.
func (m Messages) Outbound() (outbound.Policy, error) {
	policy := outbound.Policy{AllowHTTP: m.PlainEndpoints}
	var problems []error
	for _, text := range list(m.PrivateEndpoints) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%q is no network: write it as 10.1.0.0/16", text))
			continue
		}
		policy.AllowPrivate = append(policy.AllowPrivate, network)
	}
	if err := errors.Join(problems...); err != nil {
		return policy, each("GELOMBANG_PRIVATE_ENDPOINTS", err)
	}
	return policy, nil
}

// Check reports everything that is wrong with the settings.
func (m Messages) Check() error {
	var problems []error
	if _, err := m.Outbound(); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, m.checkMail()...)
	for _, link := range []struct{ name, address string }{{"GELOMBANG_DASHBOARD_URL", m.DashboardURL}, {"GELOMBANG_HELP_URL", m.HelpURL}} {
		if u, err := url.Parse(link.address); link.address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			problems = append(problems, fmt.Errorf("%s is no address of a web page: set one such as https://example.org", link.name))
		}
	}
	if m.Texts != "" {
		if info, err := os.Stat(m.Texts); err != nil || !info.IsDir() {
			problems = append(problems, errors.New("GELOMBANG_TEXTS is no directory: set one, or leave it out for the program's own texts"))
		}
	}
	if m.PlainEndpoints && m.PrivateEndpoints == "" {
		problems = append(problems, errors.New("GELOMBANG_PLAIN_ENDPOINTS is set but GELOMBANG_PRIVATE_ENDPOINTS is not: only private networks are called without encryption"))
	}
	if m.KeepMessages < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_KEEP_MESSAGES is %v: set 0s to keep them for ever, or more, such as 720h", m.KeepMessages))
	}
	return errors.Join(problems...)
}

func (m Messages) checkMail() []error {
	if m.SMTP == "" {
		if m.From != "" || m.ReplyTo != "" || m.ReturnPath != "" {
			return []error{errors.New("GELOMBANG_SMTP_URL is missing: set it to the mail server, or leave the settings of e-mail out")}
		}
		return nil
	}
	var problems []error
	if err := mail.CheckURL(string(m.SMTP)); err != nil {
		problems = append(problems, each("GELOMBANG_SMTP_URL", err))
	}
	if m.From == "" {
		problems = append(problems, errors.New("GELOMBANG_MAIL_FROM is missing: set it to whom reminders come from, such as \"Kartu Prakerja <no-reply@example.org>\""))
	}
	if len(problems) == 0 {
		cfg, _ := m.Mail()
		if _, err := mail.New(cfg); err != nil {
			problems = append(problems, fmt.Errorf("GELOMBANG_MAIL_FROM, GELOMBANG_MAIL_REPLY_TO and GELOMBANG_MAIL_RETURN_PATH: %w", err))
		}
	}
	if m.PerMinute < 1 || m.Connections < 1 || m.Connections > 32 {
		problems = append(problems, errors.New("GELOMBANG_MAILS_PER_MINUTE is at least 1, and GELOMBANG_MAIL_CONNECTIONS 1 to 32"))
	}
	return problems
}
