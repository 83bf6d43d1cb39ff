package simulate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gelombang/internal/leftout"
	"gelombang/server/simulate"
	"gelombang/webhooks/signature"
)

var secret = bytes.Repeat([]byte{7}, 32)

// platformServer answers requests in process: with verdict, once the signature is verified at now.
type platformServer struct {
	t       *testing.T
	now     func() time.Time
	verdict func(attempt int, id string) (int, error)
	answer  func(id string) string // the body; optional

	mu       sync.Mutex
	attempts map[string]int
}

func (s *platformServer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	key := signature.Key{ID: 1, Scheme: signature.StandardV1, Secret: secret}
	verified, err := signature.Verify(r.Header, r.URL.EscapedPath(), body, []signature.Key{key}, s.now(), time.Second)
	if err != nil {
		s.t.Errorf("%s: %v", r.URL, err)
	}
	s.mu.Lock()
	s.attempts[verified.MessageID]++
	attempt := s.attempts[verified.MessageID]
	s.mu.Unlock()
	status, err := s.verdict(attempt, verified.MessageID)
	if err != nil {
		return nil, err
	}
	text := `{}`
	if s.answer != nil {
		text = s.answer(verified.MessageID)
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}, Request: r}, nil
}

// sender sends to verdict by the clock of the test's bubble.
func sender(t *testing.T, retryFor time.Duration, verdict func(attempt int, id string) (int, error)) (*simulate.Sender, *platformServer) {
	t.Helper()
	signer, err := simulate.NewSigner(signature.FormatSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	server, err := simulate.ParseServer("http://gelombang.test/base")
	if err != nil {
		t.Fatal(err)
	}
	far := &platformServer{t: t, now: time.Now, verdict: verdict, attempts: map[string]int{}}
	return &simulate.Sender{
		Server: server, Signers: map[string]simulate.Signer{"tokopedia": signer, "pintaria": signer}, Clock: time.Now,
		Client: &http.Client{Transport: far}, RetryFor: retryFor,
	}, far
}

func TestADeliveryIsTriedAgainOnlyWhereThatMayHelp(t *testing.T) {
	errReset := errors.New("connection reset")
	tests := []struct {
		name     string
		retryFor time.Duration
		answers  []any // a status or an error, the last one from then on
		attempts int   // 0: as many as the time allows, more than 10
		status   int
	}{
		{"accepted", time.Minute, []any{200}, 1, 200},
		{"put in quarantine", time.Minute, []any{202}, 1, 202},
		{"trouble that passes", time.Minute, []any{503, errReset, 429, 200}, 4, 200},
		{"a signature that is refused", time.Minute, []any{401}, 1, 401},
		{"a redirect", time.Minute, []any{307}, 1, 307},
		{"no retries", 0, []any{503, 200}, 1, 503},
		{"trouble that stays", time.Minute, []any{503}, 0, 503},
		{"nobody there", time.Minute, []any{errReset}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, far := sender(t, tt.retryFor, func(attempt int, _ string) (int, error) {
					switch a := tt.answers[min(attempt, len(tt.answers))-1].(type) {
					case int:
						return a, nil
					default:
						return 0, errReset
					}
				})
				began, observed := time.Now(), 0
				p := plan()
				p.Count = 1
				m := messages(t, p)[0]
				answer, err := s.Deliver(t.Context(), m, func(simulate.Answer) { observed++ })
				if err != nil {
					t.Fatal(err)
				}
				if answer.Status != tt.status || observed != far.attempts[m.ID] {
					t.Errorf("status %d after %d answers, want %d; %d attempts", answer.Status, observed, tt.status, far.attempts[m.ID])
				}
				if (tt.attempts > 0 && observed != tt.attempts) || (tt.attempts == 0 && observed <= 10) {
					t.Errorf("%d attempts, want %d", observed, tt.attempts)
				}
				if took := time.Since(began); took > tt.retryFor {
					t.Errorf("took %v, more than %v", took, tt.retryFor)
				}
			})
		})
	}
}

func TestALoadIsTalliedAndItsAcknowledgementsWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := sender(t, time.Minute, func(attempt int, id string) (int, error) {
			switch {
			case strings.HasSuffix(id, "1-purchase"):
				return http.StatusUnauthorized, nil
			case strings.HasSuffix(id, "2-purchase") && attempt == 1:
				return http.StatusServiceUnavailable, nil
			default:
				return http.StatusOK, nil
			}
		})
		p := plan()
		p.Count, p.Duplicates, p.Voids = 10, 0, 0
		file := filepath.Join(t.TempDir(), "manifest.ndjson")
		manifest, err := simulate.NewManifest(file)
		if err != nil {
			t.Fatal(err)
		}
		tally, err := simulate.Load{Sender: s, Concurrency: 4, OnDelivered: manifest.Add}.Run(t.Context(), messages(t, p))
		if err = errors.Join(err, manifest.Close()); err != nil {
			t.Fatal(err)
		}
		if tally.Deliveries != 10 || tally.Acknowledged != 9 || tally.Requests != 11 ||
			tally.ByStatus[200] != 9 || tally.ByStatus[401] != 1 || tally.ByStatus[503] != 1 {
			t.Errorf("tally %+v", tally)
		}
		var printed bytes.Buffer
		if err := tally.Print(&printed); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"acknowledged    9\n", "  answered 401  1\n", "  answered 503  1\n"} {
			if !strings.Contains(printed.String(), want) {
				t.Errorf("printed without %q:\n%s", want, printed.String())
			}
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for line := range strings.Lines(string(raw)) {
			var entry simulate.Entry
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			ids[entry.ID] = true
		}
		if len(ids) != 9 || ids["sim-7-1-purchase"] {
			t.Errorf("the manifest has %v, want the nine that were acknowledged", ids)
		}
	})
}

