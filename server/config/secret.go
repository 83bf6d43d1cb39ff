package config

import "log/slog"

// Secret is a setting that is never shown: it prints as "[secret]", in logs as well.
type Secret string

const shown = "[secret]"

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return shown
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, so that no encoder shows it either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
