package signature

import "errors"

// The reasons why [Verify] refuses a request. They are for the log and the metrics only: the
// sender gets one and the same answer for all of them. An error that wraps one of these may name
// a header; it never holds a value that was received.
var (
	// ErrMissingHeader: a header of the scheme in use is absent, or there is no scheme at all.
	ErrMissingHeader = errors.New("signature: header missing")
	// ErrDuplicateHeader: a header occurs more than once.
	ErrDuplicateHeader = errors.New("signature: header occurs more than once")
	// ErrMalformedHeader: a header is not as the scheme says, or both schemes are used at once.
	ErrMalformedHeader = errors.New("signature: header malformed")
	// ErrNoUsableKey: no key is active, sound, and of a scheme that the request is signed with.
	ErrNoUsableKey = errors.New("signature: no usable key")
	// ErrStale: the timestamp lies further in the past than the tolerance.
	ErrStale = errors.New("signature: timestamp too old")
	// ErrFuture: the timestamp lies further in the future than the tolerance.
	ErrFuture = errors.New("signature: timestamp in the future")
	// ErrBadSignature: no signature in the request is right under any usable key.
	ErrBadSignature = errors.New("signature: no signature matches")
)

// The reasons why a key is refused by the parsers. An error that wraps one of these never holds
// any part of the key.
var (
	// ErrMalformedKey: the text is not a key of its kind.
	ErrMalformedKey = errors.New("signature: malformed key")
	// ErrWeakKey: the key has the right form, but anybody could sign for it.
	ErrWeakKey = errors.New("signature: weak key")
)

// Code returns a short name of the reason for a metric's label or a log's field: one of
// "missing_header", "duplicate_header", "malformed_header", "no_usable_key", "stale", "future",
// "bad_signature"; "ok" for nil and "other" for an error that is not from [Verify].
func Code(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrMissingHeader):
		return "missing_header"
	case errors.Is(err, ErrDuplicateHeader):
		return "duplicate_header"
	case errors.Is(err, ErrMalformedHeader):
		return "malformed_header"
	case errors.Is(err, ErrNoUsableKey):
		return "no_usable_key"
	case errors.Is(err, ErrStale):
		return "stale"
	case errors.Is(err, ErrFuture):
		return "future"
	case errors.Is(err, ErrBadSignature):
		return "bad_signature"
	default:
		return "other"
	}
}
