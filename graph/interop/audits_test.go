package interop_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gelombang/internal/viewer"
)

// TestTheEndpointPassesEveryAudit asks as somebody without a token. Some audits ask about the schema itself, so
// that everybody may here.
func TestTheEndpointPassesEveryAudit(t *testing.T) {
	server := newWorld(t).serve(viewer.Viewer{Role: viewer.Anonymous})
	text, ok := run(t, "", audits, server.URL)
	t.Log(text)
	if !ok {
		t.Error("not every audit was passed")
	}
}

func TestTheAuditsFindMistakes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data":{"__typename":"Query"}}`))
	}))
	t.Cleanup(server.Close)
	if text, ok := run(t, "", audits, server.URL); ok {
		t.Errorf("a server that answers everything alike passes:\n%s", text)
	}
}
