package outbound_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	svix "github.com/svix/svix-webhooks/go"

	"gelombang/webhooks/outbound"
	"gelombang/webhooks/signature"
)

func keyV1(t *testing.T, id int64, text string) signature.Key {
	t.Helper()
	bytes, err := signature.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return signature.Key{ID: id, Scheme: signature.StandardV1, Secret: bytes}
}

func keyV1a(t *testing.T, id int64, text string) signature.Key {
	t.Helper()
	public, err := signature.ParsePublicKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return signature.Key{ID: id, Scheme: signature.StandardV1a, Public: public}
}

// deliver sends one message to a receiver of the kind and returns what it received.
func deliver(t *testing.T, kind string, c outbound.Config, m outbound.Message, secrets ...string) received {
	t.Helper()
	box := &inbox{}
	c.Policy = loopback
	var url string
	if kind == "http" {
		url = plainServer(t, box).URL
	} else {
		server := tlsServer(t, box, kind == "http2")
		url, c.RootCAs = server.URL, trust(server)
	}
	got := newSender(t, c).Send(t.Context(), outbound.Endpoint{URL: url + "/hook?tenant=pmo", Secrets: secrets}, m)
	if got.Outcome != outbound.Delivered || got.Status != http.StatusOK || got.Problem != outbound.ProblemNone || got.Took <= 0 {
		t.Fatalf("got %+v, want it delivered", got)
	}
	if box.count() != 1 {
		t.Fatalf("received %d messages", box.count())
	}
	return box.got[0]
}

func TestReceiverWithAnyOfTheKeysVerifiesWhatWasSent(t *testing.T) {
	v1, old, v1a := keyV1(t, 1, secret), keyV1(t, 2, oldSecret), keyV1a(t, 3, publicKey)
	tests := []struct {
		name    string
		secrets []string
		keys    []signature.Key
		refused []signature.Key
	}{
		{"v1", []string{secret}, []signature.Key{v1}, []signature.Key{old, v1a}},
		{"v1a", []string{signingKey}, []signature.Key{v1a}, []signature.Key{v1}},
		{"rotation within v1", []string{secret, oldSecret}, []signature.Key{v1, old}, []signature.Key{v1a}},
		{"rotation from v1 to v1a", []string{signingKey, secret}, []signature.Key{v1, v1a}, []signature.Key{old}},
	}
	for _, kind := range []string{"http", "https", "http2"} {
		for _, tt := range tests {
			t.Run(kind+" "+tt.name, func(t *testing.T) {
				got := deliver(t, kind, outbound.Config{}, message, tt.secrets...)
				if string(got.body) != string(body) || got.path != "/hook?tenant=pmo" || got.header.Get("Content-Type") != "application/json" {
					t.Errorf("received %s %q with %v", got.path, got.body, got.header)
				}
				if http2 := got.proto == "HTTP/2.0"; http2 != (kind == "http2") {
					t.Errorf("received by %s", got.proto)
				}
				for _, key := range tt.keys {
					verified, err := signature.Verify(got.header, "", got.body, []signature.Key{key}, time.Now(), 10*time.Second)
					if err != nil || verified.MessageID != messageID {
						t.Errorf("%v: %+v, %v", key, verified, err)
					}
				}
				for _, key := range tt.refused {
					if _, err := signature.Verify(got.header, "", got.body, []signature.Key{key}, time.Now(), 10*time.Second); err == nil {
						t.Errorf("%v verifies what was not signed for it", key)
					}
				}
			})
		}
	}
}

func TestSvixVerifiesWhatWasSent(t *testing.T) {
	got := deliver(t, "https", outbound.Config{}, message, oldSecret, signingKey, secret)
	for _, text := range []string{secret, oldSecret} {
		verifier, err := svix.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(got.body, got.header); err != nil {
			t.Error(err)
		}
		if err := verifier.Verify(append(got.body, ' '), got.header); err == nil {
			t.Error("Svix verifies another body")
		}
	}
}

