package outbound_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gelombang/webhooks/outbound"
	"gelombang/webhooks/signature"
)

// TestMain sets a proxy at which nobody listens. net/http reads the environment once in a process, so that one test
// alone could not set it.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			log.Fatal(err)
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if err := os.Unsetenv(name); err != nil {
			log.Fatal(err)
		}
	}
	goleak.VerifyTestMain(m)
}

const (
	messageID = "msg_2nT9"
	// The pair and its signature are those that Svix publishes with its server.
	signingKey = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	publicKey  = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
	// The name in the certificate of httptest's servers.
	hostname = "example.com"
)

var (
	secret    = signature.FormatSecret(bytes.Repeat([]byte{7}, 32))
	oldSecret = signature.FormatSecret(bytes.Repeat([]byte{8}, 32))
	body      = []byte(`{"type":"reminder.due","data":{"stage":"P7D"}}`)
	message   = outbound.Message{ID: messageID, Body: body}

	loopback = outbound.Policy{
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")},
		AllowHTTP:    true,
	}
)

func endpoint(url string) outbound.Endpoint {
	return outbound.Endpoint{URL: url, Secrets: []string{secret}}
}

// newSender returns a sender that is closed at the end of the test, and before the test's servers.
func newSender(t *testing.T, c outbound.Config) *outbound.Sender {
	t.Helper()
	s := outbound.NewSender(c)
	t.Cleanup(s.Close)
	return s
}

func trust(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

// received is a request as the receiver has it.
type received struct {
	header http.Header
	body   []byte
	path   string
	proto  string
}

// inbox is a receiver that answers 200 and keeps what it was sent.
type inbox struct {
	mu  sync.Mutex
	got []received
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, received{r.Header, body, r.URL.RequestURI(), r.Proto})
}

func (i *inbox) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.got)
}

func plainServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func tlsServer(t *testing.T, h http.Handler, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some tests break the handshake
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// wire is a receiver below HTTP: it is given each connection with its number from 1 on, which is closed when it
// returns, or when the test ends.
func wire(t *testing.T, serve func(c net.Conn, r *bufio.Reader, number int)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	all.Go(func() {
		for number := 1; ; number++ {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				defer func() { _ = c.Close() }()
				serve(c, bufio.NewReader(c), number)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + listener.Addr().String()
}

// readRequest reads one request with its body.
func readRequest(r *bufio.Reader) error {
	request, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err
}

// afterRequest reads a request, so that what is served is its answer.
func afterRequest(serve func(c net.Conn)) func(net.Conn, *bufio.Reader, int) {
	return func(c net.Conn, r *bufio.Reader, _ int) {
		if readRequest(r) == nil {
			serve(c)
		}
	}
}

// drip writes the text again and again, with a pause before each, until the other end hangs up.
func drip(c net.Conn, text string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}
