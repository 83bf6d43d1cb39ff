package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// mutations are all mutations with inputs that are well formed but name nothing: whoever may do it gets a
// mistake to mend or a result, and whoever may not is refused before anything is looked up.
var mutations = map[string]struct {
	text    string
	allowed string // roles
}{
	"announceCohort":    {`announceCohort(input: { number: 90, quota: 10, announcedAt: "2021-04-06T10:00:00+07:00" }) { cohort { number } userErrors { code } }`, "officer supervisor admin"},
	"decreeDeadline":    {`decreeDeadline(input: { cohort: 99, lastDay: "2021-05-01", reference: "SK", reason: "x" }) { cohort { number } userErrors { code } }`, "officer supervisor admin"},
	"extendDeadline":    {`extendDeadline(input: { cohort: 99, scope: COHORT, lastDay: "2021-05-01", reference: "SK", reason: "x" }) { userErrors { code } }`, "officer supervisor admin"},
	"putOffering":       {`putOffering(input: { platform: "tokopedia", courseCode: "N-1", title: "Baru", price: 1000 }) { userErrors { code } }`, "platform officer supervisor admin"},
	"withdrawOffering":  {`withdrawOffering(input: { platform: "tokopedia", courseCode: "none" }) { userErrors { code } }`, "platform officer supervisor admin"},
	"createPlatformKey": {`createPlatformKey(input: { platform: "tokopedia" }) { key { fingerprint } userErrors { code } }`, "platform admin"},
	"retirePlatformKey": {`retirePlatformKey(input: { key: "nonsense" }) { userErrors { code } }`, "platform admin"},
	"retryDelivery":     {`retryDelivery(input: { delivery: "nonsense" }) { userErrors { code } }`, "officer supervisor admin"},
	"dismissDelivery":   {`dismissDelivery(input: { delivery: "nonsense", reason: "x" }) { userErrors { code } }`, "officer supervisor admin"},
	"decideReview":      {`decideReview(input: { review: "nonsense", decision: UPHOLD, note: "x" }) { userErrors { code } }`, "officer supervisor admin"},
	"correctContact":    {`correctContact(input: { cardNumber: "0000000000000000", name: "x", reason: "x" }) { userErrors { code } }`, "officer supervisor admin"},

	"prepareSettlement":    {`prepareSettlement(input: { cohort: 99, reason: "x" }) { settlement { id } userErrors { code } }`, "officer supervisor admin"},
	"approveSettlement":    {`approveSettlement(input: { settlement: "nonsense", listHash: "x" }) { userErrors { code } }`, "supervisor admin"},
	"executeSettlement":    {`executeSettlement(input: { settlement: "nonsense" }) { userErrors { code } }`, "officer supervisor admin"},
	"stopSettlement":       {`stopSettlement(input: { settlement: "nonsense" }) { userErrors { code } }`, "officer supervisor admin"},
	"discardSettlement":    {`discardSettlement(input: { settlement: "nonsense" }) { userErrors { code } }`, "officer supervisor admin"},
	"reverseSettlement":    {`reverseSettlement(input: { settlement: "nonsense", reason: "x" }) { userErrors { code } }`, "supervisor admin"},
	"declareOutage":        {`declareOutage(input: { platform: "nowhere", beginsAt: "2021-04-06T10:00:00+07:00", reason: "x" }) { userErrors { code } }`, "officer supervisor admin"},
	"endOutage":            {`endOutage(input: { outage: "nonsense" }) { userErrors { code } }`, "officer supervisor admin"},
	"planReminders":        {`planReminders(input: { cohort: 99 }) { plan { id } userErrors { code } }`, "officer supervisor admin"},
	"stopReminders":        {`stopReminders(input: { cohort: 99 }) { userErrors { code } }`, "officer supervisor admin"},
	"reportBounce":         {`reportBounce(input: { messageId: "<reminder-99@example.org>" }) { userErrors { code } }`, "officer supervisor admin"},
	"createEndpoint":       {`createEndpoint(input: { name: "n", url: "https://gateway.example/hook", events: [SETTLEMENT] }) { endpoint { id } userErrors { code } }`, "admin"},
	"rotateEndpointSecret": {`rotateEndpointSecret(input: { endpoint: "nonsense" }) { secret userErrors { code } }`, "admin"},
	"disableEndpoint":      {`disableEndpoint(input: { endpoint: "nonsense" }) { userErrors { code } }`, "admin"},
	"enableEndpoint":       {`enableEndpoint(input: { endpoint: "nonsense" }) { userErrors { code } }`, "admin"},
	"testEndpoint":         {`testEndpoint(input: { endpoint: "nonsense" }) { userErrors { code } }`, "admin"},
	"resendMessage":        {`resendMessage(input: { message: "nonsense" }) { userErrors { code } }`, "admin"},

	"eraseContact": {`eraseContact(input: { cardNumber: "0000000000000000", reason: "x" }) { userErrors { code } }`, "officer supervisor admin"},
}

