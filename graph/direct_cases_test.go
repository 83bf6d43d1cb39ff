package graph_test

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/rules"
)

// given are resolvers that answer with what they are given; nil for the rest.
type given struct {
	made

	participant *model.Participant
	cohort      *model.Cohort
}

func (g given) Query() generated.QueryResolver { return g }

func (g given) Participant(context.Context, string) (*model.Participant, error) {
	return g.participant, nil
}

func (g given) Cohort(context.Context, int) (*model.Cohort, error) { return g.cohort, nil }

// same executes the requests one after the other, with the direct writer and without, and returns the last data and
// errors, and how many root fields were left to gqlgen.
func same(t rapid.TB, root generated.ResolverRoot, requests ...request) (data, errors string, otherwise int64) {
	t.Helper()
	directly, plain := newEngine(root, true), newEngine(root, false)
	for _, r := range requests {
		data, errors = directly.execute(context.Background(), r)
		wantData, wantErrors := plain.execute(context.Background(), r)
		if data != wantData || errors != wantErrors {
			t.Fatalf("%s\nwith %v; directly:\n%s\n%s\nby gqlgen alone:\n%s\n%s", r.Query, r.Variables, data, errors, wantData, wantErrors)
		}
	}
	return data, errors, directly.otherwise.Load()
}

// TestWhatWasCompiledIsForItsOperation asks through one document what differs by the operation, by its variables, and
// by what is merged.
func TestWhatWasCompiledIsForItsOperation(t *testing.T) {
	root := given{cohort: &model.Cohort{Number: 13, Quota: 600_000, TimeLeft: 7}}
	const two = `query A { ...F cohort(number: 13) { quota } } query B { ...F } query C($yes: Boolean!) { ...F ... @include(if: $yes) { cohort(number: 13) { timeLeft } } }
		fragment F on Query { cohort(number: 13) { number } }`
	const variable = `query ($yes: Boolean!) { cohort(number: 13) { number @skip(if: $yes) quota @include(if: $yes) x: timeLeft } cohort(number: 13) { timeLeft @skip(if: $yes) } }`
	yes, no := map[string]any{"yes": true}, map[string]any{"yes": false}
	for name, requests := range map[string][]request{
		"operations": {{Query: two, OperationName: "A"}, {Query: two, OperationName: "B"}, {Query: two, OperationName: "C", Variables: yes}, {Query: two, OperationName: "C", Variables: no}, {Query: two, OperationName: "A"}},
		"variables":  {{Query: variable, Variables: yes}, {Query: variable, Variables: no}, {Query: variable, Variables: yes}},
		"nothing":    {{Query: `{ cohort(number: 13) { number @skip(if: true) } }`}, {Query: `{ cohort(number: 13) @skip(if: true) { number } }`}},
		"interfaces": {{Query: `{ cohort(number: 13) { ... on Node { id ... on Cohort { number } ... on Purchase { amount } } id __typename a: __typename } }`}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, errors, otherwise := same(t, root, requests...); errors != "" || otherwise > 0 {
				t.Errorf("%s; %d root fields were left to gqlgen", errors, otherwise)
			}
		})
	}
}

// TestWhatHasToBeSaidBesidesIsLeftToGqlgen: whatever goes wrong below a root is told by gqlgen, with its place.
func TestWhatHasToBeSaidBesidesIsLeftToGqlgen(t *testing.T) {
	for name, tt := range map[string]struct {
		root        given
		query, told string
	}{
		"null in a field":  {given{participant: &model.Participant{}}, `{ participant(cardNumber: "3113000000000001") { cohort { number } } }`, "Participant.cohort"},
		"null in a list":   {given{participant: &model.Participant{Reviews: []*model.Review{nil}}}, `{ participant(cardNumber: "3113000000000001") { reviews { kind } } }`, "Participant.reviews"},
		"not loaded":       {given{cohort: &model.Cohort{}}, `{ cohort(number: 13) { number progress { awaiting } } }`, "not loaded"},
		"a scalar is null": {given{cohort: &model.Cohort{AnnouncedAt: wib(6, 0, 0).AddDate(8000, 0, 0)}}, `{ cohort(number: 13) { announcedAt } }`, "Cohort.announcedAt"},
		"a method panics":  {given{cohort: &model.Cohort{Number: 13, Closing: &model.Closing{Waits: []*model.Wait{{}}}}}, `{ cohort(number: 13) { number closing { waits { text } } } }`, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errors, otherwise := same(t, tt.root, request{Query: tt.query}, request{Query: tt.query})
			if !strings.Contains(errors, tt.told) || otherwise != 2 {
				t.Errorf("%q; %d root fields were left to gqlgen", errors, otherwise)
			}
		})
	}
	if data, errors, otherwise := same(t, given{}, request{Query: `{ cohort(number: 13) { number } }`}); data != `{"cohort":null}` || errors != "" || otherwise > 0 {
		t.Errorf("nothing is %s %s; %d root fields were left to gqlgen", data, errors, otherwise)
	}
}

// TestADeferredFragmentIsLeftToGqlgen, which knows what to make of it.
func TestADeferredFragmentIsLeftToGqlgen(t *testing.T) {
	query := `{ cohort(number: 13) { number ... @defer { quota } } }`
	if data, _, otherwise := same(t, given{cohort: &model.Cohort{Number: 13, Quota: 7}}, request{Query: query}); !strings.Contains(data, `"number":13`) || otherwise != 1 {
		t.Errorf("%s; %d root fields were left to gqlgen", data, otherwise)
	}
}

// TestALongAnswerIsWritten: longer than the buffers that are kept.
func TestALongAnswerIsWritten(t *testing.T) {
	p := &model.Participant{}
	for range 30_000 {
		p.Reviews = append(p.Reviews, &model.Review{Kind: rules.ReviewLateEvidence, Note: model.Text("a note that is neither short nor long")})
	}
	query := `{ participant(cardNumber: "3113000000000001") { reviews { kind note state } } }`
	data, errors, otherwise := same(t, given{participant: p}, request{Query: query}, request{Query: query})
	if len(data) < 2<<20 || errors != "" || otherwise > 0 {
		t.Errorf("%d bytes, %s; %d root fields were left to gqlgen", len(data), errors, otherwise)
	}
}
