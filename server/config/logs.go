package config

import (
	"io"
	"log/slog"
)

// Logs says how the log, which goes to standard error, is written.
type Logs struct {
	Format string     `name:"log-format" env:"GELOMBANG_LOG_FORMAT" default:"text" enum:"text,json" group:"logs" placeholder:"FORMAT" help:"text or json (default ${default})."`
	Level  slog.Level `name:"log-level" env:"GELOMBANG_LOG_LEVEL" default:"info" group:"logs" placeholder:"LEVEL" help:"debug, info, warn or error (default ${default})."`
}

// New makes the logger.
func (l Logs) New(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
