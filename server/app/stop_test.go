package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/server/app"
)

// A request is under way when the stop begins: its headers have been taken, its body has not.
func TestAStopFinishesWhatIsUnderWay(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	taken := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(taken) }})
	request := r.purchase(ctx, t, "INV-1")
	whole, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	slow, rest := io.Pipe()
	request.Body, request.GetBody = slow, nil
	request.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	t.Cleanup(transport.CloseIdleConnections)

	type outcome struct {
		status int
		body   string
		err    error
	}
	answered := make(chan outcome, 1)
	go func() {
		answer, err := transport.RoundTrip(request)
		if err != nil {
			answered <- outcome{err: err}
			return
		}
		body, err := io.ReadAll(answer.Body)
		answered <- outcome{answer.StatusCode, string(body), errors.Join(err, answer.Body.Close())}
	}()
	<-taken // the intake reads the body

	stopping := r.log.await("stopping")
	r.stop()
	<-stopping
	select {
	case err := <-r.done:
		t.Fatalf("the server ended with a request under way: %v", err)
	case got := <-answered:
		t.Fatalf("answered before the body was sent: %+v", got)
	default:
	}
	if _, err := rest.Write(whole); err != nil {
		t.Fatal(err)
	}
	if err := rest.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got.err != nil || got.status != http.StatusOK {
		t.Fatalf("answer: %+v", got)
	}
	if err := <-r.done; err != nil {
		t.Fatalf("serve: %v", err)
	}
	if n, err := r.Registry().DB().Client().Purchase.Query().Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d purchases, %v; want the one that was under way", n, err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://")); err == nil {
		t.Error("still listening")
		_ = conn.Close()
	}
}

func TestAStopDoesNotWaitForEver(t *testing.T) {
	book := &logbook{awaited: map[string]chan struct{}{}}
	cfg := testConfig(t, dbtest.Config(t, db.SQLite), book)
	cfg.HTTP.ShutdownTimeout = time.Millisecond
	s, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	taken := make(chan struct{})
	trace := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(taken) }})
	never, keep := io.Pipe()
	t.Cleanup(func() { _ = keep.Close() })
	request, err := http.NewRequestWithContext(trace, http.MethodPost, "http://"+addr.String()+"/webhooks/tokopedia", never)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue")
	cut := make(chan error, 1)
	go func() {
		answer, err := (&http.Transport{ExpectContinueTimeout: time.Minute, DisableKeepAlives: true}).RoundTrip(request)
		if err == nil {
			err = answer.Body.Close()
		}
		cut <- err
	}()
	<-taken
	stop()
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("serve: %v, want the shutdown timeout", err)
	}
	_ = keep.Close()
	if err := <-cut; err == nil {
		t.Log("the request was answered before it was cut")
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
