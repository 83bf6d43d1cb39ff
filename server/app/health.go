package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"gelombang/internal/db"
)

// readyTimeout bounds one look at the database.
const readyTimeout = 2 * time.Second

// health answers the two questions of whoever runs the server: does the process live, and should
// it be sent requests.
type health struct {
	db       *db.DB
	log      *slog.Logger
	stopping atomic.Bool
}

// alive answers 200 for as long as the process answers at all. It does not look at the database:
// restarting the program does not mend that.
func (h *health) alive(w http.ResponseWriter, _ *http.Request) { sayPlainly(w, http.StatusOK, "alive") }

// ready answers 200 when the database answers and has our version, and 503 otherwise and while the
// server is stopping.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if h.stopping.Load() {
		sayPlainly(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := h.check(ctx); err != nil {
		h.log.WarnContext(r.Context(), "not ready", db.LogError(err))
		sayPlainly(w, http.StatusServiceUnavailable, "the database does not answer, or has another version than this program; the log says more")
		return
	}
	sayPlainly(w, http.StatusOK, "ready")
}

func (h *health) check(ctx context.Context) error {
	if err := h.db.Ping(ctx); err != nil {
		return err
	}
	return h.db.CheckVersion(ctx)
}

func sayPlainly(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client may be gone
}
