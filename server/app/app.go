// Package app is the composition root: it opens the database, makes the registry, and puts the
// GraphQL API, the intake of webhooks, the pages and the metrics behind one HTTP server. It holds
// no rule and reads no flag, so that the whole program can be run in one process, several times,
// on a port of the system's choosing.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"gelombang/graph/globalid"
	"gelombang/internal/jobs"
	"gelombang/internal/registry"
	"gelombang/internal/remind"
	"gelombang/server/auth"
	"gelombang/server/config"
	"gelombang/webhooks"
	"gelombang/webhooks/outbound"
)

// Config is what a server needs.
type Config struct {
	Store Store       // required
	HTTP  config.HTTP // required
	// Messages says how people and other programs are reached. Optional: without it no e-mail is sent.
	Messages config.Messages
	Tokens   auth.Config // required, but for Clock and Log, which are those of the store
	Version  string      // shown on the page at the root and in the metrics
	Note     string      // shown on the page at the root; optional
}

// Server is the whole program. Its life is New, Listen, Serve, Close.
type Server struct {
	cfg       Config
	log       *slog.Logger
	registry  *registry.Registry
	intake    *webhooks.Handler
	health    *health
	http      *http.Server
	listener  net.Listener
	stopKeys  context.CancelFunc // ends the refreshing of the JWKS
	sender    *outbound.Sender
	jobs      *jobs.Jobs
	reminders *remind.Sender
}

// New opens the database and puts the parts together. It does not listen yet. The error for a
// Postgres of another version wraps [db.ErrPendingMigrations] or [db.ErrNewerDatabase].
func New(ctx context.Context, cfg Config) (_ *Server, err error) {
	cfg.Store.Log = slog.New(contextHandler{cfg.Store.Log.Handler()})
	s := &Server{cfg: cfg, log: cfg.Store.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	policy, err := cfg.Messages.Outbound()
	if err != nil {
		return nil, err
	}
	cfg.Store.CheckURL = func(address string) error {
		var unfit *outbound.URLError
		if err := policy.CheckURL(address); errors.As(err, &unfit) {
			return errors.New(unfit.Reason)
		}
		return nil
	}
	if s.registry, err = cfg.Store.Open(ctx); err != nil {
		return nil, err
	}
	keysCtx, stopKeys := context.WithCancel(context.WithoutCancel(ctx))
	s.stopKeys = stopKeys
	tokens := cfg.Tokens
	tokens.Clock, tokens.Log = cfg.Store.Clock, s.log
	verifier, err := auth.NewVerifier(keysCtx, tokens)
	if err != nil {
		return nil, err
	}
	metrics := newMetrics(s.registry.DB(), cfg.Version)
	metrics.MustRegister(alertCollector{s.registry, s.log})
	if s.jobs, err = s.work(metrics); err != nil {
		return nil, err
	}
	s.health = &health{db: s.registry.DB(), log: s.log}
	if s.intake, err = webhooks.NewHandler(webhooks.Config{Registry: s.registry, Log: s.log, Metrics: metrics, DeliveryID: deliveryID}); err != nil {
		return nil, err
	}
	handler, err := s.routes(verifier, metrics)
	if err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: cfg.HTTP.ReadHeaderTimeout,
		ReadTimeout:       cfg.HTTP.ReadTimeout,
		WriteTimeout:      cfg.HTTP.WriteTimeout,
		IdleTimeout:       cfg.HTTP.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// deliveryID is a delivery's id as GraphQL has it.
func deliveryID(id int) string { return globalid.Encode("Delivery", id) }

// maxHeaderBytes leaves room for a token and little else.
const maxHeaderBytes = 32 << 10

// Registry is the registry behind the server.
func (s *Server) Registry() *registry.Registry { return s.registry }

// Listen begins to listen, so that an address in use is found before anything else happens, and
// returns the address with the port that was chosen.
func (s *Server) Listen(ctx context.Context) (net.Addr, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.cfg.HTTP.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on GELOMBANG_ADDR: %w", err)
	}
	s.listener = l
	return l.Addr(), nil
}

// Serve answers requests until ctx ends. It then stops listening, finishes the requests and the
// groups of deliveries under way, within the shutdown timeout, and returns. An orderly stop is no
// error.
func (s *Server) Serve(ctx context.Context) error {
	if err := s.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	s.log.InfoContext(ctx, "serving", slog.String("address", s.listener.Addr().String()), slog.String("version", s.cfg.Version), slog.String("database", string(s.registry.DB().Dialect)))
	select {
	case err := <-failed:
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.HTTP.ShutdownTimeout)
		defer cancel()
		return errors.Join(fmt.Errorf("serve: %w", err), s.jobs.Stop(stopping))
	case <-ctx.Done():
	}
	return s.stop(context.WithoutCancel(ctx), failed)
}

func (s *Server) stop(ctx context.Context, failed <-chan error) error {
	s.health.stopping.Store(true)
	s.log.InfoContext(ctx, "stopping: finishing what is under way", slog.Duration("within", s.cfg.HTTP.ShutdownTimeout))
	ctx, cancel := context.WithTimeout(ctx, s.cfg.HTTP.ShutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("requests did not finish within the shutdown timeout: %w", err)
		// Cut what is left: what was not answered is sent again.
		err = errors.Join(err, s.http.Close())
	}
	if serr := <-failed; !errors.Is(serr, http.ErrServerClosed) {
		err = errors.Join(err, serr)
	}
	err = errors.Join(err, s.jobs.Stop(ctx))
	if cerr := s.intake.Close(ctx); cerr != nil {
		err = errors.Join(err, fmt.Errorf("finish the deliveries under way: %w", cerr))
	}
	if err == nil {
		s.log.InfoContext(ctx, "stopped")
	}
	return err
}

// Close releases what New and Listen took. It is for after Serve, or instead of it.
func (s *Server) Close() error {
	var err error
	if s.listener != nil {
		if cerr := s.listener.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) {
			err = cerr
		}
	}
	if s.stopKeys != nil {
		s.stopKeys()
	}
	if s.sender != nil {
		s.sender.Close()
	}
	if s.registry != nil {
		err = errors.Join(err, s.registry.DB().Close())
	}
	return err
}
