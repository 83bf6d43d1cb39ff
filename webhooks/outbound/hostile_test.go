package outbound_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gelombang/webhooks/outbound"
)

// short is the time limit where the test waits for it to pass, long where it must not.
const (
	short = 150 * time.Millisecond
	long  = 30 * time.Second
)

func TestTimeLimitCoversTheWholeExchange(t *testing.T) {
	tests := []struct {
		name  string
		serve func(c net.Conn)
		want  outbound.Outcome
	}{
		{"no answer", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, outbound.Again},
		{"a status line that drips", func(c net.Conn) { drip(c, "H") }, outbound.Again},
		{"headers that drip", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			drip(c, "a: b\r\n")
		}, outbound.Again},
		{"early hints without end", func(c net.Conn) {
			drip(c, "HTTP/1.1 103 Early Hints\r\n\r\n")
		}, outbound.Again},
		// It said that it has the message.
		{"a body that drips after 200", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
			drip(c, "x")
		}, outbound.Delivered},
		{"a body that drips after 500", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n")
			drip(c, "1\r\nx\r\n")
		}, outbound.Again},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := wire(t, afterRequest(tt.serve))
			s := newSender(t, outbound.Config{Policy: loopback, Timeout: short})
			got := s.Send(t.Context(), endpoint(url), message)
			if got.Outcome != tt.want || got.Took < short || got.Took > 20*short {
				t.Errorf("got %+v, want %s after %v", got, tt.want, short)
			}
			if got.Status == 0 && got.Problem != outbound.ProblemTimeout {
				t.Errorf("the problem is %q", got.Problem)
			}
		})
	}
}

// After 101 the connection is the receiver's to keep open; no context ends a read from it.
func TestSwitchingProtocolsDoesNotHoldTheSender(t *testing.T) {
	url := wire(t, afterRequest(func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		_, _ = io.Copy(io.Discard, c) // until the sender hangs up
	}))
	s := newSender(t, outbound.Config{Policy: loopback, Timeout: short})
	done := make(chan outbound.Result, 1)
	go func() { done <- s.Send(context.WithoutCancel(t.Context()), endpoint(url), message) }()
	select {
	case got := <-done:
		if got.Outcome != outbound.Again || got.Status != 101 || got.Problem != outbound.ProblemStatus {
			t.Errorf("got %+v", got)
		}
	case <-time.After(long):
		t.Fatal("still waiting")
	}
}

func TestBodyWithoutEndIsNotReadOn(t *testing.T) {
	for _, status := range []int{200, 500} {
		ended := make(chan int, 1)
		url := wire(t, afterRequest(func(c net.Conn) {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 %d X\r\nContent-Length: 1000000000000\r\n\r\n", status)
			sent, chunk := 0, make([]byte, 64<<10)
			for {
				n, err := c.Write(chunk)
				sent += n
				if err != nil {
					ended <- sent
					return
				}
			}
		}))
		s := newSender(t, outbound.Config{Policy: loopback, Timeout: long})
		got := s.Send(t.Context(), endpoint(url), message)
		if got.Status != status || got.Took > long/2 {
			t.Errorf("got %+v", got)
		}
		if sent := <-ended; sent > 64<<20 { // what was not read lies in the buffers of the two sockets
			t.Errorf("%d bytes were taken", sent)
		}
	}
}

func TestHeadersWithoutEndAreNotReadOn(t *testing.T) {
	for name, endless := range map[string]string{
		"headers":     "a: " + strings.Repeat("x", 1000) + "\r\n",
		"one header":  strings.Repeat("x", 1000),
		"early hints": "\r\nHTTP/1.1 103 Early Hints\r\na: " + strings.Repeat("x", 1000) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			url := wire(t, afterRequest(func(c net.Conn) {
				_, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nb: ")
				for err == nil {
					_, err = io.WriteString(c, endless)
				}
			}))
			s := newSender(t, outbound.Config{Policy: loopback, Timeout: long})
			got := s.Send(t.Context(), endpoint(url), message)
			if got.Outcome != outbound.Again || got.Problem != outbound.ProblemConnection || got.Took > long/2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestHugeHeadersByHTTP2AreRefused(t *testing.T) {
	server := tlsServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("x-%d", i), strings.Repeat("x", 1000))
		}
	}), true)
	s := newSender(t, outbound.Config{Policy: loopback, RootCAs: trust(server)})
	if got := s.Send(t.Context(), endpoint(server.URL), message); got.Outcome != outbound.Again || got.Problem != outbound.ProblemConnection {
		t.Errorf("got %+v", got)
	}
}

func TestCompressedAnswerIsNotUnpacked(t *testing.T) {
	box := &inbox{}
	s := newSender(t, outbound.Config{Policy: loopback})
	s.Send(t.Context(), endpoint(plainServer(t, box).URL), message)
	if accepted := box.got[0].header.Get("Accept-Encoding"); accepted != "" {
		t.Errorf("we ask for %s", accepted)
	}
}

