package graph_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// everythingOfEndpoints asks for all that there is about endpoints, but for what takes arguments.
const everythingOfEndpoints = `{ endpoints { id name url events scheme publicKey createdAt createdBy disabledAt disabledBy
	messages { totalCount nodes { id endpoint { id name } event messageId state createdAt nextAt settledAt attempts { at took status outcome problem } } } } }`

// TestAnEndpointIsManaged from its creation to a webhook that is sent again.
func TestAnEndpointIsManaged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		create := func(name, url, rest string) string {
			return fmt.Sprintf(`mutation { createEndpoint(input: { name: "%s", url: "%s", events: [SETTLEMENT]%s }) { endpoint { id name url events scheme publicKey createdBy } secret userErrors { code field } } }`, name, url, rest)
		}
		made := c.expect(admin, create("office", "https://office.example/hook", ""), answers{
			"createEndpoint.endpoint.name": "office", "createEndpoint.endpoint.events.0": "SETTLEMENT", "createEndpoint.endpoint.scheme": "STANDARD_V1", "createEndpoint.endpoint.publicKey": nil,
			"createEndpoint.endpoint.createdBy": "admin-1",
		})
		secret, _ := made.at("createEndpoint.secret").(string)
		if !strings.HasPrefix(secret, "whsec_") {
			t.Fatalf("no secret: %s", made.text)
		}
		signed := c.expect(admin, create("signed", "https://signed.example/hook", ", scheme: STANDARD_V1A"), answers{"createEndpoint.secret": nil, "createEndpoint.endpoint.scheme": "STANDARD_V1A"})
		if key, _ := signed.at("createEndpoint.endpoint.publicKey").(string); !strings.HasPrefix(key, "whpk_") {
			t.Errorf("no public key: %s", signed.text)
		}
		for input, field := range map[string]string{
			create("office", "https://elsewhere.example/", ""): "name", create("", "https://elsewhere.example/", ""): "name",
			create("x", "http://elsewhere.example/", ""): "url", create("x", "https://u:p@elsewhere.example/", ""): "url",
			strings.Replace(create("x", "https://elsewhere.example/", ""), "[SETTLEMENT]", "[]", 1):     "events",
			strings.Replace(create("x", "https://elsewhere.example/", ""), "[SETTLEMENT]", "[TEST]", 1): "events",
			create("x", "https://elsewhere.example/", ", scheme: PMO"):                                  "scheme",
		} {
			c.expect(admin, input, answers{"createEndpoint.userErrors.0.field": field, "createEndpoint.endpoint": nil, "createEndpoint.secret": nil})
		}

		global := fmt.Sprint(made.at("createEndpoint.endpoint.id"))
		change := func(name, rest, asked string) string {
			return fmt.Sprintf(`mutation { %s(input: { endpoint: "%s"%s }) { %s userErrors { code field } } }`, name, global, rest, asked)
		}
		rotated := c.expect(admin, change("rotateEndpointSecret", ", overlap: 3600", "secret endpoint { name }"), answers{"rotateEndpointSecret.endpoint.name": "office"})
		second, _ := rotated.at("rotateEndpointSecret.secret").(string)
		if !strings.HasPrefix(second, "whsec_") || second == secret {
			t.Errorf("no new secret: %s", rotated.text)
		}
		for _, overlap := range []string{"-1", "2592001", "2147483647", "60"} { // the last while the first secret still signs
			c.expect(admin, change("rotateEndpointSecret", ", overlap: "+overlap, "secret"), answers{"rotateEndpointSecret.userErrors.0.field": "overlap", "rotateEndpointSecret.secret": nil})
		}

		sent := c.expect(admin, change("testEndpoint", "", "message { id event state messageId endpoint { id } attempts { outcome } }"), answers{
			"testEndpoint.message.event": "TEST", "testEndpoint.message.state": "PENDING", "testEndpoint.message.endpoint.id": global, "testEndpoint.message.attempts.0": nil,
		})
		w.fail(t)
		c.expect(admin, change("disableEndpoint", "", "endpoint { disabledAt disabledBy }"), answers{"disableEndpoint.endpoint.disabledAt": "2021-04-06T17:45:00+07:00", "disableEndpoint.endpoint.disabledBy": "admin-1"})
		c.expect(admin, change("testEndpoint", "", "message { id }"), answers{"testEndpoint.userErrors.0.code": "NOT_POSSIBLE", "testEndpoint.userErrors.0.field": "endpoint"})
		resend := fmt.Sprintf(`mutation { resendMessage(input: { message: "%s" }) { message { id state nextAt messageId } userErrors { code field } } }`, sent.at("testEndpoint.message.id"))
		c.expect(admin, resend, answers{"resendMessage.userErrors.0.code": "NOT_POSSIBLE", "resendMessage.userErrors.0.field": "message"})
		c.expect(admin, change("enableEndpoint", "", "endpoint { disabledAt disabledBy }"), answers{"enableEndpoint.endpoint.disabledAt": nil, "enableEndpoint.endpoint.disabledBy": nil})
		c.expect(admin, resend, answers{
			"resendMessage.message.id": sent.at("testEndpoint.message.id"), "resendMessage.message.state": "PENDING", "resendMessage.message.messageId": sent.at("testEndpoint.message.messageId"),
			"resendMessage.message.nextAt": "2021-04-06T17:45:00+07:00",
		})
		all := c.expect(admin, everythingOfEndpoints, answers{
			"endpoints.0.name": "office", "endpoints.1.name": "signed", "endpoints.0.messages.totalCount": 1, "endpoints.1.messages.totalCount": 0,
			"endpoints.0.messages.nodes.0.attempts.0.outcome": "AGAIN", "endpoints.0.messages.nodes.0.attempts.0.status": 503, "endpoints.0.messages.nodes.0.attempts.0.took": 1200,
			"endpoints.0.messages.nodes.0.attempts.0.problem": "status", "endpoints.0.messages.nodes.0.endpoint.name": "office",
		})
		for _, s := range []string{secret, second} {
			if strings.Contains(all.text+c.log.String(), strings.TrimPrefix(s, "whsec_")) {
				t.Errorf("a secret is answered again, or logged: %s", all.text)
			}
		}
	})
}

