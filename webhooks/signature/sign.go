package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the scheme is the programme's, not ours
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SignV1 returns an entry of the header webhook-signature: "v1," and the base64 of the
// HMAC-SHA256. secret is the decoded secret, see [ParseSecret]. The timestamp is cut to the second.
func SignV1(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	message{sender: id, timestamp: unixSeconds(at)}.writeContent(mac, "", body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignV1a returns an entry of the header webhook-signature: "v1a," and the base64 of the ed25519
// signature. private has 64 bytes. The timestamp is cut to the second.
func SignV1a(private ed25519.PrivateKey, id string, at time.Time, body []byte) string {
	var content bytes.Buffer
	message{sender: id, timestamp: unixSeconds(at)}.writeContent(&content, "", body)
	return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(private, content.Bytes()))
}

// SignPMO returns the header signature of a POST request to path: the lower-case hex HMAC-SHA1.
// The timestamp is cut to the second.
func SignPMO(signKey []byte, clientCode string, at time.Time, path string, body []byte) string {
	mac := hmac.New(sha1.New, signKey)
	message{pmo: true, sender: clientCode, timestamp: unixSeconds(at)}.writeContent(mac, path, body)
	return hex.EncodeToString(mac.Sum(nil))
}

// SetStandardHeaders sets the three headers of Standard Webhooks. Each signature is an entry from
// [SignV1] or [SignV1a]; a sender in the midst of a rotation gives several.
func SetStandardHeaders(h http.Header, id string, at time.Time, signatures ...string) {
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, unixSeconds(at))
	h.Set(HeaderSignature, strings.Join(signatures, " "))
}

// SetPMOHeaders sets the three headers of the pmo scheme, under the name with the underscore. The
// signature is from [SignPMO].
func SetPMOHeaders(h http.Header, clientCode string, at time.Time, sig string) {
	h.Set(HeaderPMOClientCode, clientCode)
	h.Set(HeaderPMOTimestamp, unixSeconds(at))
	h.Set(HeaderPMOSignature, sig)
}

func unixSeconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
