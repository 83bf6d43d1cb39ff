package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

const (
	minSecretBytes = 32 // RFC 7518, section 3.2: as long as the hash
	maxLeeway      = 30 * time.Second
)

// Check reports everything that is wrong with the database's settings.
func (d Database) Check() error {
	var problems []error
	if d.Embedded() {
		if d.DataDir == "" {
			problems = append(problems, errors.New("no place for the data: set DATABASE_URL to a Postgres, or GELOMBANG_DATA to a directory"))
		}
		if d.ReadURL != "" {
			problems = append(problems, errors.New("GELOMBANG_READ_DATABASE_URL is a replica of DATABASE_URL: set that too, or neither"))
		}
	} else {
		problems = append(problems, checkPostgres("DATABASE_URL", d.URL))
		if d.ReadURL != "" {
			problems = append(problems, checkPostgres("GELOMBANG_READ_DATABASE_URL", d.ReadURL))
		}
		if d.Keys == "" {
			problems = append(problems, errors.New("DATABASE_URL is set but GELOMBANG_KEYS is not: make a key directory with 'keys new DIR', keep a copy in a safe place, and set GELOMBANG_KEYS to it on every server of this database"))
		}
	}
	if d.MaxConnections < 2 {
		problems = append(problems, fmt.Errorf("GELOMBANG_MAX_CONNECTIONS is %d: set at least 2", d.MaxConnections))
	}
	return errors.Join(problems...)
}

// checkPostgres does not repeat the address, which may hold a password.
func checkPostgres(name string, address Secret) error {
	u, err := url.Parse(string(address))
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fmt.Errorf("%s is not the address of a Postgres: set it to postgres://user:password@host:5432/name", name)
	}
	return nil
}

// Check reports everything that is wrong with the settings of tokens. A database other than the
// embedded one needs keys that every server shares.
func (t Tokens) Check(embedded bool) error {
	var problems []error
	switch {
	case t.JWKS != "" && t.Secret != "":
		problems = append(problems, errors.New("GELOMBANG_JWT_JWKS and GELOMBANG_JWT_SECRET are both set: keep the JWKS in production, the secret for development"))
	case t.JWKS != "":
		if t.Issuer == "" || t.Audience == "" {
			problems = append(problems, errors.New("GELOMBANG_JWT_JWKS is set: set GELOMBANG_JWT_ISSUER and GELOMBANG_JWT_AUDIENCE to what the identity provider puts in its tokens"))
		}
		problems = append(problems, checkJWKS(t.JWKS))
	case t.Secret == "" && !embedded:
		problems = append(problems, errors.New("no keys for access tokens: set GELOMBANG_JWT_JWKS to the identity provider's keys, or GELOMBANG_JWT_SECRET for development"))
	case t.Secret != "" && len(t.Secret) < minSecretBytes:
		problems = append(problems, fmt.Errorf("GELOMBANG_JWT_SECRET has %d bytes: set at least %d random ones", len(t.Secret), minSecretBytes))
	}
	if t.Leeway < 0 || t.Leeway > maxLeeway {
		problems = append(problems, fmt.Errorf("GELOMBANG_JWT_LEEWAY is %v: set 0s to %v", t.Leeway, maxLeeway))
	}
	return errors.Join(problems...)
}

func checkJWKS(source string) error {
	if !strings.Contains(source, "://") {
		return nil // a file
	}
	u, err := url.Parse(source)
	if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname()))) {
		return errors.New("GELOMBANG_JWT_JWKS is neither a file nor an https address: whoever can change the keys on their way can forge tokens")
	}
	return nil
}

// Check reports everything that is wrong with the parameters of the rules.
func (r Rules) Check() error {
	var problems []error
	if r.WindowDays < 1 || r.WindowDays > 366 {
		problems = append(problems, fmt.Errorf("GELOMBANG_WINDOW_DAYS is %d: set 1 to 366", r.WindowDays))
	}
	if r.LagLimit < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_LAG_LIMIT is %v: set 0s or more, such as 72h", r.LagLimit))
	}
	if r.MaxFuture < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_MAX_FUTURE is %v: set 0s or more, such as 5m", r.MaxFuture))
	}
	if r.ReservePercent < 0 || r.ReservePercent > 100 {
		problems = append(problems, fmt.Errorf("GELOMBANG_RESERVE_PERCENT is %d: set 0 to 100, such as 5", r.ReservePercent))
	}
	if r.TrainingBalance < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_TRAINING_BALANCE is %d: set 0 or more rupiah", r.TrainingBalance))
	}
	return errors.Join(problems...)
}

// Check reports everything that is wrong with the settings of the server.
func (h HTTP) Check() error {
	var problems []error
	if _, port, err := net.SplitHostPort(h.Addr); err != nil || port == "" {
		problems = append(problems, fmt.Errorf("GELOMBANG_ADDR is %q: set a host and a port, such as 127.0.0.1:8080, or :8080 for every interface", h.Addr))
	}
	for _, timeout := range []struct {
		name  string
		value time.Duration
	}{
		{"GELOMBANG_READ_HEADER_TIMEOUT", h.ReadHeaderTimeout},
		{"GELOMBANG_READ_TIMEOUT", h.ReadTimeout},
		{"GELOMBANG_WRITE_TIMEOUT", h.WriteTimeout},
		{"GELOMBANG_IDLE_TIMEOUT", h.IdleTimeout},
		{"GELOMBANG_SHUTDOWN_TIMEOUT", h.ShutdownTimeout},
	} {
		if timeout.value <= 0 {
			problems = append(problems, fmt.Errorf("%s is %v: set more than 0s, such as 30s", timeout.name, timeout.value))
		}
	}
	if h.KeepBodies < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_KEEP_BODIES is %v: set 0s to keep them for ever, or more, such as 9600h", h.KeepBodies))
	}
	if h.SmallestGroup < 0 {
		problems = append(problems, fmt.Errorf("GELOMBANG_SMALLEST_GROUP is %d: set 0 to show analysts every group, or more, such as 5", h.SmallestGroup))
	}
	_, limits := h.Limits()
	_, roles := h.TrustedRoles()
	_, proxies := h.Proxies()
	return errors.Join(append(problems, limits, roles, proxies)...)
}

// Loopback reports whether the server listens for this machine only.
func (h HTTP) Loopback() bool {
	host, _, err := net.SplitHostPort(h.Addr)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
