package app

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func observed(t *testing.T, log *bytes.Buffer, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /thing/{card}", handler)
	logger := slog.New(contextHandler{slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})})
	server := httptest.NewServer(observer{next: mux, log: logger, metrics: newHTTPMetrics(prometheus.NewRegistry())})
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(raw)
}

func TestAPanicIsAnsweredAndLoggedWithoutItsValue(t *testing.T) {
	var log bytes.Buffer
	server := observed(t, &log, func(http.ResponseWriter, *http.Request) { panic("card 1300000000000042") })
	status, _, body := get(t, server.URL+"/thing/1300000000000042")
	server.Close()
	if status != http.StatusInternalServerError || body != "internal error\n" {
		t.Errorf("answer %d %q", status, body)
	}
	if !strings.Contains(log.String(), "requestlog_test.go") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("the log does not say where:\n%s", log.String())
	}
	if strings.Contains(log.String(), "1300000000000042") {
		t.Errorf("the log holds the value:\n%s", log.String())
	}
}

func TestARequestIsLoggedByItsRouteUnderTheIdItWasGiven(t *testing.T) {
	var log bytes.Buffer
	var logger *slog.Logger
	server := observed(t, &log, func(w http.ResponseWriter, r *http.Request) {
		logger.InfoContext(r.Context(), "inside")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "tea")
		if f, ok := w.(http.Flusher); !ok {
			t.Error("an answer cannot be streamed")
		} else {
			f.Flush()
		}
	})
	logger = slog.New(contextHandler{slog.NewTextHandler(&log, nil)})
	_, header, _ := get(t, server.URL+"/thing/1300000000000042?q=1300000000000042")
	server.Close()
	id := header.Get("X-Request-Id")
	if len(id) < 20 || strings.Count(log.String(), "request_id="+id) != 2 {
		t.Errorf("the id %q is not on both lines:\n%s", id, log.String())
	}
	for _, want := range []string{"method=GET", `route="GET /thing/{card}"`, "status=418", "bytes=3"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s:\n%s", want, log.String())
		}
	}
}
