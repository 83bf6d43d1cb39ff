// Package webhooks is the HTTP intake of what the platforms report. A request goes one way: its body is
// limited, its signature verified over the raw bytes, the body parsed, the delivery submitted to the
// registry together with those of other requests, and answered when its group has committed.
//
// It decides nothing about what an event means, and writes nothing itself.
package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/openapi"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// Prefix is the path under which the handler lives: POST {Prefix}{platform code}.
const Prefix = "/webhooks/"

// maxBody is the largest body in bytes, inclusive.
const maxBody = 64 << 10

// defaultTolerance is how far a timestamp is looked at for a platform that does not exist.
const defaultTolerance = 300 * time.Second

// Config is what the intake needs.
type Config struct {
	// Registry takes the deliveries. Required.
	Registry *registry.Registry
	// Log is where trouble is told. Required.
	Log *slog.Logger
	// DeliveryID writes a delivery's id as the API knows it, so that a sender can look the delivery up.
	// Optional; without it the answer has the plain number.
	DeliveryID func(int) string
	// Metrics is where the intake's metrics are registered. Optional.
	Metrics prometheus.Registerer
	// Committers is how many groups may be committing at a time. Zero means two on Postgres and one on
	// SQLite, which has one writer. More than two gain nothing.
	Committers int
	// CommitTimeout bounds the commit of a group; what is not committed by then is answered 503. Zero means 30 s.
	CommitTimeout time.Duration
	// RetryAfter is what a 503 asks the sender to wait. Zero means 10 s.
	RetryAfter time.Duration
}

// Handler is the intake. It answers every path under [Prefix].
type Handler struct {
	registry   *registry.Registry
	log        *slog.Logger
	metrics    *metrics
	verifiers  *verifiers
	groups     *groups
	refusals   *refusals
	deliveryID func(int) string
	retryAfter string
}

// NewHandler returns an intake. Close it when the HTTP server has stopped.
func NewHandler(cfg Config) (*Handler, error) {
	if cfg.Registry == nil || cfg.Log == nil {
		return nil, errors.New("webhooks: Registry and Log are required")
	}
	if cfg.Committers == 0 {
		cfg.Committers = 1
		if cfg.Registry.DB().Dialect == db.Postgres {
			cfg.Committers = 2
		}
	}
	if cfg.CommitTimeout == 0 {
		cfg.CommitTimeout = 30 * time.Second
	}
	if cfg.RetryAfter == 0 {
		cfg.RetryAfter = 10 * time.Second
	}
	if cfg.DeliveryID == nil {
		cfg.DeliveryID = strconv.Itoa
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, err
	}
	return &Handler{
		registry: cfg.Registry, log: cfg.Log, metrics: m,
		verifiers:  newVerifiers(cfg.Registry),
		groups:     newGroups(cfg.Committers, cfg.CommitTimeout, cfg.Registry.Submit, m),
		refusals:   &refusals{log: cfg.Log},
		deliveryID: cfg.DeliveryID,
		retryAfter: strconv.Itoa(int(cfg.RetryAfter / time.Second)),
	}, nil
}

// Close finishes the groups under way and takes no more. It returns the context's error if they take longer.
func (h *Handler) Close(ctx context.Context) error { return h.groups.close(ctx) }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	if name == "openapi.json" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		serveContract(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, map[string]string{"error": "method not allowed: deliveries are posted"})
		return
	}
	h.intake(w, r, name)
}

func serveContract(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	if r.Method == http.MethodGet {
		_, _ = w.Write(openapi.Document) // a reader that has gone away is not our trouble
	}
}

// intake answers one delivery. The order of the checks is part of the contract.
func (h *Handler) intake(w http.ResponseWriter, r *http.Request, name string) {
	body, err := readBody(w, r)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			h.metrics.refused("", "body_too_large")
			answer(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "a body has at most 65536 bytes"})
			return
		}
		h.metrics.refused("", "body_incomplete")
		answer(w, http.StatusRequestTimeout, map[string]string{"error": "the body did not arrive whole, or not in time: send the same message again"})
		return
	}
	if len(r.Header.Values("Content-Encoding")) > 0 {
		h.metrics.refused("", "content_encoding")
		answer(w, http.StatusUnsupportedMediaType, map[string]string{"error": "send the body without Content-Encoding"})
		return
	}
	verifier, platform, err := h.verifiers.of(r.Context(), name)
	if err != nil {
		h.log.ErrorContext(r.Context(), "the platforms' keys cannot be read", db.LogError(err))
		h.unavailable(w)
		return
	}
	now := h.registry.Now()
	verified, err := signature.Verify(r.Header, r.URL.EscapedPath(), body, verifier.Keys, now, verifier.Tolerance)
	if err != nil {
		if verifier.Unreadable {
			// The fault may be ours; a 401 could make an authentic sender give up.
			h.metrics.refused(platform, "unreadable_key")
			h.unavailable(w)
			return
		}
		h.metrics.refused(platform, signature.Code(err))
		h.refusals.tell(r.Context(), platform, signature.Code(err))
		unauthorised(w)
		return
	}
	receipt := h.groups.submit(submission(verifier, verified, r.Header, body, now))
	h.answerReceipt(r.Context(), w, platform, receipt)
}

// readBody reads the body, or returns an *http.MaxBytesError without reading more than it may.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		w.Header().Set("Connection", "close")
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// submission reads the body, whose sender is known by now. What is not as the contract says is kept, too.
func submission(verifier registry.Verifier, verified signature.Verified, header http.Header, body []byte, now time.Time) registry.Submission {
	s := registry.Submission{
		PlatformID: verifier.PlatformID, KeyID: int(verified.KeyID), MessageID: verified.MessageID,
		SignedAt: verified.SignedAt, ReceivedAt: now, Headers: signatureHeaders(header), Body: body,
	}
	event, err := payload.Parse(body)
	if err == nil {
		s.Event, s.EventType = event, event.EventType()
		return s
	}
	s.Unreadable, s.Problem = rules.ReasonMalformed, "is not as the contract says"
	var refused *payload.Error
	if errors.As(err, &refused) {
		where := cmp.Or(refused.Path, "the body")
		s.Unreadable, s.EventType, s.Problem = refused.Reason, refused.Type, where+" "+refused.Problem
	}
	return s
}

// signatureHeaders keeps the headers that were verified, as they came.
func signatureHeaders(h http.Header) string {
	kept := map[string]string{}
	for name, values := range h {
		switch lower := strings.ToLower(name); lower {
		case "webhook-id", "webhook-timestamp", "webhook-signature", "client_code", "client-code", "timestamp", "signature":
			kept[lower] = strings.Join(values, ", ")
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return "{}" // a map of strings always has a JSON form
	}
	return string(text)
}
