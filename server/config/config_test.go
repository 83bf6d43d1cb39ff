package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/server/config"
)

const (
	postgres = "postgres://app:hunter2hunter2@db:5432/gelombang"
	secret   = "hunter2hunter2hunter2hunter2hunter2"
)

// settings are all that serve checks.
type settings struct {
	config.Database
	config.Tokens
	config.HTTP
	config.Rules
}

func development() settings {
	return settings{
		Database: config.Database{DataDir: "./data", MaxConnections: 16},
		Tokens:   config.Tokens{Leeway: 10 * time.Second},
		HTTP: config.HTTP{Addr: "127.0.0.1:8080", ReadHeaderTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
			IdleTimeout: time.Second, ShutdownTimeout: time.Second},
		Rules: config.Rules{WindowDays: 30, LagLimit: 72 * time.Hour, MaxFuture: 5 * time.Minute, TrainingBalance: 1_000_000},
	}
}

func production() settings {
	s := development()
	s.URL, s.Keys = postgres, "/etc/gelombang/keys"
	s.JWKS, s.Issuer, s.Audience = "https://id.example/jwks.json", "https://id.example", "gelombang"
	return s
}

func (s settings) problems() []string {
	var all []string
	for _, err := range []error{s.Database.Check(), s.Tokens.Check(s.Embedded()), s.HTTP.Check(), s.Rules.Check()} {
		if err != nil {
			all = append(all, strings.Split(err.Error(), "\n")...)
		}
	}
	return all
}

