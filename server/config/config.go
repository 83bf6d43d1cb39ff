// Package config holds the program's settings: what each flag and environment variable is called,
// what it defaults to, and what makes it unacceptable. The structs are embedded in the commands
// that need them; the tags are read by kong.
//
// Nothing here opens, listens or connects. A Check reports everything that is wrong at once, and
// each message names the variable to set. Secrets are of type [Secret], which never prints.
package config

import (
	"path/filepath"
	"time"

	"gelombang/graph"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Database says where the data and the keys that protect it are.
type Database struct {
	URL            Secret `name:"database-url" env:"DATABASE_URL" group:"database" placeholder:"URL" help:"Postgres, as postgres://user:password@host:5432/name. Without it the data lives in an embedded SQLite database in the data directory. Better set in the environment, where other users of the machine cannot read it."`
	ReadURL        Secret `name:"read-database-url" env:"GELOMBANG_READ_DATABASE_URL" group:"database" placeholder:"URL" help:"A Postgres replica for read-only queries. Needs DATABASE_URL."`
	DataDir        string `name:"data" env:"GELOMBANG_DATA" default:"./data" group:"database" placeholder:"DIR" help:"Directory of the embedded database and its development keys (default ${default})."`
	Keys           string `name:"keys" env:"GELOMBANG_KEYS" group:"database" placeholder:"DIR" help:"Directory of the Tink keysets that encrypt contacts and signing secrets; make one with 'keys new'. Required with DATABASE_URL; otherwise the directory 'keys' in the data directory, made when it is missing."`
	MaxConnections int    `name:"max-connections" env:"GELOMBANG_MAX_CONNECTIONS" default:"16" group:"database" placeholder:"N" help:"Most connections to each Postgres (default ${default})."`
	Prepared       bool   `name:"prepared-statements" env:"GELOMBANG_PREPARED_STATEMENTS" default:"true" negatable:"" group:"database" help:"Keep prepared statements on the connections to Postgres (default ${default}). Turn off behind a pooler in transaction mode that does not know prepared statements: it would run those of others."`
}

// Embedded reports whether the database is the embedded SQLite.
func (d Database) Embedded() bool { return d.URL == "" }

// KeyDir is the directory of the keysets.
func (d Database) KeyDir() string {
	if d.Keys == "" && d.Embedded() {
		return filepath.Join(d.DataDir, "keys")
	}
	return d.Keys
}

// beyondBudget is how much longer than an operation may take its statements may: the operation's own deadline cancels
// them first, and the database only what that misses.
const beyondBudget = 2 * time.Second

// Open is the same, as package db wants it. Statements are bounded by what the operations may take that they are for.
func (d Database) Open() db.Config {
	applications, analysts := graph.BudgetOf(viewer.Viewer{}), graph.BudgetOf(viewer.Viewer{Role: viewer.Analyst})
	return db.Config{
		URL: string(d.URL), ReadURL: string(d.ReadURL), DataDir: d.DataDir, MaxConns: d.MaxConnections,
		ReadTimeout: applications.Time + beyondBudget, AnalysisTimeout: analysts.Time + beyondBudget,
		Unprepared: !d.Prepared && !d.Embedded(), // no pooler is between us and the embedded one
	}
}

// Tokens says which access tokens (JWT) are believed.
type Tokens struct {
	Issuer   string        `name:"jwt-issuer" env:"GELOMBANG_JWT_ISSUER" group:"tokens" placeholder:"ISS" help:"The issuer (iss) that tokens must name. Required with a JWKS; otherwise \"gelombang\"."`
	Audience string        `name:"jwt-audience" env:"GELOMBANG_JWT_AUDIENCE" group:"tokens" placeholder:"AUD" help:"The audience (aud) that tokens must name. Required with a JWKS; otherwise \"gelombang\"."`
	JWKS     string        `name:"jwt-jwks" env:"GELOMBANG_JWT_JWKS" group:"tokens" placeholder:"FILE|URL" help:"The public keys of the identity provider: a JWKS file, or an https address that is read again every hour and when a token names an unknown key."`
	Secret   Secret        `name:"jwt-secret" env:"GELOMBANG_JWT_SECRET" group:"tokens" placeholder:"TEXT" help:"A shared secret (HS256) of at least 32 bytes, for development. With the embedded database and neither of the two, a random one is kept in the key directory."`
	Leeway   time.Duration `name:"jwt-leeway" env:"GELOMBANG_JWT_LEEWAY" default:"10s" group:"tokens" placeholder:"D" help:"How far the issuer's clock may be from ours, 0s to 30s (default ${default})."`
}

// defaultParty is the issuer and the audience of development tokens.
const defaultParty = "gelombang"

// IssuerName is the issuer that tokens must name.
func (t Tokens) IssuerName() string { return orDefault(t.Issuer) }

// AudienceName is the audience that tokens must name.
func (t Tokens) AudienceName() string { return orDefault(t.Audience) }

func orDefault(party string) string {
	if party == "" {
		return defaultParty
	}
	return party
}

// Rules are the parameters of the programme's rules.
type Rules struct {
	WindowDays      int           `name:"window-days" env:"GELOMBANG_WINDOW_DAYS" default:"30" group:"rules" placeholder:"DAYS" help:"Calendar days in which the first training must be bought, the announcement day included (default ${default})."`
	LagLimit        time.Duration `name:"lag-limit" env:"GELOMBANG_LAG_LIMIT" default:"72h" group:"rules" placeholder:"D" help:"How long after the deadline a purchase made in time may still arrive and reinstate by itself (default ${default})."`
	MaxFuture       time.Duration `name:"max-future" env:"GELOMBANG_MAX_FUTURE" default:"5m" group:"rules" placeholder:"D" help:"How far ahead of our clock an event time may be before the delivery is put in quarantine (default ${default})."`
	TrainingBalance int64         `name:"training-balance" env:"GELOMBANG_TRAINING_BALANCE" default:"1000000" group:"rules" placeholder:"RP" help:"What each participant may spend on trainings, in rupiah (default ${default})."`
	ReservePercent  int           `name:"reserve-percent" env:"GELOMBANG_RESERVE_PERCENT" default:"5" group:"rules" placeholder:"N" help:"How many of a hundred places that a settlement frees are kept for reinstatements until it closes (default ${default})."`
}

// Settings is the same, as package rules wants it.
func (r Rules) Settings() rules.Settings {
	return rules.Settings{WindowDays: r.WindowDays, LagLimit: r.LagLimit, MaxFuture: r.MaxFuture, TrainingBalance: r.TrainingBalance, ReservePercent: r.ReservePercent}
}

// Introspection says who may ask for the GraphQL schema itself.
type Introspection string

// The settings of introspection.
const (
	ByRole   Introspection = "role"     // platforms, analysts and staff
	Everyone Introspection = "everyone" // also without a token; for development
	Nobody   Introspection = "nobody"
)

// HTTP says where and how to serve.
type HTTP struct {
	Addr              string        `name:"addr" env:"GELOMBANG_ADDR" default:"127.0.0.1:8080" group:"serving" placeholder:"HOST:PORT" help:"Where to listen (default ${default}). Encryption (TLS) is the work of the proxy in front."`
	Introspection     Introspection `name:"introspection" env:"GELOMBANG_INTROSPECTION" default:"${introspection=role}" enum:"role,everyone,nobody" group:"serving" placeholder:"WHO" help:"Who may ask for the GraphQL schema: role (platforms, analysts and staff), everyone or nobody (default ${default})."`
	TrustedDocuments  string        `name:"trusted-documents" env:"GELOMBANG_TRUSTED_DOCUMENTS" group:"serving" placeholder:"FILE" help:"The manifest of the GraphQL documents that the applications were built with, which requests may name by their ids: Relay's persisted queries ({id: text}) or Apollo's manifest, in JSON."`
	TrustedOnly       string        `name:"trusted-only" env:"GELOMBANG_TRUSTED_ONLY" group:"serving" placeholder:"ROLE,…" help:"The roles that may run trusted documents only, such as anonymous,participant. Needs GELOMBANG_TRUSTED_DOCUMENTS."`
	RateLimits        string        `name:"rate-limits" env:"GELOMBANG_RATE_LIMITS" default:"anonymous=20/40,participant=10/30,platform=50/100,analyst=10/30/8,officer=50/100/8,supervisor=50/100/8,admin=50/100/8" group:"serving" placeholder:"ROLE=RATE/BURST,…" help:"How often each viewer of a role may ask, on this server: requests a second, how many at most after a pause, and as a third number how many at once; or 0 for no limit. Roles that are not named keep theirs (default ${default})."`
	TrustedProxies    string        `name:"trusted-proxies" env:"GELOMBANG_TRUSTED_PROXIES" default:"127.0.0.0/8,::1/128" group:"serving" placeholder:"CIDR,…" help:"The proxies in front, whose X-Forwarded-For is believed, by address or CIDR (default ${default}, which is this machine). The addresses of those without a token are needed for their rate limits."`
	SmallestGroup     int           `name:"smallest-group" env:"GELOMBANG_SMALLEST_GROUP" default:"0" group:"serving" placeholder:"N" help:"How many participants a group of a GraphQL aggregate or of its export must hold at least for analysts to see it; 0 shows them every group (default ${default}). Staff see every group."`
	ReadHeaderTimeout time.Duration `name:"read-header-timeout" env:"GELOMBANG_READ_HEADER_TIMEOUT" default:"5s" group:"serving" placeholder:"D" help:"Longest time to receive a request's headers (default ${default})."`
	ReadTimeout       time.Duration `name:"read-timeout" env:"GELOMBANG_READ_TIMEOUT" default:"30s" group:"serving" placeholder:"D" help:"Longest time to receive a whole request (default ${default})."`
	WriteTimeout      time.Duration `name:"write-timeout" env:"GELOMBANG_WRITE_TIMEOUT" default:"90s" group:"serving" placeholder:"D" help:"Longest time to work on a request and answer it (default ${default})."`
	IdleTimeout       time.Duration `name:"idle-timeout" env:"GELOMBANG_IDLE_TIMEOUT" default:"2m" group:"serving" placeholder:"D" help:"How long an idle connection is kept (default ${default})."`
	KeepBodies        time.Duration `name:"keep-bodies" env:"GELOMBANG_KEEP_BODIES" default:"9600h" group:"serving" placeholder:"D" help:"How long the bytes of a settled delivery are kept, 0s for ever (default ${default}, which is 400 days). What it led to, and the key by which a repetition is known, stay in any case."`
	ShutdownTimeout   time.Duration `name:"shutdown-timeout" env:"GELOMBANG_SHUTDOWN_TIMEOUT" default:"30s" group:"serving" placeholder:"D" help:"How long requests under way may take to finish after SIGINT or SIGTERM (default ${default})."`
}
