package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/graph"
	"gelombang/graph/globalid"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// pair is the endpoint twice, with the direct writer and with gqlgen alone.
type pair struct {
	direct, plain http.Handler
	wrote         graph.Wrote
}

func newPair(t testing.TB, r *registry.Registry) *pair {
	t.Helper()
	p := &pair{}
	cfg := graph.Config{Registry: r, Log: slog.New(slog.DiscardHandler), Version: "test"}
	var err error
	if p.direct, err = graph.NewCountingHandler(cfg, &p.wrote); err != nil {
		t.Fatal(err)
	}
	if p.plain, err = graph.NewPlainHandler(cfg); err != nil {
		t.Fatal(err)
	}
	return p
}

// request is what is asked, in the form of a body.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName,omitempty"`
	Variables     map[string]any `json:"variables,omitempty"`
}

// compare asks both and returns the answer, which must be the same. The order in which gqlgen finds errors is none.
func (p *pair) compare(t rapid.TB, v viewer.Viewer, r request) string {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(h http.Handler) (status int, answer, errors string) {
		req := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req.WithContext(viewer.With(req.Context(), v)))
		answer, errors = settled(t, rec.Body.Bytes())
		return rec.Code, answer, errors
	}
	status, answer, errors := ask(p.direct)
	wantStatus, wantAnswer, wantErrors := ask(p.plain)
	if status != wantStatus || answer != wantAnswer || errors != wantErrors {
		t.Fatalf("%s asks %s\nwith %v; directly:\n%d %s %s\nby gqlgen alone:\n%d %s %s\n%s", v.Role, r.Query, r.Variables, status, answer, errors, wantStatus, wantAnswer, wantErrors, cmp.Diff(wantAnswer, answer))
	}
	return answer
}

var faultIDs = regexp.MustCompile(`internal error [0-9a-f]{16}`)

// settled takes the errors out of an answer, and puts them into an order. What is left is as it was written.
func settled(t rapid.TB, answer []byte) (rest, errors string) {
	t.Helper()
	var parts struct {
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(answer, &parts); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	if len(parts.Errors) == 0 {
		return string(answer), ""
	}
	var all []string
	for _, e := range parts.Errors {
		all = append(all, faultIDs.ReplaceAllString(string(e), "internal error"))
	}
	slices.Sort(all)
	list := answer[bytes.IndexByte(answer, '['):] // errors come first
	dec := json.NewDecoder(bytes.NewReader(list))
	var skipped json.RawMessage
	if err := dec.Decode(&skipped); err != nil {
		t.Fatal(err)
	}
	return string(list[dec.InputOffset():]), strings.Join(all, "\n")
}

// everything adds something of every type of the schema that a crowd has not.
func (w *world) everything() {
	w.state("pintaria", 3)
	w.state("tokopedia", 1)
	w.outage("tokopedia", 5)
	raised := w.Clock.Now()
	w.alert("tokopedia", rules.AlertFew, raised, &raised)
	w.plan()
	w.remind(w.T)
	w.fail(w.T)
}

// questionsDrawn is how many questions are drawn about the world.
const questionsDrawn = "600"

// TestAnswersAreThoseOfGqlgen asks random questions as every role, each with several values of its variables and then
// with the first again: what was compiled for one must not answer another.
func TestAnswersAreThoseOfGqlgen(t *testing.T) {
	drawCases(t, questionsDrawn)
	c := newCrowd(t, dbtest.New(t, db.SQLite))
	c.everything()
	p := newPair(t, c.Registry)
	w := newWays(look(t, serve(t, c.Registry)), c.cards13)
	viewers := roles(c.cards13[0])
	rapid.Check(t, func(t *rapid.T) {
		v := viewers[rapid.SampledFrom([]string{"anonymous", "participant", "platform", "analyst", "officer", "supervisor", "admin", "admin", "admin"}).Draw(t, "viewer")]
		query := drawQuestion(t, w.arguments)
		for _, yes := range []bool{true, false, true} {
			p.compare(t, v, request{Query: query, Variables: variablesOf(query, yes, 2)})
		}
	})
	directly, otherwise := p.wrote.Directly.Load(), p.wrote.ByGqlgen.Load()
	if directly < 4*otherwise && !t.Failed() {
		t.Errorf("%d root fields were written directly, and %d by gqlgen", directly, otherwise)
	}
}

// TestEveryTypeIsWritten goes to every type that a query can reach, and asks for all there is of it, as every role.
func TestEveryTypeIsWritten(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 6)
	w.pastReviews()
	w.endpoint("first")
	w.everything()
	p := newPair(t, w.Registry)
	arguments := map[string]string{
		"node": fmt.Sprintf("(id: %q)", globalid.Encode("Cohort", 13)), "cohort": "(number: 13)",
		"eligibility": fmt.Sprintf("(cardNumber: %q)", w.cards13[0]), "platform": `(code: "tokopedia")`, "settlement": "(number: 1)",
		"purchaseAggregate": "(groupBy: [HOURS_BEFORE_DEADLINE, PLATFORM])", "participantAggregate": "(groupBy: [PROVINCE, STATUS])",
	}
	for _, name := range reachable() {
		text := "{ __typename"
		for _, f := range schemaOf().Types[name].Fields {
			if schemaOf().Types[f.Type.Name()].IsLeafType() && name+"."+f.Name != notWritten {
				text += " " + f.Name
			}
		}
		card := w.cards13[0]
		if name == "Reminder" { // the first has bought and is not reminded
			card = w.cards13[2]
		}
		arguments["participant"] = fmt.Sprintf("(cardNumber: %q)", card)
		way := waysTo()[name]
		text = along(way, arguments[way[0].Name], text+" }")
		for role, v := range roles(w.cards13[0]) {
			before := p.wrote.Directly.Load()
			answer := p.compare(t, v, request{Query: text})
			if role != "admin" {
				continue
			}
			if !strings.Contains(answer, `"__typename":"`+name+`"`) {
				t.Errorf("%s: there is no %s: %s", text, name, answer)
			}
			if p.wrote.Directly.Load() == before {
				t.Errorf("%s was not written directly", text)
			}
		}
	}
}

