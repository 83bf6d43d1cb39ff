package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/graph"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/viewer"
)

// The command and GraphQL explain the same in the same words: of who is revoked, has bought, and is under review.
func TestExplainSaysWhatGraphQLSays(t *testing.T) {
	actingOn(t, twoReviews, func(t *testing.T, f *registrytest.Fixture) {
		f.Clock.Set(time.Now())
		for _, language := range []string{"en", "id"} {
			people := explainedByGraphQL(t, f, strings.ToUpper(language))
			if len(people) != 4 {
				t.Fatalf("%d people", len(people))
			}
			for _, want := range people {
				out, errOut, code := typed(t, "explain", want.CardNumber, "--json", "--language", language)
				var got explainedOutput
				if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
					t.Fatalf("exit code %d, %v: %s%s", code, err, out, errOut)
				}
				want.Cohort = got.Cohort // an object there
				if diff := cmp.Diff(want, got); diff != "" || got.Explanation.Summary == "" || got.Cohort == 0 {
					t.Errorf("in %s (-GraphQL +command):\n%s", language, diff)
				}
			}
		}
	})
}

// explainedByGraphQL asks GraphQL for everybody, as an officer.
func explainedByGraphQL(t *testing.T, f *registrytest.Fixture, language string) []explainedOutput {
	t.Helper()
	h, err := graph.NewHandler(graph.Config{Registry: f.Registry, Log: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"query": `{ participants { nodes { cardNumber status deadline explanation(language: ` + language +
		`) { summary deadline evidence { platform invoiceCode counts code text } awaited } } } }`})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(viewer.With(t.Context(), registrytest.Officer), http.MethodPost, "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, req)
	var read struct {
		Data struct {
			Participants struct{ Nodes []explainedOutput }
		}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &read); err != nil {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	return read.Data.Participants.Nodes
}
