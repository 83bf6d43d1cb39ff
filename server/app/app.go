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
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/registry"
	"gelombang/server/auth"
	"gelombang/server/config"
	"gelombang/webhooks"
)

// Config is what a server needs.
type Config struct {
	Store   Store       // required
	HTTP    config.HTTP // required
	Tokens  auth.Config // required, but for Clock and Log, which are those of the store
	Version string      // shown on the page at the root and in the metrics
	Note    string      // shown on the page at the root; optional
}

// Server is the whole program. Its life is New, Listen, Serve, Close.
type Server struct {
	cfg      Config
	log      *slog.Logger
	registry *registry.Registry
	intake   *webhooks.Handler
	health   *health
	http     *http.Server
	listener net.Listener
	stopKeys context.CancelFunc // ends the refreshing of the JWKS
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
	upkeep := startMaintenance(ctx, s.log, s.tasks()...)
	defer upkeep.stop()
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	s.log.InfoContext(ctx, "serving", slog.String("address", s.listener.Addr().String()), slog.String("version", s.cfg.Version), slog.String("database", string(s.registry.DB().Dialect)))
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
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
	if cerr := s.intake.Close(ctx); cerr != nil {
		err = errors.Join(err, fmt.Errorf("finish the deliveries under way: %w", cerr))
	}
	if err == nil {
		s.log.InfoContext(ctx, "stopped")
	}
	return err
}

// tasks are what is done beside answering.
func (s *Server) tasks() []task {
	tasks := []task{
		{name: "retry quarantined deliveries", every: time.Minute, run: s.retryWaiting},
		{name: "renew the words of the catalogue", every: 24 * time.Hour, run: s.renewSearch},
	}
	if s.cfg.HTTP.KeepBodies > 0 {
		tasks = append(tasks, task{name: "remove the bodies of old deliveries", every: time.Hour, run: s.pruneBodies})
	}
	return tasks
}

func (s *Server) retryWaiting(ctx context.Context) error {
	applied, err := s.registry.RetryWaiting(ctx)
	if applied > 0 {
		s.log.InfoContext(ctx, "deliveries left the quarantine", slog.Int("applied", applied))
	}
	return err
}

// renewSearch makes the words anew of offerings that another version of the program wrote.
func (s *Server) renewSearch(ctx context.Context) error {
	renewed, err := s.registry.RenewSearch(ctx)
	if renewed > 0 {
		s.log.InfoContext(ctx, "offerings are found by their words anew", slog.Int("offerings", renewed))
	}
	return err
}

func (s *Server) pruneBodies(ctx context.Context) error {
	pruned, err := s.registry.PruneBodies(ctx, s.cfg.HTTP.KeepBodies)
	if pruned > 0 {
		s.log.InfoContext(ctx, "the bodies of old deliveries were removed", slog.Int("deliveries", pruned))
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
	if s.registry != nil {
		err = errors.Join(err, s.registry.DB().Close())
	}
	return err
}