func TestSignatureIsThatOfThePublishedVectors(t *testing.T) {
	got := deliver(t, "http", outbound.Config{UserAgent: "PMO/1"}, outbound.Message{
		ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: time.Unix(1614265330, 999_999_999), Body: []byte(`{"test": 2432232314}`),
	}, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", signingKey)
	want := http.Header{}
	want.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	want.Set("webhook-timestamp", "1614265330")
	want.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "+
		"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==")
	want.Set("Content-Type", "application/json")
	want.Set("User-Agent", "PMO/1")
	for name := range want {
		if got.header.Get(name) != want.Get(name) {
			t.Errorf("%s: got %q, want %q", name, got.header.Get(name), want.Get(name))
		}
	}
	for name := range got.header {
		if want.Get(name) == "" && name != "Content-Length" {
			t.Errorf("another header was sent: %s", name)
		}
	}
}

func TestMessageWithoutTimestampIsStampedByTheClock(t *testing.T) {
	at := time.Unix(1617705900, 0)
	got := deliver(t, "http", outbound.Config{Now: func() time.Time { return at }}, message, secret)
	if stamp := got.header.Get("webhook-timestamp"); stamp != "1617705900" {
		t.Errorf("stamped %s", stamp)
	}
}

func TestEmptyBodyIsSigned(t *testing.T) {
	got := deliver(t, "http", outbound.Config{}, outbound.Message{ID: messageID}, secret)
	if _, err := signature.Verify(got.header, "", nil, []signature.Key{keyV1(t, 1, secret)}, time.Now(), 10*time.Second); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeSignedOrCalledIsNotSent(t *testing.T) {
	box := &inbox{}
	good := plainServer(t, box).URL
	tests := []struct {
		name    string
		e       outbound.Endpoint
		m       outbound.Message
		problem outbound.Problem
	}{
		{"no URL", endpoint(""), message, outbound.ProblemURL},
		{"another scheme", endpoint("ftp" + strings.TrimPrefix(good, "http")), message, outbound.ProblemURL},
		{"private address", endpoint("https://10.0.0.1/"), message, outbound.ProblemPrivateAddress},
		{"no secret", outbound.Endpoint{URL: good}, message, outbound.ProblemSecret},
		{"nine secrets", outbound.Endpoint{URL: good, Secrets: strings.Split(strings.Repeat(secret+" ", 8)+secret, " ")}, message, outbound.ProblemSecret},
		{"one bad secret of two", outbound.Endpoint{URL: good, Secrets: []string{secret, "whsec_"}}, message, outbound.ProblemSecret},
		{"public key for a secret", outbound.Endpoint{URL: good, Secrets: []string{publicKey}}, message, outbound.ProblemSecret},
		{"no id", endpoint(good), outbound.Message{Body: body}, outbound.ProblemMessage},
		{"full stop in the id", endpoint(good), outbound.Message{ID: "a.1", Body: body}, outbound.ProblemMessage},
		{"line break in the id", endpoint(good), outbound.Message{ID: "a\r\nx: y", Body: body}, outbound.ProblemMessage},
		{"long id", endpoint(good), outbound.Message{ID: strings.Repeat("a", 129), Body: body}, outbound.ProblemMessage},
		{"before 1970", endpoint(good), outbound.Message{ID: messageID, Timestamp: time.Unix(-1, 0)}, outbound.ProblemMessage},
		{"twelve digits", endpoint(good), outbound.Message{ID: messageID, Timestamp: time.Unix(100_000_000_000, 0)}, outbound.ProblemMessage},
	}
	s := newSender(t, outbound.Config{Policy: loopback})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := s.Send(t.Context(), tt.e, tt.m)
			if got.Outcome != outbound.Refused || got.Problem != tt.problem || got.Status != 0 {
				t.Errorf("got %+v, want it refused: %s", got, tt.problem)
			}
		})
	}
	if box.count() != 0 {
		t.Errorf("%d were sent", box.count())
	}
}
