package webhooks_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/webhooks"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// intake is a whole intake over HTTP on a fresh database, whose platform tokopedia has a key of each scheme.
type intake struct {
	*registrytest.Fixture
	t       *testing.T
	db      *db.DB
	url     string
	secret  []byte             // STANDARD_V1
	private ed25519.PrivateKey // STANDARD_V1A
	signKey []byte             // PMO
	card    string
}

const clientCode = "tokopedia-pmo"

func newIntake(t *testing.T, d *db.DB) *intake {
	t.Helper()
	in := &intake{Fixture: registrytest.New(t, d), t: t, db: d, private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))}
	ctx := context.Background()
	_, secret, err := in.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1})
	if err != nil {
		t.Fatal(err)
	}
	if in.secret, err = signature.ParseSecret(secret); err != nil {
		t.Fatal(err)
	}
	public := signature.FormatPublicKey(in.private.Public().(ed25519.PublicKey))
	if _, _, err = in.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1a, PublicKey: public}); err != nil {
		t.Fatal(err)
	}
	_, signKey, err := in.CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.PMO, ClientCode: clientCode})
	if err != nil {
		t.Fatal(err)
	}
	in.signKey = []byte(signKey)
	in.card = in.Cohort13(50)[0]
	in.url = serve(t, in.Registry)
	return in
}

// serve runs an intake for the registry over real HTTP and returns its address.
func serve(t *testing.T, r *registry.Registry) string {
	t.Helper()
	h, err := webhooks.NewHandler(webhooks.Config{Registry: r, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return server.URL
}

func (in *intake) body(e rules.Event) []byte {
	in.t.Helper()
	body, err := payload.Encode(e)
	if err != nil {
		in.t.Fatal(err)
	}
	return body
}

// purchase is a good body that nobody has sent before.
func (in *intake) purchase(invoice string) []byte {
	return in.body(registrytest.Bought(invoice, in.card, in.Clock.Now().Add(-time.Hour)))
}

// request is a request to be signed, and spoilt, by a test.
type request struct {
	method, path string
	header       http.Header
	body         []byte
}

// signed is a good request under STANDARD_V1.
func (in *intake) signed(id string, body []byte) request {
	r := request{http.MethodPost, "/webhooks/tokopedia", http.Header{}, body}
	at := in.Clock.Now()
	signature.SetStandardHeaders(r.header, id, at, signature.SignV1(in.secret, id, at, body))
	return r
}

func (in *intake) send(url string, r request) (int, http.Header, string) {
	in.t.Helper()
	req, err := http.NewRequest(r.method, url+r.path, bytes.NewReader(r.body))
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header = r.header
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		in.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		in.t.Fatal(err)
	}
	return res.StatusCode, res.Header, strings.TrimSpace(string(text))
}

// rows counts every row of every table that a delivery could write to.
func (in *intake) rows() int {
	in.t.Helper()
	total := 0
	for _, table := range []string{"deliveries", "purchases", "offerings", "history", "reviews", "statements", "participants", "platforms", "platform_keys"} {
		var n int
		if err := in.db.Write.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
			in.t.Fatal(err)
		}
		total += n
	}
	return total
}

func status(t *testing.T, text string) string {
	t.Helper()
	var body struct{ Status string }
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("the answer is not JSON: %q", text)
	}
	return body.Status
}