// fail has the first webhook of ours fail for good.
func (w *world) fail(t testing.TB) {
	t.Helper()
	out, err := w.BeginAttempt(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	attempt := registry.Attempt{Number: out.Attempt, Took: 1200 * time.Millisecond, Status: 503, Outcome: rules.AttemptAgain, Problem: "status"}
	if _, err := w.RecordAttempt(t.Context(), 1, attempt); err != nil {
		t.Fatal(err)
	}
}

// TestNothingLeadsToASecretOrToABody looks through the schema: what we sign with is in the answers of two mutations, and
// what we send is in none.
func TestNothingLeadsToASecretOrToABody(t *testing.T) {
	var found []string
	for name, def := range schemaOf().Types {
		for _, f := range def.Fields {
			if strings.Contains(strings.ToLower(f.Name), "secret") && !strings.HasSuffix(name, "Input") && name != "Mutation" ||
				strings.EqualFold(f.Name, "body") {
				found = append(found, name+"."+f.Name)
			}
		}
	}
	slices.Sort(found)
	want := []string{"CreateEndpointPayload.secret", "CreatePlatformKeyPayload.secret", "Delivery.body", "RotateEndpointSecretPayload.secret"}
	if !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

// TestOnlyAnAdministratorManagesEndpoints, which the refusal says, before anything is looked up.
func TestOnlyAnAdministratorManagesEndpoints(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	for name, input := range map[string]string{
		"createEndpoint":       `name: "office", url: "https://office.example/hook", events: [SETTLEMENT]`,
		"rotateEndpointSecret": `endpoint: "1"`, "disableEndpoint": `endpoint: "1"`, "enableEndpoint": `endpoint: "1"`, "testEndpoint": `endpoint: "1"`,
		"resendMessage": `message: "1"`,
	} {
		for role, v := range roles(w.cards13[0]) {
			if role == "admin" {
				continue
			}
			a := c.ask(v, fmt.Sprintf("mutation { %s(input: { %s }) { userErrors { code } } }", name, input), nil)
			if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "FORBIDDEN" || !strings.HasSuffix(a.Errors[0].Message, ": an administrator may") {
				t.Errorf("%s as %s: %s", name, role, a.text)
			}
		}
	}
}

// TestTestsOfAnEndpointAreFew: the sixth within a minute is refused, as something to mend.
func TestTestsOfAnEndpointAreFew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		made := c.expect(admin, `mutation { createEndpoint(input: { name: "office", url: "https://office.example/hook", events: [SETTLEMENT] }) { endpoint { id } } }`, nil)
		test := fmt.Sprintf(`mutation { testEndpoint(input: { endpoint: "%s" }) { message { state } userErrors { code field message } } }`, made.at("createEndpoint.endpoint.id"))
		for range 5 {
			c.expect(admin, test, answers{"testEndpoint.message.state": "PENDING", "testEndpoint.userErrors.0": nil})
		}
		refused := c.expect(admin, test, answers{"testEndpoint.message": nil, "testEndpoint.userErrors.0.code": "NOT_POSSIBLE", "testEndpoint.userErrors.0.field": "endpoint"})
		if said := fmt.Sprint(refused.at("testEndpoint.userErrors.0.message")); !strings.Contains(said, "wait a minute") {
			t.Errorf("it is said: %s", said)
		}
	})
}

// TestTheQueryOfThePageListsWhatWasGivenUp: the first query of the page on our webhooks finds what failed, and nothing else.
func TestTheQueryOfThePageListsWhatWasGivenUp(t *testing.T) {
	page, err := os.ReadFile("../docs/outbound-webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	query := regexp.MustCompile("(?s)```graphql\n(query.*?)```").FindSubmatch(page)
	if query == nil {
		t.Fatal("the page has no query")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		ep, _, err := w.CreateEndpoint(t.Context(), admin, registry.CreateEndpoint{Name: "office", URL: "https://office.example/hook", Events: []rules.OutboundEvent{rules.EventSettlement}})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for range 2 {
			m, err := w.TestEndpoint(t.Context(), admin, ep.ID)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, m.MessageID)
		}
		w.fail(t)
		for since, want := range map[any]int{nil: 1, "2021-04-06T17:45:00+07:00": 1, "2021-04-06T17:46:00+07:00": 0} {
			a := c.ask(admin, string(query[1]), map[string]any{"since": since})
			if got := a.at("endpoints.0.messages.totalCount"); got != float64(want) {
				t.Errorf("since %v there are %v, want %d: %s", since, got, want, a.text)
			}
			if want == 1 && (a.at("endpoints.0.messages.nodes.0.messageId") != ids[0] || a.at("endpoints.0.messages.nodes.0.attempts.0.status") != float64(503)) {
				t.Errorf("the answer is %s", a.text)
			}
		}
	})
}