// TestWhoMayChangeWhat is the table of who may what, write side.
func TestWhoMayChangeWhat(t *testing.T) {
	for _, f := range schemaOf().Mutation.Fields {
		if mutations[f.Name].text == "" {
			t.Errorf("%s is not in the table", f.Name)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		for name, m := range mutations {
			for role, v := range roles(w.cards13[0]) {
				a := c.ask(v, "mutation { "+m.text+" }", nil)
				if may := strings.Contains(m.allowed, role); may && len(a.Errors) > 0 {
					t.Errorf("%s as %s: %s", name, role, a.text)
				} else if !may && (a.code() != "FORBIDDEN" || a.Data != nil) {
					t.Errorf("%s as %s is not refused: %s", name, role, a.text)
				}
			}
		}
	})
}

// TestAPlatformManagesItselfOnly: what is another platform's is as good as not there.
func TestAPlatformManagesItselfOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		key := c.get(admin, `{ platform(code: "pintaria") { keys { id } } }`, nil).at("platform.keys.0.id")
		retire := `mutation ($key: ID!) { retirePlatformKey(input: { key: $key }) { key { id } userErrors { code field } } }`
		a := c.get(tokopedia, retire, map[string]any{"key": key})
		none := c.get(tokopedia, retire, map[string]any{"key": encode("PlatformKey:9999")})
		if a.at("retirePlatformKey.userErrors.0.code") != "NOT_FOUND" || a.text != none.text {
			t.Errorf("another platform's key: %s, one that does not exist: %s", a.text, none.text)
		}
		for _, text := range []string{mutations["putOffering"].text, mutations["withdrawOffering"].text, mutations["createPlatformKey"].text} {
			for _, code := range []string{"pintaria", "nowhere"} {
				a := c.ask(tokopedia, "mutation { "+strings.Replace(text, "tokopedia", code, 1)+" }", nil)
				if a.code() != "FORBIDDEN" {
					t.Errorf("%s for %s: %s", text, code, a.text)
				}
			}
		}
		if a := c.get(admin, retire, map[string]any{"key": key}); a.at("retirePlatformKey.key.id") != key {
			t.Errorf("an administrator retires it: %s", a.text)
		}
	})
}

