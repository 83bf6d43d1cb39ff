package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
	"gelombang/server/app"
	"gelombang/server/auth"
	"gelombang/server/config"
	"gelombang/server/simulate"
	"gelombang/webhooks/signature"
)

const (
	card      = "1300000000000042"
	name      = "Siti Rahmawati"
	email     = "siti@example.org"
	phone     = "+6281234567890"
	nik       = "3171012345678901"
	jwtSecret = "a development secret of 32 bytes"
)

var (
	evening = time.Date(2021, 4, 6, 17, 45, 0, 0, rules.WIB)
	secret  = signature.FormatSecret(bytes.Repeat([]byte{7}, 32))
)

// logbook keeps what is logged, and tells of a message that is waited for.
type logbook struct {
	mu      sync.Mutex
	text    bytes.Buffer
	awaited map[string]chan struct{}
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for message, seen := range l.awaited {
		if bytes.Contains(p, []byte(message)) {
			close(seen)
			delete(l.awaited, message)
		}
	}
	return l.text.Write(p)
}

func (l *logbook) await(message string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := make(chan struct{})
	l.awaited[message] = seen
	return seen
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// running is a server that serves.
type running struct {
	*app.Server
	url  string
	log  *logbook
	stop context.CancelFunc
	done <-chan error
}

func testConfig(t *testing.T, database db.Config, book *logbook) app.Config {
	t.Helper()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return app.Config{
		Store: app.Store{
			Database: database, Migrate: true, Secrets: keys, Settings: rules.DefaultSettings(), Clock: func() time.Time { return evening },
			Log: slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		HTTP: config.HTTP{
			Addr: "127.0.0.1:0", Introspection: config.ByRole, ReadHeaderTimeout: time.Minute, ReadTimeout: time.Minute,
			WriteTimeout: time.Minute, IdleTimeout: time.Minute, ShutdownTimeout: time.Minute,
		},
		Tokens:  auth.Config{Issuer: "gelombang", Audience: "gelombang", Secret: []byte(jwtSecret)},
		Version: "test",
	}
}

// start runs the whole program on a port of the system's choosing, with a platform, a cohort and one
// participant.
func start(t *testing.T, database db.Config) running {
	t.Helper()
	return startWith(t, database, func(*config.HTTP) {})
}

// startWith is the same with settings of the test's.
func startWith(t *testing.T, database db.Config, change func(*config.HTTP)) running {
	t.Helper()
	book := &logbook{awaited: map[string]chan struct{}{}}
	cfg := testConfig(t, database, book)
	change(&cfg.HTTP)
	s, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	fill(t, s.Registry())
	addr, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	return running{Server: s, url: "http://" + addr.String(), log: book, stop: stop, done: done}
}

func fill(t *testing.T, r *registry.Registry) {
	t.Helper()
	ctx, admin := t.Context(), viewer.System("test")
	if _, err := r.PutPlatform(ctx, admin, registry.Platform{Code: "tokopedia", Name: "Tokopedia", Kind: "marketplace", Active: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.CreatePlatformKey(ctx, admin, registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, Secret: secret, NotBefore: evening.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AnnounceCohort(ctx, admin, registry.AnnounceCohort{Number: 13, Quota: 10, AnnouncedAt: time.Date(2021, 3, 10, 0, 0, 0, 0, rules.WIB)}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ImportParticipants(ctx, admin, 13, []registry.ParticipantRow{{Line: 2, CardNumber: card, Name: name, Email: email, Phone: phone, NIK: nik}}); err != nil {
		t.Fatal(err)
	}
}

// purchase is a signed request of the platform.
func (r running) purchase(ctx context.Context, t *testing.T, invoice string) *http.Request {
	t.Helper()
	signer, err := simulate.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	m, err := simulate.NewMessage("tokopedia", "msg_"+invoice, rules.PurchaseCompleted{
		Timestamp: evening, InvoiceCode: invoice, CardNumber: card, CourseCode: "C-1", Amount: 150_000, PurchasedAt: evening,
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	request, err := signer.Request(ctx, server, m, evening)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// finish stops the server and waits for it.
func (r running) finish(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func do(t *testing.T, request *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(raw)
}

func (r running) get(t *testing.T, path string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request)
}

func TestTheWholeProgramInOneProcess(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			r := start(t, dbtest.Config(t, dialect))
			if status, _, body := do(t, r.purchase(t.Context(), t, "INV-1")); status != http.StatusOK {
				t.Fatalf("purchase: %d %s", status, body)
			}
			for _, page := range []struct {
				path   string
				status int
				has    string
			}{
				{"/", http.StatusOK, "Tuesday, 6 April 2021, 17:45 WIB"},
				{"/healthz", http.StatusOK, "alive"},
				{"/readyz", http.StatusOK, "ready"},
				{"/graphiql", http.StatusOK, "/graphiql/graphiql.min.js"},
				{"/graphiql/graphiql.min.js", http.StatusOK, "GraphiQL"},
				{"/assets/explorer.js", http.StatusOK, "createFetcher"},
				{"/graphiql/", http.StatusNotFound, ""},
				{"/assets/", http.StatusNotFound, ""},
				{"/graphiql/web.go", http.StatusNotFound, ""},
				{"/webhooks/openapi.json", http.StatusOK, `"openapi"`},
				{"/webhooks//tokopedia", http.StatusMethodNotAllowed, ""},
				{"/metrics", http.StatusOK, `gelombang_deliveries_total{platform="tokopedia",status="applied"} 1`},
				{"/metrics", http.StatusOK, `gelombang_http_request_duration_seconds_count{method="POST",route="/webhooks/",status="200"} 1`},
				{"/metrics", http.StatusOK, "go_goroutines"},
				{"/metrics", http.StatusOK, `go_sql_max_open_connections{db_name="analysis"}`},
				{"/nothing", http.StatusNotFound, ""},
			} {
				status, header, body := r.get(t, page.path)
				if status != page.status || !strings.Contains(body, page.has) {
					t.Errorf("GET %s: %d %.300q, want %d and %q", page.path, status, body, page.status, page.has)
				}
				for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "X-Request-Id"} {
					if header.Get(name) == "" {
						t.Errorf("GET %s: no %s", page.path, name)
					}
				}
			}
			r.finish(t)
		})
	}
}

func TestTwoServersInOneProcessDoNotMeet(t *testing.T) {
	first, second := start(t, dbtest.Config(t, db.SQLite)), start(t, dbtest.Config(t, db.SQLite))
	if status, _, _ := do(t, first.purchase(t.Context(), t, "INV-1")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if _, _, body := second.get(t, "/metrics"); strings.Contains(body, `status="applied"} 1`) {
		t.Error("one server counts what the other took in")
	}
	first.finish(t)
	second.finish(t)
}

func TestAPostgresOfAnotherVersionIsNotMigratedUnasked(t *testing.T) {
	cfg := testConfig(t, dbtest.Config(t, db.Postgres), &logbook{awaited: map[string]chan struct{}{}})
	cfg.Store.Migrate = false
	if _, err := app.New(t.Context(), cfg); !errors.Is(err, db.ErrPendingMigrations) || !strings.Contains(err.Error(), "--migrate") {
		t.Fatalf("error %v, want one that says what to run", err)
	}
	cfg.Store.Migrate = true
	s, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Store.Migrate = false
	if s, err = app.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	r := start(t, dbtest.Config(t, db.SQLite))
	cfg := testConfig(t, dbtest.Config(t, db.SQLite), &logbook{awaited: map[string]chan struct{}{}})
	cfg.HTTP.Addr = strings.TrimPrefix(r.url, "http://")
	s, err := app.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "GELOMBANG_ADDR") {
		t.Errorf("error %v, want one that names GELOMBANG_ADDR", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	r.finish(t)
}
