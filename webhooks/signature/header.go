package signature

import (
	"crypto/ed25519"
	"crypto/sha1" //nolint:gosec // its size only; the scheme is the programme's, not ours
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of the two families. Header names are matched in any case.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"

	HeaderPMOClientCode       = "client_code"
	HeaderPMOClientCodeHyphen = "client-code" // for proxies that drop names with underscores
	HeaderPMOTimestamp        = "timestamp"
	HeaderPMOSignature        = "signature"
)

const (
	maxIDBytes         = 128
	maxTimestampDigits = 11
	maxSignatures      = 8
)

// message is what the headers of a request say, before any of it is believed.
type message struct {
	pmo       bool
	sender    string // message id; under pmo the client code
	timestamp string // Unix seconds, as received: it is part of the signed content
	at        time.Time

	v1      [][]byte // each of 32 bytes
	v1a     [][]byte // each of 64 bytes
	pmoHMAC []byte   // 20 bytes
}

// readHeaders reads the headers of the one family that the request uses.
func readHeaders(h http.Header) (message, error) {
	standard := present(h, HeaderID, HeaderTimestamp, HeaderSignature)
	pmo := present(h, HeaderPMOClientCode, HeaderPMOClientCodeHyphen, HeaderPMOTimestamp, HeaderPMOSignature)
	switch {
	case standard && pmo:
		return message{}, fmt.Errorf("%w: headers of both schemes", ErrMalformedHeader)
	case standard:
		return readStandard(h)
	case pmo:
		return readPMO(h)
	default:
		return message{}, fmt.Errorf("%w: no signature headers", ErrMissingHeader)
	}
}

func readStandard(h http.Header) (message, error) {
	id, err := single(h, HeaderID)
	if err != nil {
		return message{}, err
	}
	timestamp, err := single(h, HeaderTimestamp)
	if err != nil {
		return message{}, err
	}
	list, err := single(h, HeaderSignature)
	if err != nil {
		return message{}, err
	}
	m := message{sender: id, timestamp: timestamp}
	if !validID(id) {
		return message{}, malformed(HeaderID)
	}
	var ok bool
	if m.at, ok = parseTimestamp(timestamp); !ok {
		return message{}, malformed(HeaderTimestamp)
	}
	if m.v1, m.v1a, ok = parseSignatures(list); !ok {
		return message{}, malformed(HeaderSignature)
	}
	return m, nil
}

func readPMO(h http.Header) (message, error) {
	name := HeaderPMOClientCode
	if present(h, HeaderPMOClientCodeHyphen) {
		if present(h, HeaderPMOClientCode) {
			return message{}, fmt.Errorf("%w: %s and %s", ErrMalformedHeader, HeaderPMOClientCode, HeaderPMOClientCodeHyphen)
		}
		name = HeaderPMOClientCodeHyphen
	}
	clientCode, err := single(h, name)
	if err != nil {
		return message{}, err
	}
	timestamp, err := single(h, HeaderPMOTimestamp)
	if err != nil {
		return message{}, err
	}
	mac, err := single(h, HeaderPMOSignature)
	if err != nil {
		return message{}, err
	}
	m := message{pmo: true, sender: clientCode, timestamp: timestamp}
	if !validID(clientCode) {
		return message{}, malformed(name)
	}
	var ok bool
	if m.at, ok = parseTimestamp(timestamp); !ok {
		return message{}, malformed(HeaderPMOTimestamp)
	}
	if m.pmoHMAC, ok = decodeHex(mac, sha1.Size); !ok {
		return message{}, malformed(HeaderPMOSignature)
	}
	return m, nil
}

func malformed(header string) error { return fmt.Errorf("%w: %s", ErrMalformedHeader, header) }

func present(h http.Header, names ...string) bool {
	for _, name := range names {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// single returns the value of a header that must occur exactly once.
func single(h http.Header, name string) (string, error) {
	switch values := h.Values(name); len(values) {
	case 0:
		return "", fmt.Errorf("%w: %s", ErrMissingHeader, name)
	case 1:
		return values[0], nil
	default:
		return "", fmt.Errorf("%w: %s", ErrDuplicateHeader, name)
	}
}

// validID reports whether s is [A-Za-z0-9_-]{1,128}.
func validID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= maxIDBytes
}

// parseTimestamp reads Unix seconds, [0-9]{1,11}.
func parseTimestamp(s string) (time.Time, bool) {
	if len(s) > maxTimestampDigits {
		return time.Time{}, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return time.Time{}, false
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	if err != nil { // empty
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// parseSignatures reads a list of 1 to 8 signatures "version,base64", one space between each.
// Versions that it does not know count towards the limit and are otherwise ignored: a sender may
// be ahead of us.
func parseSignatures(list string) (v1, v1a [][]byte, ok bool) {
	if strings.Count(list, " ") >= maxSignatures {
		return nil, nil, false
	}
	for entry := range strings.SplitSeq(list, " ") {
		version, encoded, found := strings.Cut(entry, ",")
		if !found || version == "" || encoded == "" {
			return nil, nil, false
		}
		switch version {
		case "v1":
			mac, ok := decodeBase64(encoded)
			if !ok || len(mac) != sha256.Size {
				return nil, nil, false
			}
			v1 = append(v1, mac)
		case "v1a":
			sig, ok := decodeBase64(encoded)
			if !ok || len(sig) != ed25519.SignatureSize {
				return nil, nil, false
			}
			v1a = append(v1a, sig)
		}
	}
	return v1, v1a, true
}

// decodeHex decodes exactly size bytes of lower-case hex.
func decodeHex(s string, size int) ([]byte, bool) {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return nil, false
		}
	}
	decoded, err := hex.DecodeString(s)
	return decoded, err == nil && len(decoded) == size
}