func TestTheQuarantineIsBrokenDownByReason(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       string
	}{
		{"a reason", `{"status":"quarantined","reason":"UNKNOWN_CARD","delivery":"x"}`, "UNKNOWN_CARD"},
		{"none", `{"status":"quarantined"}`, "no reason given"},
		{"not one of ours", `{"reason":"\u001b[31m UNKNOWN"}`, "no reason given"},
		{"no JSON", `<html>`, "no reason given"},
	} {
		if got := (simulate.Answer{Status: 202, Body: []byte(tt.body)}).Reason(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s, far := sender(t, 0, func(_ int, id string) (int, error) {
			if strings.HasSuffix(id, "-1-purchase") {
				return http.StatusOK, nil
			}
			return http.StatusAccepted, nil
		})
		far.answer = func(id string) string {
			if strings.HasSuffix(id, "-2-purchase") {
				return `{"reason":"CARD_REVOKED"}`
			}
			return `{"reason":"UNKNOWN_CARD"}`
		}
		p := plan()
		p.Count, p.Duplicates, p.Voids = 10, 0, 0
		tally, err := simulate.Load{Sender: s, Concurrency: 1}.Run(t.Context(), messages(t, p))
		if err != nil {
			t.Fatal(err)
		}
		var printed bytes.Buffer
		if err := tally.Print(&printed); err != nil {
			t.Fatal(err)
		}
		const want = "  answered 200    1\n  answered 202    9\n    CARD_REVOKED  1\n    UNKNOWN_CARD  8\n"
		if !strings.Contains(printed.String(), want) {
			t.Errorf("printed without\n%s:\n%s", want, printed.String())
		}
	})
}

func TestALoadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, _ := sender(t, time.Hour, func(attempt int, _ string) (int, error) {
			if attempt == 3 {
				cancel()
			}
			return http.StatusServiceUnavailable, nil
		})
		tally, err := simulate.Load{Sender: s, Concurrency: 2}.Run(ctx, messages(t, plan()))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
		if tally.Requests == 0 || tally.Acknowledged != 0 {
			t.Errorf("tally %+v", tally)
		}
	})
}

func TestLatencyIsByNearestRank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := sender(t, 0, func(_ int, id string) (int, error) {
			if strings.HasSuffix(id, "-9-purchase") {
				<-time.After(time.Second)
			} else {
				<-time.After(time.Millisecond)
			}
			return http.StatusOK, nil
		})
		p := plan()
		p.Count, p.Duplicates, p.Voids = 10, 0, 0
		tally, err := simulate.Load{Sender: s, Concurrency: 10}.Run(t.Context(), messages(t, p))
		if err != nil {
			t.Fatal(err)
		}
		for share, want := range map[float64]time.Duration{.5: time.Millisecond, .9: time.Millisecond, .99: time.Second, 1: time.Second} {
			if got := tally.Latency(share); got != want {
				t.Errorf("latency of %v is %v, want %v", share, got, want)
			}
		}
	})
}

// The shell is what reads the line, so the shell has to be asked.
func TestACurlLineSaysToAShellWhatTheRequestSays(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		leftout.Test(t, "a POSIX shell", err)
	}
	body := []byte(`{"title":"Jum'at & "kopi" $HOME \ ` + "`x`" + `"}`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://gelombang.test/webhooks/tokopedia", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("webhook-id", "it's")
	line := simulate.Curl(request, body)
	shell := exec.CommandContext(t.Context(), sh, "-c", `curl() { printf '%s\n' "$@"; }; `+line)
	got, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "-sS\n-X\nPOST\nhttp://gelombang.test/webhooks/tokopedia\n-H\nwebhook-id: it's\n--data-binary\n" + string(body) + "\n"
	if string(got) != want {
		t.Errorf("the shell reads\n%swant\n%s", got, want)
	}
}

func TestSecretsThatAreNoneAreRefusedAndNotRepeated(t *testing.T) {
	for _, text := range []string{"", "hunter2", "whsec_", "whsec_aHVudGVyMg==", "whsec_hunter2!", "pmo:hunter2", "pmo::hunter2", "pmo:client:"} {
		if _, err := simulate.NewSigner(text); err == nil {
			t.Errorf("%q is accepted", text)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error repeats it: %v", text, err)
		}
	}
}
