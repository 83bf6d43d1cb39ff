package signature_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/webhooks/signature"
)

func TestGoodRequestIsVerifiedByTheKeyOfItsScheme(t *testing.T) {
	content := sha256.Sum256([]byte(clientCode + strconv.FormatInt(now.Unix(), 10) + "POST" + path + string(body)))
	tests := []struct {
		name string
		h    http.Header
		want signature.Verified
	}{
		{"v1", signV1(now), signature.Verified{KeyID: 1, Scheme: signature.StandardV1, MessageID: messageID, SignedAt: now}},
		{"v1a", signV1a(now), signature.Verified{KeyID: 2, Scheme: signature.StandardV1a, MessageID: messageID, SignedAt: now}},
		{"pmo", signPMO(now), signature.Verified{KeyID: 3, Scheme: signature.PMO, MessageID: hex.EncodeToString(content[:]), SignedAt: now}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := verify(tt.h, all...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// edited returns the headers after an edit. An edit with no value removes the header.
func edited(h http.Header, name string, values ...string) http.Header {
	h = h.Clone()
	h.Del(name)
	for _, v := range values {
		h.Add(name, v)
	}
	return h
}

func TestRefusedRequests(t *testing.T) {
	v1, v1a, pmo := signV1(now), signV1a(now), signPMO(now)
	sig, sigA, mac := v1.Get("webhook-signature"), v1a.Get("webhook-signature"), pmo.Get("signature")
	seconds := strconv.FormatInt(now.Unix(), 10)
	// The last digit before the padding carries two bits of 32 bytes that must be zero.
	loose := sig[:len(sig)-2] + string(sig[len(sig)-2]+1) + "="
	short := signature.Key{ID: 9, Scheme: signature.StandardV1, Secret: secret[:23]}
	longID := strings.Repeat("a", 129)

	tests := []struct {
		name string
		h    http.Header
		keys []signature.Key
		want error
	}{
		{"no headers", http.Header{}, all, signature.ErrMissingHeader},
		{"v1 without id", edited(v1, "webhook-id"), all, signature.ErrMissingHeader},
		{"v1 without timestamp", edited(v1, "webhook-timestamp"), all, signature.ErrMissingHeader},
		{"v1 without signature", edited(v1, "webhook-signature"), all, signature.ErrMissingHeader},
		{"pmo without client code", edited(pmo, "client_code"), all, signature.ErrMissingHeader},
		{"pmo without timestamp", edited(pmo, "timestamp"), all, signature.ErrMissingHeader},
		{"pmo without signature", edited(pmo, "signature"), all, signature.ErrMissingHeader},

		{"id twice", edited(v1, "webhook-id", messageID, messageID), all, signature.ErrDuplicateHeader},
		{"timestamp twice", edited(v1, "webhook-timestamp", seconds, seconds), all, signature.ErrDuplicateHeader},
		{"signature twice", edited(v1, "webhook-signature", sig, sig), all, signature.ErrDuplicateHeader},
		{"client code twice", edited(pmo, "client_code", clientCode, clientCode), all, signature.ErrDuplicateHeader},
		{"hyphenated client code twice", edited(edited(pmo, "client_code"), "client-code", clientCode, clientCode), all, signature.ErrDuplicateHeader},
		{"pmo timestamp twice", edited(pmo, "timestamp", seconds, seconds), all, signature.ErrDuplicateHeader},
		{"pmo signature twice", edited(pmo, "signature", mac, mac), all, signature.ErrDuplicateHeader},

		{"both schemes", edited(v1, "signature", mac), all, signature.ErrMalformedHeader},
		{"both names of the client code", edited(pmo, "client-code", clientCode), all, signature.ErrMalformedHeader},
		{"id empty", edited(v1, "webhook-id", ""), all, signature.ErrMalformedHeader},
		{"id too long", edited(v1, "webhook-id", longID), all, signature.ErrMalformedHeader},
		{"id with a dot", edited(v1, "webhook-id", "msg.2nT9"), all, signature.ErrMalformedHeader},
		{"id with a space", edited(v1, "webhook-id", "msg 2nT9"), all, signature.ErrMalformedHeader},
		{"id not ASCII", edited(v1, "webhook-id", "msg_é"), all, signature.ErrMalformedHeader},
		{"ids joined by a proxy", edited(v1, "webhook-id", messageID+", "+messageID), all, signature.ErrMalformedHeader},
		{"timestamp empty", edited(v1, "webhook-timestamp", ""), all, signature.ErrMalformedHeader},
		{"timestamp negative", edited(v1, "webhook-timestamp", "-"+seconds), all, signature.ErrMalformedHeader},
		{"timestamp signed", edited(v1, "webhook-timestamp", "+"+seconds), all, signature.ErrMalformedHeader},
		{"timestamp fractional", edited(v1, "webhook-timestamp", seconds+".0"), all, signature.ErrMalformedHeader},
		{"timestamp of 12 digits", edited(v1, "webhook-timestamp", "00"+seconds), all, signature.ErrMalformedHeader},
		{"timestamp in hex", edited(v1, "webhook-timestamp", "0x606c3"), all, signature.ErrMalformedHeader},
		{"timestamp padded", edited(v1, "webhook-timestamp", " "+seconds), all, signature.ErrMalformedHeader},
		{"signature empty", edited(v1, "webhook-signature", ""), all, signature.ErrMalformedHeader},
		{"signature without version", edited(v1, "webhook-signature", strings.TrimPrefix(sig, "v1,")), all, signature.ErrMalformedHeader},
		{"signature with an empty version", edited(v1, "webhook-signature", strings.TrimPrefix(sig, "v1")), all, signature.ErrMalformedHeader},
		{"signature of no bytes", edited(v1, "webhook-signature", "v1,"), all, signature.ErrMalformedHeader},
		{"signature too short", edited(v1, "webhook-signature", "v1,AAAA"), all, signature.ErrMalformedHeader},
		{"signature without padding", edited(v1, "webhook-signature", strings.TrimSuffix(sig, "=")), all, signature.ErrMalformedHeader},
		{"signature with loose bits", edited(v1, "webhook-signature", loose), all, signature.ErrMalformedHeader},
		{"signature with a line break", edited(v1, "webhook-signature", sig[:10]+"\n"+sig[10:]), all, signature.ErrMalformedHeader},
		{"signature in the alphabet of URLs", edited(v1, "webhook-signature", "v1,"+strings.Repeat("_", 43)+"="), all, signature.ErrMalformedHeader},
		{"v1 of 64 bytes", edited(v1, "webhook-signature", "v1,"+strings.TrimPrefix(sigA, "v1a,")), all, signature.ErrMalformedHeader},
		{"v1a of 32 bytes", edited(v1, "webhook-signature", "v1a,"+strings.TrimPrefix(sig, "v1,")), all, signature.ErrMalformedHeader},
		{"list with two spaces", edited(v1, "webhook-signature", sig+"  "+sig), all, signature.ErrMalformedHeader},
		{"list with a space at the end", edited(v1, "webhook-signature", sig+" "), all, signature.ErrMalformedHeader},
		{"list of nine", edited(v1, "webhook-signature", sig+strings.Repeat(" v9,x", 8)), all, signature.ErrMalformedHeader},
		{"list with one malformed", edited(v1, "webhook-signature", sig+" v1,x"), all, signature.ErrMalformedHeader},
		{"client code empty", edited(pmo, "client_code", ""), all, signature.ErrMalformedHeader},
		{"client code too long", edited(pmo, "client_code", longID), all, signature.ErrMalformedHeader},
		{"pmo timestamp not digits", edited(pmo, "timestamp", "now"), all, signature.ErrMalformedHeader},
		{"pmo signature in capitals", edited(pmo, "signature", strings.ToUpper(mac)), all, signature.ErrMalformedHeader},
		{"pmo signature too short", edited(pmo, "signature", mac[2:]), all, signature.ErrMalformedHeader},
		{"pmo signature too long", edited(pmo, "signature", mac+"00"), all, signature.ErrMalformedHeader},
		{"pmo signature of odd length", edited(pmo, "signature", mac[1:]), all, signature.ErrMalformedHeader},
		{"pmo signature in base64", edited(pmo, "signature", strings.TrimPrefix(sig, "v1,")), all, signature.ErrMalformedHeader},

		{"unknown platform", v1, nil, signature.ErrNoUsableKey},
		{"v1 under a v1a key", v1, []signature.Key{keyV1a}, signature.ErrNoUsableKey},
		{"v1a under a v1 key", v1a, []signature.Key{keyV1}, signature.ErrNoUsableKey},
		{"v1 under a pmo key", v1, []signature.Key{keyPMO}, signature.ErrNoUsableKey},
		{"pmo under a v1 key", pmo, []signature.Key{keyV1}, signature.ErrNoUsableKey},
		{"a key without a scheme", v1, []signature.Key{{ID: 1, Secret: secret}}, signature.ErrNoUsableKey},
		{"an unknown version only", edited(v1, "webhook-signature", "v2,"+strings.TrimPrefix(sig, "v1,")), all, signature.ErrNoUsableKey},
		{"a version in capitals", edited(v1, "webhook-signature", "V1"+strings.TrimPrefix(sig, "v1")), all, signature.ErrNoUsableKey},
		{"another client code", edited(pmo, "client_code", "bukalapak"), all, signature.ErrNoUsableKey},
		{"client code in another case", edited(pmo, "client_code", "Tokopedia"), all, signature.ErrNoUsableKey},
		{"a secret too short", signedV1By(short.Secret), []signature.Key{short}, signature.ErrNoUsableKey},

		{"another id", edited(v1, "webhook-id", "msg_other"), all, signature.ErrBadSignature},
		{"another timestamp", edited(v1, "webhook-timestamp", strconv.FormatInt(now.Unix()+1, 10)), all, signature.ErrBadSignature},
		{"timestamp with a leading zero", edited(v1, "webhook-timestamp", "0"+seconds), all, signature.ErrBadSignature},
		{"signed with another secret", signedV1By([]byte("another secret, of enough bytes")), all, signature.ErrBadSignature},
		{"v1a of another message", edited(v1a, "webhook-id", "msg_other"), all, signature.ErrBadSignature},
		{"pmo at another time", edited(pmo, "timestamp", strconv.FormatInt(now.Unix()+1, 10)), all, signature.ErrBadSignature},
		{"pmo with a signature of zeros", edited(pmo, "signature", strings.Repeat("0", 40)), all, signature.ErrBadSignature},

		{"malformed is told before no key", edited(v1, "webhook-id", ""), nil, signature.ErrMalformedHeader},
		{"no key is told before stale", signV1(now.Add(-time.Hour)), nil, signature.ErrNoUsableKey},
		{"stale is told before a bad signature", edited(signV1(now.Add(-time.Hour)), "webhook-id", "msg_other"), all, signature.ErrStale},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := verify(tt.h, tt.keys...)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if got != (signature.Verified{}) {
				t.Errorf("a refused request returns %+v", got)
			}
		})
	}
}

func signedV1By(secret []byte) http.Header {
	h := http.Header{}
	signature.SetStandardHeaders(h, messageID, now, signature.SignV1(secret, messageID, now, body))
	return h
}

func TestAcceptedVariants(t *testing.T) {
	v1, pmo := signV1(now), signPMO(now)
	sig := v1.Get("webhook-signature")
	bad := signedV1By([]byte("another secret, of enough bytes")).Get("webhook-signature")
	tests := []struct {
		name string
		h    http.Header
	}{
		{"hyphenated client code", edited(edited(pmo, "client_code"), "client-code", clientCode)},
		{"an unknown version beside a known one", edited(v1, "webhook-signature", "v2,? "+sig)},
		{"eight signatures, the last right", edited(v1, "webhook-signature", strings.Repeat("v9,x ", 7)+sig)},
		{"a wrong signature before the right one", edited(v1, "webhook-signature", bad+" "+sig)},
		{"a wrong signature after the right one", edited(v1, "webhook-signature", sig+" "+bad)},
		{"v1 and v1a in one list", edited(v1, "webhook-signature", sig+" "+signV1a(now).Get("webhook-signature"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := verify(tt.h, all...); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPMOSignsThePath(t *testing.T) {
	_, err := signature.Verify(signPMO(now), "/webhooks/bukalapak", body, all, now, tolerance)
	if !errors.Is(err, signature.ErrBadSignature) {
		t.Errorf("got %v, want %v", err, signature.ErrBadSignature)
	}
}

func TestToleranceIsInclusiveOnBothSides(t *testing.T) {
	tests := []struct {
		name   string
		signed time.Duration // relative to now
		clock  time.Duration // what now has beyond the second
		want   error
	}{
		{"at once", 0, 0, nil},
		{"300 s old", -tolerance, 0, nil},
		{"300 s and 1 ns old", -tolerance, 1, signature.ErrStale},
		{"301 s old", -tolerance - time.Second, 0, signature.ErrStale},
		{"300 s ahead", tolerance, 0, nil},
		{"301 s ahead", tolerance + time.Second, 0, signature.ErrFuture},
		{"301 s ahead of the second, 300.5 s of the clock", tolerance + time.Second, time.Second / 2, signature.ErrFuture},
		{"1970", -now.Sub(time.Unix(0, 0)), 0, signature.ErrStale},
	}
	for _, tt := range tests {
		for name, sign := range map[string]func(time.Time) http.Header{"v1": signV1, "v1a": signV1a, "pmo": signPMO} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				_, err := signature.Verify(sign(now.Add(tt.signed)), path, body, all, now.Add(tt.clock), tolerance)
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		}
	}
}

func TestFurthestTimestampIsFuture(t *testing.T) {
	h := edited(signV1(now), "webhook-timestamp", "99999999999")
	if _, err := verify(h, all...); !errors.Is(err, signature.ErrFuture) {
		t.Errorf("got %v, want %v", err, signature.ErrFuture)
	}
}

func TestCodeNamesEveryError(t *testing.T) {
	tests := map[string]error{
		"ok":               nil,
		"missing_header":   signature.ErrMissingHeader,
		"duplicate_header": signature.ErrDuplicateHeader,
		"malformed_header": signature.ErrMalformedHeader,
		"no_usable_key":    signature.ErrNoUsableKey,
		"stale":            signature.ErrStale,
		"future":           signature.ErrFuture,
		"bad_signature":    signature.ErrBadSignature,
		"other":            errors.New("of somebody else"),
	}
	for want, err := range tests {
		if got := signature.Code(err); got != want {
			t.Errorf("Code(%v) = %q, want %q", err, got, want)
		}
	}
}
