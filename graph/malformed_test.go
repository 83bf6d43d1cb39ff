package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// TestWhatIsMalformedIsToldApartFromWhatIsUnknown asks with card numbers, hashes and ids of the wrong form, and with
// well-formed ones of nothing. Everybody gets the same answer to a malformed card number: it says nothing of who has one.
func TestWhatIsMalformedIsToldApartFromWhatIsUnknown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		const unknown = "3113999999999999"
		for _, v := range []viewer.Viewer{anonymous, recipient(w.cards13[0]), tokopedia, analyst, officer, supervisor, admin} {
			for _, field := range []string{`participant(cardNumber: "%s") { status }`, `eligibility(cardNumber: "%s") { reason }`} {
				a := c.ask(v, "{ "+fmt.Sprintf(field, "123")+" }", nil)
				if a.code() != "BAD_INPUT" || !strings.HasSuffix(a.Errors[0].Message, "must be the 16 digits of a card number, as text") {
					t.Errorf("%s, %s: %s", v.Role, field, a.text)
				}
			}
			c.expect(v, `{ participant(cardNumber: "`+unknown+`") { status } eligibility(cardNumber: "`+unknown+`") { reason } }`,
				answers{"participant": nil, "eligibility.reason": "UNKNOWN_CARD"})
		}

		prepared := c.expect(officer, `mutation { prepareSettlement(input: { cohort: 12, reason: "nothing bought" }) { settlement { id number } } }`, answers{"prepareSettlement.settlement.number": 2})
		id, _ := prepared.at("prepareSettlement.settlement.id").(string)
		approve := func(id, hash string) string {
			return fmt.Sprintf(`mutation { approveSettlement(input: { settlement: "%s", listHash: "%s" }) %s }`, id, hash, asSettled)
		}
		other := strings.Repeat("0", 64)
		for _, hash := range []string{"", "91ad", strings.Repeat("g", 64), other + "00"} {
			c.expect(supervisor, approve(id, hash), answers{"approveSettlement.userErrors.0.code": "INVALID", "approveSettlement.userErrors.0.field": "listHash"})
		}
		c.expect(supervisor, approve(id, other), answers{"approveSettlement.userErrors.0.code": "CONFLICT", "approveSettlement.userErrors.0.field": "listHash"})
		for _, malformed := range []string{"2", "", "Settlement:2", id + "="} {
			c.expect(supervisor, approve(malformed, other), answers{"approveSettlement.userErrors.0.code": "INVALID", "approveSettlement.userErrors.0.field": "settlement"})
		}
		for _, unknown := range []string{encode("Settlement:99"), encode("Cohort:12")} {
			c.expect(supervisor, approve(unknown, other), answers{"approveSettlement.userErrors.0.code": "NOT_FOUND", "approveSettlement.userErrors.0.field": "settlement"})
		}
		// Whoever may not approve is told who may, whatever is malformed, and nothing else.
		for _, v := range []viewer.Viewer{anonymous, tokopedia, analyst, officer} {
			for _, id := range []string{id, "2", encode("Settlement:99")} {
				a := c.ask(v, approve(id, "91ad"), nil)
				if a.code() != "FORBIDDEN" || !strings.HasSuffix(a.Errors[0].Message, ": a supervisor or an administrator other than the one who prepared the list may") {
					t.Errorf("%s: %s", v.Role, a.text)
				}
			}
		}
	})
}

// TestTheReferenceOfACohortIsThatOfItsDeadline, which the latest decree or extension of the whole cohort gives; one for
// cards or a province gives none.
func TestTheReferenceOfACohortIsThatOfItsDeadline(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		const shown = `{ cohort(number: 13) { purchaseDeadlineBasis reference } cohorts { nodes { number reference } } }`
		extend := func(rest string) {
			t.Helper()
			c.expect(officer, `mutation { extendDeadline(input: { cohort: 13, reason: "a flood", `+rest+` }) { extension { until } userErrors { message } } }`, answers{"extendDeadline.userErrors.0": nil})
		}
		extend(`scope: CARDS, cards: ["` + w.cards13[0] + `"], lastDay: "2021-05-02", reference: "SK 2"`)
		c.expect(officer, shown, answers{"cohort.purchaseDeadlineBasis": "COMPUTED", "cohort.reference": nil, "cohorts.nodes.1.reference": nil})
		c.expect(officer, `mutation { decreeDeadline(input: { cohort: 13, lastDay: "2021-04-16", reference: "SK 3", reason: "published" }) { cohort { reference } userErrors { message } } }`,
			answers{"decreeDeadline.cohort.reference": "SK 3"})
		extend(`scope: COHORT, lastDay: "2021-04-20", reference: "SK 4"`)
		extend(`scope: COHORT, lastDay: "2021-04-25", reference: "SK 5"`)
		extend(`scope: PROVINCE, province: "32", lastDay: "2021-04-28", reference: "SK 6"`)
		c.expect(officer, shown, answers{"cohort.purchaseDeadlineBasis": "EXTENDED", "cohort.reference": "SK 5", "cohorts.nodes.1.reference": "SK 5", "cohorts.nodes.0.reference": nil})
		c.expect(officer, `mutation { decreeDeadline(input: { cohort: 13, lastDay: "2021-04-30", reference: "SK 7", reason: "published" }) { cohort { purchaseDeadlineBasis reference } userErrors { message } } }`,
			answers{"decreeDeadline.cohort.purchaseDeadlineBasis": "DECREED", "decreeDeadline.cohort.reference": "SK 7"})
	})
}
