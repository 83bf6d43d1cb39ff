package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	"gelombang/server/app"
	"gelombang/server/config"
)

// serveCommand serves.
type serveCommand struct {
	Migrate bool `env:"GELOMBANG_MIGRATE" group:"database" help:"Bring a Postgres to this program's version before serving. The embedded database always is."`

	Database config.Database `embed:""`
	Tokens   config.Tokens   `embed:""`
	HTTP     config.HTTP     `embed:""`
	Messages config.Messages `embed:""`
	Rules    config.Rules    `embed:""`
}

// Help is shown by --help.
func (serveCommand) Help() string {
	return `Serves until SIGINT or SIGTERM, and then finishes what is under way.

Examples:

	gelombang
	gelombang serve --addr :8080 --log-format json
	DATABASE_URL=postgres://… GELOMBANG_KEYS=/etc/gelombang/keys GELOMBANG_JWT_JWKS=https://… gelombang serve`
}

// Check reports everything that is wrong with the settings, at once.
func (c *serveCommand) Check() error {
	return errors.Join(c.Database.Check(), c.Tokens.Check(c.Database.Embedded()), c.HTTP.Check(), c.Messages.Check(), c.Rules.Check())
}

// Run implements the command.
func (c *serveCommand) Run(t *terminal) error {
	if err := c.Check(); err != nil {
		return usage(err)
	}
	if c.Tokens.JWKS == "" && !c.HTTP.Loopback() {
		t.log.Warn("access tokens are signed with a shared secret, which is for development, and the server listens for other machines", slog.String("set", "GELOMBANG_JWT_JWKS"))
	}
	keys, err := keyring(c.Database)
	if err != nil {
		return err
	}
	tokens, err := tokenKeys(c.Tokens, c.Database)
	if err != nil {
		return err
	}
	s, err := app.New(t.ctx, app.Config{
		Store: app.Store{
			Database: c.Database.Open(), Migrate: c.Migrate, Secrets: keys, Settings: c.Rules.Settings(), Clock: time.Now, Log: t.log,
		},
		HTTP:     c.HTTP,
		Messages: c.Messages,
		Tokens:   tokens,
		Version:  version(),
	})
	if err != nil {
		return err
	}
	return serve(t, s, c.HTTP.Addr)
}

// serve listens and serves until the terminal's context ends.
func serve(t *terminal, s *app.Server, addr string) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := listen(t, s, addr); err != nil {
		return err
	}
	return s.Serve(t.ctx)
}

// listen begins to listen on the address of --addr.
func listen(t *terminal, s *app.Server, addr string) (net.Addr, error) {
	listening, err := s.Listen(t.ctx)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program, perhaps this one, listens on %s already: stop it, or choose another address with --addr or GELOMBANG_ADDR, such as 127.0.0.1:8081", addr)
	}
	return listening, err
}
