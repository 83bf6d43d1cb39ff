package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

type requestIDKey struct{}

// contextHandler adds the id of the request in whose context something is logged.
type contextHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h contextHandler) Handle(ctx context.Context, record slog.Record) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		record.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}

// observer gives each request an id, logs it and measures it. Of the request it records the method,
// the route and the answer, and nothing that a client can put personal data into: no path, no
// query string, no header, no body. An id that a client sends is not taken over for that reason.
type observer struct {
	next    http.Handler
	log     *slog.Logger
	metrics *httpMetrics
}

// ServeHTTP implements http.Handler.
func (o observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	id := rand.Text()
	w.Header().Set("X-Request-Id", id)
	ctx := context.WithValue(r.Context(), requestIDKey{}, id)
	r = r.WithContext(ctx)
	answer := &answerRecorder{ResponseWriter: w}
	o.metrics.inFlight.Inc()
	defer o.metrics.inFlight.Dec()
	defer func() { // also when the connection is cut
		took, route := time.Since(began), routeOf(r)
		o.metrics.observe(r.Method, route, answer.code(), took)
		o.log.Log(ctx, levelOf(route, answer.code()), "request",
			slog.String("method", methodLabel(r.Method)), slog.String("route", route), slog.Int("status", answer.code()),
			slog.Int64("bytes", answer.bytes), slog.Duration("took", took.Round(time.Microsecond)))
	}()
	o.guarded(ctx, answer, r)
}

// guarded answers the request, also when the program panics.
func (o observer) guarded(ctx context.Context, answer *answerRecorder, r *http.Request) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(value) // how a handler asks net/http to cut the connection
		}
		// The value may repeat what was received; where it happened is enough to mend it.
		o.log.ErrorContext(ctx, "a request made the program panic", slog.String("stack", string(debug.Stack())))
		if answer.status == 0 {
			http.Error(answer, "internal error", http.StatusInternalServerError)
		}
	}()
	o.next.ServeHTTP(answer, r)
}

// levelOf keeps what monitoring asks every few seconds out of the log.
func levelOf(route string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError && route != routeReady:
		return slog.LevelError
	case route == routeReady || route == routeHealth || route == routeMetrics:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// routeOf names the route by its pattern, which has no part of the path in it.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

// methodLabel keeps made-up methods out of logs and metrics.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// answerRecorder remembers the status and the size of an answer.
type answerRecorder struct {
	http.ResponseWriter
	status int // 0 before the header is written
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (a *answerRecorder) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answerRecorder) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher, for answers that are streamed.
func (a *answerRecorder) Flush() {
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (a *answerRecorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answerRecorder) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}