// notWritten is the one field that takes an argument from gqlgen, and is left to it.
const notWritten = "Wait.text"

// ways are the arguments of root fields that lead to what there is.
type ways struct {
	ids, cards []string
}

func newWays(m *mirror, cards []string) ways {
	w := ways{ids: slices.Sorted(maps.Keys(m.byID)), cards: append([]string{"9999999999999999"}, cards...)}
	return w
}

func (w ways) arguments(t *rapid.T, field string) string {
	from := func(all ...string) string { return rapid.SampledFrom(all).Draw(t, field) }
	size := fmt.Sprintf("first: %d", rapid.IntRange(0, 4).Draw(t, "size"))
	switch field {
	case "node":
		return fmt.Sprintf("(id: %q)", from(w.ids...))
	case "nodes":
		ids := rapid.SliceOfN(rapid.SampledFrom(append([]string{"none"}, w.ids...)), 0, 5).Draw(t, "ids")
		return fmt.Sprintf("(ids: %s)", strings.ReplaceAll(fmt.Sprintf("%q", ids), `" "`, `", "`))
	case "cohort":
		return "(number: " + from("12", "13", "13", "99") + ")"
	case "settlement":
		return "(number: " + from("1", "2", "99") + ")"
	case "participant", "eligibility":
		return fmt.Sprintf("(cardNumber: %q)", from(w.cards...))
	case "platform":
		return "(code: " + from(`"tokopedia"`, `"pintaria"`, `"none"`) + ")"
	case "purchaseAggregate":
		return "(groupBy: [" + from("", "OFFERING, PLATFORM", "PROVINCE, GENDER, DAY", "HOURS_BEFORE_DEADLINE, MODE, LATE", "HOURS_BEFORE_DEADLINE, EVIDENCE, CATEGORY") + "], " + size + ")"
	case "participantAggregate":
		return "(groupBy: [" + from("", "PROVINCE", "AGE_BAND, EDUCATION", "STATUS, COHORT") + "], " + size + ")"
	case "viewer", "programme", "platforms", "provinces", "endpoints":
		return ""
	default:
		return "(" + from(size, size, size, "last: 2", "first: -1", "first: 2, last: 2", `after: "nowhere"`) + ")"
	}
}
