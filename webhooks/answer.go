package webhooks

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// answer writes a JSON answer that nobody may cache.
func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte("{}") // the answers here are maps of strings
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a sender that has gone away will send again
}

// unauthorised is the one answer to everything that is not authentic. It does not tell what was wrong,
// nor whether there is such a platform.
func unauthorised(w http.ResponseWriter) {
	answer(w, http.StatusUnauthorized, map[string]string{"error": "unauthorized"})
}

// unavailable asks the sender to try again: nothing is lost as long as it does.
func (h *Handler) unavailable(w http.ResponseWriter) {
	w.Header().Set("Retry-After", h.retryAfter)
	answer(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily unavailable: send the same message again"})
}

func (h *Handler) answerReceipt(ctx context.Context, w http.ResponseWriter, platform string, r registry.Receipt) {
	if r.Err != nil {
		h.metrics.answered(platform, "unavailable")
		h.log.ErrorContext(ctx, "a delivery could not be recorded; its sender must send it again", slog.String("platform", platform), db.LogError(r.Err))
		h.unavailable(w)
		return
	}
	h.metrics.answered(platform, string(r.Status))
	body := map[string]string{"status": string(r.Status), "delivery": h.deliveryID(r.DeliveryID)}
	if r.Status != registry.Quarantined {
		answer(w, http.StatusOK, body)
		return
	}
	h.metrics.quarantined(platform, string(r.Reason))
	level := slog.LevelInfo
	if r.Reason == rules.ReasonMessageIDReused || r.Reason == rules.ReasonRejectedByDatabase {
		level = slog.LevelError // one is an attack or a fault of theirs, the other a fault of ours
	}
	h.log.Log(ctx, level, "a delivery went to quarantine", slog.String("platform", platform),
		slog.Int("delivery_id", r.DeliveryID), slog.String("reason", string(r.Reason)))
	body["reason"] = string(r.Reason)
	if r.Problem != "" {
		body["problem"] = r.Problem
	}
	answer(w, http.StatusAccepted, body)
}