func TestEveryProblemOfTheConfigurationNamesWhatToSet(t *testing.T) {
	tests := []struct {
		name   string
		base   func() settings
		change func(*settings)
		want   []string // the variable each problem names, in order; none if it is acceptable
	}{
		{"development as it comes", development, func(*settings) {}, nil},
		{"production", production, func(*settings) {}, nil},
		{"postgresql:// is Postgres too", production, func(s *settings) { s.URL = "postgresql://db/x" }, nil},
		{"a replica", production, func(s *settings) { s.ReadURL = postgres }, nil},
		{"a JWKS file", production, func(s *settings) { s.JWKS = "/etc/gelombang/jwks.json" }, nil},
		{"a JWKS on this machine without TLS", production, func(s *settings) { s.JWKS = "http://127.0.0.1:9000/jwks" }, nil},
		{"a shared secret on Postgres", production, func(s *settings) { s.JWKS, s.Secret = "", secret }, nil},
		{"every interface", development, func(s *settings) { s.Addr = ":8080" }, nil},
		{"a lag limit of nothing", development, func(s *settings) { s.LagLimit = 0 }, nil},

		{"nowhere to put data", development, func(s *settings) { s.DataDir = "" }, []string{"GELOMBANG_DATA"}},
		{"a replica of nothing", development, func(s *settings) { s.ReadURL = postgres }, []string{"GELOMBANG_READ_DATABASE_URL"}},
		{"a MySQL", production, func(s *settings) { s.URL = "mysql://root:hunter2hunter2@db/x" }, []string{"DATABASE_URL"}},
		{"not an address", production, func(s *settings) { s.URL = "postgres://app:hunter2hunter2%zz@db" }, []string{"DATABASE_URL"}},
		{"a replica that is not Postgres", production, func(s *settings) { s.ReadURL = "redis://db" }, []string{"GELOMBANG_READ_DATABASE_URL"}},
		{"Postgres without keysets", production, func(s *settings) { s.Keys = "" }, []string{"GELOMBANG_KEYS"}},
		{"one connection", production, func(s *settings) { s.MaxConnections = 1 }, []string{"GELOMBANG_MAX_CONNECTIONS"}},
		{"Postgres without keys for tokens", production, func(s *settings) { s.JWKS = "" }, []string{"GELOMBANG_JWT_JWKS"}},
		{"both kinds of keys for tokens", production, func(s *settings) { s.Secret = secret }, []string{"GELOMBANG_JWT_JWKS"}},
		{"a JWKS without issuer", production, func(s *settings) { s.Issuer = "" }, []string{"GELOMBANG_JWT_ISSUER"}},
		{"a JWKS without audience", production, func(s *settings) { s.Audience = "" }, []string{"GELOMBANG_JWT_AUDIENCE"}},
		{"a JWKS over http", production, func(s *settings) { s.JWKS = "http://id.example/jwks.json" }, []string{"GELOMBANG_JWT_JWKS"}},
		{"a short secret", development, func(s *settings) { s.Secret = "hunter2hunter2" }, []string{"GELOMBANG_JWT_SECRET"}},
		{"a leeway of a minute", development, func(s *settings) { s.Leeway = time.Minute }, []string{"GELOMBANG_JWT_LEEWAY"}},
		{"a negative leeway", development, func(s *settings) { s.Leeway = -time.Second }, []string{"GELOMBANG_JWT_LEEWAY"}},
		{"an address without port", development, func(s *settings) { s.Addr = "localhost" }, []string{"GELOMBANG_ADDR"}},
		{"no window", development, func(s *settings) { s.WindowDays = 0 }, []string{"GELOMBANG_WINDOW_DAYS"}},
		{"a negative lag limit", development, func(s *settings) { s.LagLimit = -1 }, []string{"GELOMBANG_LAG_LIMIT"}},
		{"groups of less than nobody", development, func(s *settings) { s.SmallestGroup = -1 }, []string{"GELOMBANG_SMALLEST_GROUP"}},
		{"bodies kept for less than nothing", development, func(s *settings) { s.KeepBodies = -1 }, []string{"GELOMBANG_KEEP_BODIES"}},
		{"a negative future", development, func(s *settings) { s.MaxFuture = -1 }, []string{"GELOMBANG_MAX_FUTURE"}},
		{"limits", development, func(s *settings) { s.RateLimits = "anonymous=5/10,admin=0" }, nil},
		{"limits of a role that there is not", development, func(s *settings) { s.RateLimits = "staff=5/10" }, []string{"GELOMBANG_RATE_LIMITS"}},
		{"limits that are none", development, func(s *settings) { s.RateLimits = "anonymous=5,admin=x" }, []string{"GELOMBANG_RATE_LIMITS", "GELOMBANG_RATE_LIMITS"}},
		{"trusted documents", development, func(s *settings) { s.TrustedDocuments, s.TrustedOnly = "documents.json", "anonymous, participant" }, nil},
		{"trusted documents only, and none", development, func(s *settings) { s.TrustedOnly = "anonymous" }, []string{"GELOMBANG_TRUSTED_DOCUMENTS"}},
		{"trusted documents only, for nobody", development, func(s *settings) { s.TrustedDocuments, s.TrustedOnly = "documents.json", "everyone" }, []string{"GELOMBANG_TRUSTED_ONLY"}},
		{"proxies", development, func(s *settings) { s.TrustedProxies = "10.1.2.3/8, 192.0.2.7 ,2001:db8::/32,::1" }, nil},
		{"a proxy by its name", development, func(s *settings) { s.TrustedProxies = "proxy.example" }, []string{"GELOMBANG_TRUSTED_PROXIES"}},
		{"everybody as a proxy", development, func(s *settings) { s.TrustedProxies = "0.0.0.0/0,::/0" }, []string{"GELOMBANG_TRUSTED_PROXIES", "GELOMBANG_TRUSTED_PROXIES"}},
		{"a negative balance", development, func(s *settings) { s.TrainingBalance = -1 }, []string{"GELOMBANG_TRAINING_BALANCE"}},
		{"no timeouts", development, func(s *settings) {
			s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout, s.ShutdownTimeout = 0, 0, 0, 0, 0
		}, []string{"GELOMBANG_READ_HEADER_TIMEOUT", "GELOMBANG_READ_TIMEOUT", "GELOMBANG_WRITE_TIMEOUT", "GELOMBANG_IDLE_TIMEOUT", "GELOMBANG_SHUTDOWN_TIMEOUT"}},
		{"everything at once", production, func(s *settings) {
			s.Keys, s.JWKS, s.Addr, s.WindowDays = "", "", "8080", -1
		}, []string{"GELOMBANG_KEYS", "GELOMBANG_JWT_JWKS", "GELOMBANG_ADDR", "GELOMBANG_WINDOW_DAYS"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.base()
			tt.change(&s)
			got := s.problems()
			if len(got) != len(tt.want) {
				t.Fatalf("problems: %q, want %d", got, len(tt.want))
			}
			for i, problem := range got {
				if !strings.Contains(problem, tt.want[i]) {
					t.Errorf("problem %q does not name %s", problem, tt.want[i])
				}
				if strings.Contains(problem, "hunter2") {
					t.Errorf("problem %q shows a secret", problem)
				}
			}
		})
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	s := struct{ Password config.Secret }{secret}
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("configured", "settings", s, "password", s.Password)
	slog.New(slog.NewTextHandler(&log, nil)).Info("configured", "settings", s, "password", s.Password)
	for _, shown := range []string{
		fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%q", s.Password), s.Password.String(),
		string(asJSON), log.String(),
	} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
	if got := config.Secret("").String(); got != "" {
		t.Errorf("a secret that is not set shows as %q, want nothing", got)
	}
}

func TestTheEmbeddedDatabaseKeepsItsKeysBesideItself(t *testing.T) {
	tests := []struct {
		name string
		in   config.Database
		want string
	}{
		{"embedded", config.Database{DataDir: "/var/lib/gelombang"}, "/var/lib/gelombang/keys"},
		{"embedded, keys elsewhere", config.Database{DataDir: "/var/lib/gelombang", Keys: "/etc/keys"}, "/etc/keys"},
		{"Postgres", config.Database{URL: postgres, DataDir: "./data", Keys: "/etc/keys"}, "/etc/keys"},
		{"Postgres without", config.Database{URL: postgres, DataDir: "./data"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.KeyDir(); got != tt.want {
				t.Errorf("KeyDir() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestADatabaseOutlastsTheOperationsThatAskIt(t *testing.T) {
	got := config.Database{URL: postgres, ReadURL: postgres + "_replica", DataDir: "./data", MaxConnections: 7, Prepared: true}.Open()
	want := db.Config{URL: postgres, ReadURL: postgres + "_replica", DataDir: "./data", MaxConns: 7, ReadTimeout: 7 * time.Second, AnalysisTimeout: 62 * time.Second}
	if got != want {
		t.Errorf("opened as %+v, want %+v", got, want)
	}
}

// TestStatementsArePreparedUnlessItIsSwitchedOff and always in the embedded database, which has no pooler.
func TestStatementsArePreparedUnlessItIsSwitchedOff(t *testing.T) {
	for _, tt := range []struct {
		url      config.Secret
		prepared bool
		want     bool
	}{{postgres, true, true}, {postgres, false, false}, {"", true, true}, {"", false, true}} {
		if got := (config.Database{URL: tt.url, DataDir: "./data", Prepared: tt.prepared}).Open(); got.Unprepared == tt.want {
			t.Errorf("%+v is opened as %+v", tt, got)
		}
	}
}

func TestLoopbackIsThisMachineOnly(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "[::1]:8080": true, "127.0.0.2:0": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "10.0.0.1:8080": false, "example.com:8080": false, "127.0.0.1": false,
	} {
		if got := (config.HTTP{Addr: addr}).Loopback(); got != want {
			t.Errorf("Loopback of %q = %t, want %t", addr, got, want)
		}
	}
}
