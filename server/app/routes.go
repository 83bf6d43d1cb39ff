package app

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/graph"
	"gelombang/graph/trusted"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/server/auth"
	"gelombang/server/config"
	"gelombang/server/web"
	"gelombang/webhooks"
)

// The routes that monitoring asks, by their patterns.
const (
	routeHealth  = "GET /healthz"
	routeReady   = "GET /readyz"
	routeMetrics = "GET /metrics"
)

func (s *Server) routes(verifier *auth.Verifier, metrics *prometheus.Registry) (http.Handler, error) {
	home, err := web.HomePage(s.home)
	if err != nil {
		return nil, err
	}
	explorer, err := web.ExplorerPage()
	if err != nil {
		return nil, err
	}
	api, err := s.graphQL(metrics)
	if err != nil {
		return nil, err
	}
	assets := web.Assets()
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", home)
	mux.Handle("/graphql", noStore(verifier.Middleware(api)))
	mux.Handle("GET /graphiql", explorer)
	mux.Handle("GET /graphiql/{file}", assets)
	mux.Handle("GET /assets/{file}", assets)
	mux.HandleFunc(routeHealth, s.health.alive)
	mux.HandleFunc(routeReady, s.health.ready)
	mux.Handle(routeMetrics, metricsHandler(metrics))
	return observer{next: secured(intakeFirst(s.intake, mux)), log: s.log, metrics: newHTTPMetrics(metrics)}, nil
}

// graphQL is the handler of /graphql, with the settings of the server.
func (s *Server) graphQL(metrics prometheus.Registerer) (http.Handler, error) {
	settings := s.cfg.HTTP
	limits, err := settings.Limits()
	if err != nil {
		return nil, err
	}
	proxies, err := settings.Proxies()
	if err != nil {
		return nil, err
	}
	cfg := graph.Config{
		Registry: s.registry, Log: s.log, Version: s.cfg.Version, Introspection: introspection(settings.Introspection),
		Limits: limits, ClientAddress: (&clients{proxies: proxies, log: s.log}).address, Metrics: metrics,
		SmallestGroup: settings.SmallestGroup,
	}
	if cfg.Trusted, cfg.TrustedOnly, err = trustedDocuments(settings); err != nil {
		return nil, err
	}
	h, err := graph.NewHandler(cfg)
	if wrong := (*trusted.DocumentError)(nil); errors.As(err, &wrong) {
		return nil, fmt.Errorf("GELOMBANG_TRUSTED_DOCUMENTS: %w", err)
	}
	return h, err
}

// trustedDocuments reads the manifest, and who may run its documents only.
func trustedDocuments(settings config.HTTP) (*trusted.Documents, func(viewer.Viewer) bool, error) {
	roles, err := settings.TrustedRoles()
	if err != nil || settings.TrustedDocuments == "" {
		return nil, nil, err
	}
	manifest, err := os.ReadFile(settings.TrustedDocuments)
	if err != nil {
		return nil, nil, fmt.Errorf("GELOMBANG_TRUSTED_DOCUMENTS: %w", err)
	}
	documents, err := trusted.Parse(manifest)
	if err != nil {
		return nil, nil, fmt.Errorf("GELOMBANG_TRUSTED_DOCUMENTS: %w", err)
	}
	return documents, func(v viewer.Viewer) bool { return slices.Contains(roles, v.Role) }, nil
}

// introspection is who may ask for the schema.
func introspection(who config.Introspection) func(viewer.Viewer) bool {
	switch who {
	case config.Everyone:
		return func(viewer.Viewer) bool { return true }
	case config.Nobody:
		return func(viewer.Viewer) bool { return false }
	default:
		return viewer.Viewer.UsesExplorer
	}
}

// intakeFirst keeps webhooks away from the other routes. Those answer a path with a doubled slash by a
// redirect and an unknown one by 404, which to a sender of webhooks may mean to give up.
func intakeFirst(intake, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !meantForIntake(r.URL.Path) {
			others.ServeHTTP(w, r)
			return
		}
		r.Pattern = webhooks.Prefix
		intake.ServeHTTP(w, r)
	})
}

// meantForIntake reports whether a sender of webhooks would use the path, also by mistake: without the
// platform, or with a slash too many.
func meantForIntake(path string) bool {
	path = strings.TrimLeft(path, "/")
	return path == "webhooks" || strings.HasPrefix(path, strings.TrimPrefix(webhooks.Prefix, "/"))
}

// secured sets the headers that keep an answer from being taken for something else, or shown inside
// another page. The pages set a policy of their own, with what they load.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// noStore keeps answers that depend on who asks out of every cache. A handler that knows better of an answer says
// so.
func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) home() web.Home {
	return web.Home{
		WindowDays: s.cfg.Store.Settings.WindowDays,
		Now:        s.cfg.Store.Clock().In(rules.WIB).Format("Monday, 2 January 2006, 15:04 WIB"),
		Note:       s.cfg.Note,
		Version:    s.cfg.Version,
	}
}
