package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/server/app"
	"gelombang/webhooks"
)

// singleCommand is the intake without its groups: the same code, a transaction for each delivery, and as many of them at
// a time as the pool has connections. `intake` starts it as a process of its own.
type singleCommand struct {
	Database string `required:"" placeholder:"URL" help:"The database."`
	Keys     string `required:"" placeholder:"DIR" help:"The keysets."`
	Addr     string `required:"" placeholder:"HOST:PORT" help:"Where to listen."`
}

// poolConnections is how many connections a server has by default.
const poolConnections = 16

// Run implements the command.
func (c *singleCommand) Run(t *terminal) (err error) {
	keys, err := secrets.Open(c.Keys)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	reg, err := app.Store{
		Database: db.Config{URL: c.Database, MaxConns: poolConnections}, Secrets: keys, Settings: rules.DefaultSettings(), Clock: time.Now, Log: log,
	}.Open(t.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reg.DB().Close()) }()
	free := make(chan *webhooks.Handler, poolConnections)
	for range poolConnections {
		h, err := webhooks.NewHandler(webhooks.Config{Registry: reg, Log: log, Committers: 1})
		if err != nil {
			return err
		}
		free <- h
	}
	// A handler that is given one delivery at a time has nothing to group.
	mux := http.NewServeMux()
	mux.HandleFunc(webhooks.Prefix, func(w http.ResponseWriter, r *http.Request) {
		h := <-free
		defer func() { free <- h }()
		h.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	err = serveUntil(t.ctx, c.Addr, mux)
	for range poolConnections {
		h := <-free
		err = errors.Join(err, h.Close(context.WithoutCancel(t.ctx)))
	}
	return err
}

// serveUntil serves until the context ends.
func serveUntil(ctx context.Context, addr string, handler http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(stopping)
	}
}