// net/http writes what nobody asked for to the standard logger.
func TestWhatNobodyAskedForIsNotLogged(t *testing.T) {
	var logged bytes.Buffer // read when the connection has ended, after which nothing is written
	before := log.Writer()
	log.SetOutput(&logged)
	defer log.SetOutput(before)
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + string(body))
	handshake := tlsServer(t, &inbox{}, false)
	for _, scheme := range []string{"http", "https"} {
		ended := make(chan struct{})
		url := wire(t, func(c net.Conn, r *bufio.Reader, _ int) {
			defer close(ended)
			if scheme == "https" {
				encrypted := tls.Server(c, handshake.TLS)
				c, r = encrypted, bufio.NewReader(encrypted)
			}
			afterRequest(func(c net.Conn) {
				_, _ = c.Write(answer)
				_, _ = io.Copy(io.Discard, c)
			})(c, r, 0)
		})
		s := newSender(t, outbound.Config{Policy: loopback, RootCAs: trust(handshake), Timeout: long})
		got := s.Send(t.Context(), endpoint(scheme+strings.TrimPrefix(url, "http")), message)
		if got.Outcome != outbound.Delivered {
			t.Errorf("%s: got %+v", scheme, got)
		}
		<-ended
	}
	if strings.Contains(logged.String(), "reminder") {
		t.Errorf("logged: %s", logged.String())
	}
}

// A receiver may close an idle connection just when the next message comes.
func TestConnectionThatWasJustClosedIsNoFailure(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	var requests atomic.Int32
	url := wire(t, func(c net.Conn, r *bufio.Reader, number int) {
		for readRequest(r) == nil {
			if requests.Add(1) == 2 && number == 1 {
				return
			}
			_, _ = io.WriteString(c, ok)
		}
	})
	s := newSender(t, outbound.Config{Policy: loopback, Timeout: long})
	for range 2 {
		if got := s.Send(t.Context(), endpoint(url), message); got.Outcome != outbound.Delivered {
			t.Errorf("got %+v", got)
		}
	}
	if requests.Load() != 3 {
		t.Errorf("%d requests, want the second one twice", requests.Load())
	}
}

func TestNetworkFailuresAreToldApart(t *testing.T) {
	server := tlsServer(t, &inbox{}, false)
	roots := trust(server) // httptest's servers have one certificate
	plain := plainServer(t, &inbox{})
	old := httptest.NewUnstartedServer(&inbox{})
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	closed := plainServer(t, &inbox{})
	closed.Close()
	hangsUp := wire(t, afterRequest(func(net.Conn) {}))
	speaksOther := wire(t, afterRequest(func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n") }))
	silent := wire(t, func(_ net.Conn, r *bufio.Reader, _ int) { _, _ = r.WriteTo(io.Discard) })
	dns := &names{}
	dns.add("other.example", "127.0.0.1")
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())

	tests := []struct {
		name, url string
		roots     *x509.CertPool
		want      outbound.Problem
	}{
		{"unknown authority", server.URL, x509.NewCertPool(), outbound.ProblemTLS},
		{"another name in the certificate", "https://other.example:" + port, roots, outbound.ProblemTLS},
		{"no TLS at the other end", "https" + strings.TrimPrefix(plain.URL, "http"), roots, outbound.ProblemTLS},
		{"an old TLS", old.URL, roots, outbound.ProblemTLS},
		{"silence in the handshake", "https" + strings.TrimPrefix(silent, "http"), roots, outbound.ProblemTimeout},
		{"nobody listens", closed.URL, roots, outbound.ProblemConnection},
		{"hangs up", hangsUp, roots, outbound.ProblemConnection},
		{"speaks no HTTP", speaksOther, roots, outbound.ProblemConnection},
		{"no such name", "https://nowhere.example", roots, outbound.ProblemDNS},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			limit := long
			if tt.want == outbound.ProblemTimeout {
				limit = short
			}
			s := newSender(t, outbound.Config{Policy: loopback, Resolver: dns.resolver(), RootCAs: tt.roots, Timeout: limit})
			got := s.Send(t.Context(), endpoint(tt.url), message)
			if got.Outcome != outbound.Again || got.Problem != tt.want || got.Status != 0 {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestCancelledAttemptIsNotHeldAgainstTheEndpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := wire(t, afterRequest(func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	}))
	s := newSender(t, outbound.Config{Policy: loopback, Timeout: long})
	if got := s.Send(ctx, endpoint(url), message); got.Outcome != outbound.Again || got.Problem != outbound.ProblemCancelled {
		t.Errorf("got %+v", got)
	}
}

func TestDeadlineOfTheCallerIsATimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	url := wire(t, func(_ net.Conn, r *bufio.Reader, _ int) { _, _ = r.WriteTo(io.Discard) })
	s := newSender(t, outbound.Config{Policy: loopback, Timeout: long})
	if got := s.Send(ctx, endpoint(url), message); got.Outcome != outbound.Again || got.Problem != outbound.ProblemTimeout {
		t.Errorf("got %+v", got)
	}
}
