package auth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

func TestARequestWithATokenThatIsNotValidIsNeverAnonymous(t *testing.T) {
	valid := sign(t, jwt.SigningMethodHS256, secret, officer(), nil)
	expired := sign(t, jwt.SigningMethodHS256, secret, with(map[string]any{"exp": now.Add(-time.Hour).Unix()}), nil)
	officer, nobody := &viewer.Viewer{Role: viewer.Officer, Subject: "siti"}, &viewer.Viewer{Role: viewer.Anonymous}
	tests := []struct {
		name    string
		headers []string
		want    *viewer.Viewer // nil: 401
	}{
		{"no header", nil, nobody},
		{"bearer", []string{"Bearer " + valid}, officer},
		{"scheme in another case", []string{"bearer " + valid}, officer},

		{"empty header", []string{""}, nil},
		{"scheme alone", []string{"Bearer"}, nil},
		{"empty token", []string{"Bearer "}, nil},
		{"token alone", []string{valid}, nil},
		{"two spaces", []string{"Bearer  " + valid}, nil},
		{"something after the token", []string{"Bearer " + valid + " x"}, nil},
		{"another scheme", []string{"Basic YWRtaW46YWRtaW4="}, nil},
		{"two headers", []string{"Bearer " + valid, "Bearer " + valid}, nil},
		{"an expired token", []string{"Bearer " + expired}, nil},
		{"not a token", []string{"Bearer null"}, nil},
	}
	v := sharedSecretVerifier(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got *viewer.Viewer
			handler := v.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				who := viewer.From(r.Context())
				got = &who
			}))
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
			request.Header["Authorization"] = tt.headers
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatalf("viewer (-want +got):\n%s", diff)
			}
			if tt.want == nil {
				checkRefusal(t, answer.Result(), tt.name == "an expired token")
			}
		})
	}
}

func checkRefusal(t *testing.T, answer *http.Response, expired bool) {
	t.Helper()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", answer.StatusCode)
	}
	challenge := answer.Header.Get("WWW-Authenticate")
	if !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, `error="invalid_token"`) {
		t.Errorf("WWW-Authenticate %q", challenge)
	}
	if got := strings.Contains(challenge, auth.ErrExpired.Error()); got != expired {
		t.Errorf("WWW-Authenticate %q, but expired is %t", challenge, expired)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if len(body.Errors) != 1 || body.Errors[0].Message == "" || body.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("body %s", raw)
	}
}

// TestARefusalSaysHowTheHeaderBegins to whoever forgot it, and to nobody else.
func TestARefusalSaysHowTheHeaderBegins(t *testing.T) {
	v := sharedSecretVerifier(t)
	handler := v.Middleware(http.NotFoundHandler())
	valid := sign(t, jwt.SigningMethodHS256, secret, officer(), nil)
	for header, told := range map[string]bool{
		valid: true, "": true, "Bearer": true, "Basic YWRtaW46YWRtaW4=": true, "Token " + valid: true,
		"Bearer x": false, "Bearer ": false, "bearer " + valid + "x": false,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
		request.Header.Set("Authorization", header)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if got := strings.Contains(answer.Body.String(), "begin it with `Bearer `"); answer.Code != http.StatusUnauthorized || got != told {
			t.Errorf("%q: %d %s, told %t, want %t", header, answer.Code, answer.Body, got, told)
		}
	}
}

func TestARefusalComesInTheMediaTypeThatWasAskedFor(t *testing.T) {
	v := sharedSecretVerifier(t)
	handler := v.Middleware(http.NotFoundHandler())
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "application/json": "application/json",
		"application/graphql-response+json, application/json;q=0.9": "application/graphql-response+json",
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
		request.Header.Set("Authorization", "Bearer x")
		request.Header.Set("Accept", accept)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if got := answer.Header().Get("Content-Type"); !strings.HasPrefix(got, want+";") {
			t.Errorf("Accept %q: Content-Type %q, want %s", accept, got, want)
		}
	}
}