// TestChangesAreAnsweredWithTheObjectAsItIsAfterwards runs every mutation to its end.
func TestChangesAreAnsweredWithTheObjectAsItIsAfterwards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		waiting := c.get(officer, `{ deliveries(filter: { outcome: QUARANTINED }) { nodes { id platform { code } } } }`, nil)
		review := c.get(officer, `{ cohort(number: 12) { participants { nodes { reviews { id } } } } }`, nil).at("cohort.participants.nodes.1.reviews.0.id")
		key := c.get(tokopedia, `{ platform(code: "tokopedia") { keys { id } } }`, nil).at("platform.keys.0.id")
		card := w.cards13[0]
		steps := []struct {
			v    viewer.Viewer
			text string
			path string
			want any
		}{
			{officer, `announceCohort(input: { number: 14, quota: 5, announcedAt: "2021-03-17T08:00:00+07:00" }) { cohort { number timeLeft purchaseDeadlineText progress { recipients } } userErrors { message } }`,
				"announceCohort.cohort.purchaseDeadlineText", "15 April 2021, 23:59 WIB"},
			{officer, `announceCohort(input: { number: 14, quota: 6, announcedAt: "2021-03-17T08:00:00+07:00" }) { cohort { number } userErrors { code } }`,
				"announceCohort.userErrors.0.code", "CONFLICT"},
			{officer, `decreeDeadline(input: { cohort: 14, lastDay: "2021-04-20", reference: "SK 2", reason: "x" }) { cohort { purchaseDeadlineBasis reference } userErrors { message } }`,
				"decreeDeadline.cohort.purchaseDeadlineBasis", "DECREED"},
			{officer, `decreeDeadline(input: { cohort: 77, lastDay: "2021-04-20", reference: "SK 2", reason: "x" }) { cohort { number } userErrors { code field } }`,
				"decreeDeadline.userErrors.0.code", "NOT_FOUND"},
			{officer, fmt.Sprintf(`extendDeadline(input: { cohort: 13, scope: CARDS, cards: ["%s"], lastDay: "2021-04-30", reference: "SK 3", reason: "x" }) { extension { participants cohort { number extensions { scope } } } userErrors { message } }`, card),
				"extendDeadline.extension.participants", 1.},
			{tokopedia, `putOffering(input: { platform: "tokopedia", courseCode: "C-9", title: "Las", price: "300000", mode: BLENDED }) { offering { price mode platform { code } } userErrors { message } }`,
				"putOffering.offering.price", 300000.},
			{tokopedia, `putOffering(input: { platform: "tokopedia", courseCode: "C-9", title: "Las", price: -1 }) { offering { price } userErrors { code field } }`,
				"putOffering.userErrors.0.field", "price"},
			{officer, `withdrawOffering(input: { platform: "tokopedia", courseCode: "C-9" }) { offering { withdrawnAt } userErrors { message } }`,
				"withdrawOffering.offering.withdrawnAt", "2021-04-06T17:45:00+07:00"},
			{tokopedia, `createPlatformKey(input: { platform: "tokopedia", overlap: 3600 }) { key { active scheme createdBy } secret userErrors { message } }`,
				"createPlatformKey.key.active", true},
			{tokopedia, fmt.Sprintf(`retirePlatformKey(input: { key: "%s" }) { key { active retiredBy } userErrors { message } }`, key),
				"retirePlatformKey.key.active", false},
			{officer, fmt.Sprintf(`retryDelivery(input: { delivery: "%s" }) { delivery { outcome attempts } userErrors { message } }`, waiting.at("deliveries.nodes.0.id")),
				"retryDelivery.delivery.attempts", 2.},
			{officer, fmt.Sprintf(`dismissDelivery(input: { delivery: "%s", reason: "test data" }) { delivery { outcome settledBy } userErrors { message } }`, waiting.at("deliveries.nodes.0.id")),
				"dismissDelivery.delivery.outcome", "DISMISSED"},
			{officer, fmt.Sprintf(`dismissDelivery(input: { delivery: "%s", reason: "again" }) { delivery { outcome } userErrors { code } }`, waiting.at("deliveries.nodes.0.id")),
				"dismissDelivery.userErrors.0.code", "NOT_POSSIBLE"},
			{supervisor, fmt.Sprintf(`decideReview(input: { review: "%s", decision: UPHOLD, note: "receipt seen" }) { review { state decidedBy note participant { status } } userErrors { message } }`, review),
				"decideReview.review.participant.status", "PURCHASED"},
			{officer, fmt.Sprintf(`correctContact(input: { cardNumber: "%s", name: "Siti Baru", reason: "misspelt" }) { participant { contact { name email } } userErrors { message } }`, card),
				"correctContact.participant.contact.name", "Siti Baru"},
			{officer, fmt.Sprintf(`eraseContact(input: { cardNumber: "%s", reason: "asked for" }) { participant { contactErasedAt contact { name } } userErrors { message } }`, card),
				"eraseContact.participant.contactErasedAt", "2021-04-06T17:45:00+07:00"},
		}
		for _, s := range steps {
			a := c.get(s.v, "mutation { "+s.text+" }", nil)
			if got := a.at(s.path); got != s.want {
				t.Errorf("%s\n%v, want %v: %s", s.text, got, s.want, a.text)
			}
			if strings.HasPrefix(s.text, "createPlatformKey") && !strings.HasPrefix(fmt.Sprint(a.at("createPlatformKey.secret")), "whsec_") {
				t.Errorf("no secret: %s", a.text)
			}
		}
		if a := c.get(officer, `query ($c: CardNumber!) { participant(cardNumber: $c) { contact { name } } }`, map[string]any{"c": card}); a.at("participant.contact") != nil {
			t.Errorf("the contact is still there: %s", a.text)
		}
	})
}

func TestAMutationByGETIsRefused(t *testing.T) {
	w := newWorld(t, dbtest.New(t, db.SQLite), 3)
	c := serve(t, w.Registry)
	req, err := http.NewRequest(http.MethodGet, c.server.URL+"?query=mutation%20%7B"+strings.ReplaceAll(strings.ReplaceAll(mutations["announceCohort"].text, " ", "%20"), "+", "%2B")+"%7D", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, text := c.do(officer, req)
	if status != http.StatusMethodNotAllowed {
		t.Errorf("status %d: %s", status, text)
	}
	if a := c.get(officer, `{ cohort(number: 90) { number } }`, nil); a.at("cohort") != nil {
		t.Error("the mutation took effect")
	}
}