func TestEachSchemeIsAccepted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := newIntake(t, d)
		at := in.Clock.Now()
		for i, scheme := range []signature.Scheme{signature.StandardV1, signature.StandardV1a, signature.PMO} {
			t.Run(string(scheme), func(t *testing.T) {
				body := in.purchase(fmt.Sprintf("INV-%d", i))
				r := request{http.MethodPost, "/webhooks/tokopedia", http.Header{}, body}
				id := fmt.Sprintf("msg_%d", i)
				switch scheme {
				case signature.StandardV1:
					signature.SetStandardHeaders(r.header, id, at, signature.SignV1(in.secret, id, at, body))
				case signature.StandardV1a:
					signature.SetStandardHeaders(r.header, id, at, signature.SignV1a(in.private, id, at, body))
				case signature.PMO:
					signature.SetPMOHeaders(r.header, clientCode, at, signature.SignPMO(in.signKey, clientCode, at, r.path, body))
				}
				for _, want := range []string{"applied", "duplicate"} {
					code, _, text := in.send(in.url, r)
					if code != http.StatusOK || status(t, text) != want {
						t.Errorf("answered %d %s, want 200 %s", code, text, want)
					}
				}
			})
		}
	})
}

// TestFortyCopiesAtOnceAreOnePurchase sends one delivery forty times at the same moment.
func TestFortyCopiesAtOnceAreOnePurchase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := newIntake(t, d)
		r := in.signed("msg_40", in.purchase("INV-40"))
		var all sync.WaitGroup
		answers := make(chan string, 40)
		for range 40 {
			all.Go(func() {
				code, _, text := in.send(in.url, r)
				answers <- fmt.Sprintf("%d %s", code, status(t, text))
			})
		}
		all.Wait()
		close(answers)
		counts := map[string]int{}
		for a := range answers {
			counts[a]++
		}
		if counts["200 applied"] != 1 || counts["200 duplicate"] != 39 {
			t.Errorf("answers %v, want one applied and 39 duplicates", counts)
		}
		var purchases int
		if err := d.Write.QueryRow("SELECT COUNT(*) FROM purchases").Scan(&purchases); err != nil || purchases != 1 {
			t.Errorf("%d purchases, %v; want 1", purchases, err)
		}
	})
}

// TestADatabaseInTroubleAsksForARetry stops a real Postgres under the intake and starts it again.
func TestADatabaseInTroubleAsksForARetry(t *testing.T) {
	cluster := dbtest.NewCluster(t)
	address, err := cluster.CreateDatabase("trouble")
	if err != nil {
		t.Fatal(err)
	}
	in := newIntake(t, dbtest.Open(t, db.Config{URL: address}))
	r := in.signed("msg_1", in.purchase("INV-1"))
	if err := cluster.Halt(); err != nil {
		t.Fatal(err)
	}
	code, header, text := in.send(in.url, r)
	if code != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("without a database: %d %s, Retry-After %q; want 503 with one", code, text, header.Get("Retry-After"))
	}
	if err := cluster.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for code != http.StatusOK && time.Now().Before(deadline) {
		code, _, text = in.send(in.url, r)
	}
	if code != http.StatusOK {
		t.Errorf("with the database back: %d %s, want 200", code, text)
	}
}

// TestAHalfClosedConnectionIsAnsweredAfterTheCommit: a sender that closes its side of the connection after the
// request makes net/http cancel the request, but still reads the answer, which must not come before the commit.
func TestAHalfClosedConnectionIsAnsweredAfterTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in := newIntake(t, d)
		address := strings.TrimPrefix(in.url, "http://")
		for i := range 20 {
			r := in.signed(fmt.Sprintf("msg_%d", i), in.purchase(fmt.Sprintf("INV-%d", i)))
			var raw bytes.Buffer
			fmt.Fprintf(&raw, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.path, address, len(r.body))
			if err := r.header.Write(&raw); err != nil {
				t.Fatal(err)
			}
			raw.WriteString("\r\n")
			raw.Write(r.body)
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(raw.Bytes()); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK")) || !bytes.Contains(answer, []byte(`"status":"applied"`)) {
				t.Fatalf("answered %q, want 200 applied", answer)
			}
		}
		var n int
		if err := d.Write.QueryRow("SELECT COUNT(*) FROM purchases").Scan(&n); err != nil || n != 20 {
			t.Errorf("%d purchases, %v; want 20", n, err)
		}
	})
}
