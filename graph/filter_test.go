package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
)

// TestFilters counts what every field of every filter lets through. $now is the present.
func TestFilters(t *testing.T) {
	tests := map[string]map[string]float64{
		"cohorts": {
			`{}`: 2, `null`: 2, `{ number: [] }`: 0, `{ number: [13, 99] }`: 1, `{ number: null }`: 2, `{ open: true }`: 1, `{ open: false }`: 1,
			`{ purchaseDeadline: { from: "2021-04-09T00:00:00+07:00" } }`:   1,
			`{ purchaseDeadline: { before: "2021-04-09T00:00:00+07:00" } }`: 1,
			`{ purchaseDeadline: {} }`:                                      2,
			`{ basis: COMPUTED }`:                                           2, `{ basis: [DECREED, EXTENDED] }`: 0, `{ quota: { min: 600000 } }`: 2, `{ quota: { max: 599999 } }`: 0,
			`{ announcedAt: { from: "2021-03-10T12:00:00+07:00" } }`: 1, `{ announcedAt: { before: "2021-03-10T12:00:00+07:00" } }`: 1,
			`{ and: [{ open: true }, { number: 12 }] }`: 0, `{ and: [] }`: 2, `{ and: null, or: null, not: null }`: 2,
			`{ or: [{ open: true }, { number: 12 }] }`: 2, `{ or: { open: true } }`: 1, `{ or: [] }`: 0, `{ or: [{}] }`: 2,
			`{ not: { open: true } }`: 1, `{ not: {} }`: 0, `{ not: { not: { not: { number: 12 } } } }`: 1,
		},
		"participants": {
			`{}`: 9, `{ cohort: 13 }`: 5, `{ cohort: [12, 13] }`: 9, `{ cohort: [] }`: 0,
			`{ status: AWAITING }`: 4, `{ status: PURCHASED }`: 1, `{ status: OVERDUE }`: 2, `{ status: UNDER_REVIEW }`: 1, `{ status: REVOKED }`: 1,
			`{ status: [AWAITING, REVOKED, REVOKED] }`: 5, `{ status: [] }`: 0,
			`{ reviewOpen: true }`: 1, `{ reviewOpen: false }`: 8,
			`{ province: "32" }`: 2, `{ province: ["31", "32"] }`: 8, `{ province: "00" }`: 0,
			`{ gender: F }`: 2, `{ gender: [F, M] }`: 4, `{ ageBand: FROM_25_TO_34 }`: 1, `{ education: S1 }`: 1,
			`{ deadline: { from: "2021-04-09T00:00:01+07:00" } }`: 2,
			`{ cohort: 13, gender: F, status: AWAITING }`:         1,
			`{ isNull: PROVINCE }`:                                1, `{ isNull: [PROVINCE, GENDER] }`: 1, `{ isNull: [GENDER] }`: 5, `{ isNull: [] }`: 0, `{ isNull: null }`: 9, `{ isNull: REGENCY }`: 9,
			`{ isNull: FIRST_PURCHASE }`: 8, `{ isNull: REVOKED_AT }`: 8, `{ regency: "3171" }`: 0,
			`{ not: { province: "32" } }`: 7, `{ not: { gender: [F, M] } }`: 5, `{ not: { deadline: { before: "2021-04-09T00:00:01+07:00" } } }`: 2,
			`{ balance: { max: 500000 } }`: 1, `{ balance: { min: 750000 } }`: 8, `{ balance: { min: "1000000", max: 1000000 } }`: 7,
			`{ revokedAt: { from: "2021-04-06T12:00:00+07:00" } }`: 1, `{ revokedAt: { before: "2021-04-06T12:00:00+07:00" } }`: 0,
			`{ not: { revokedAt: { from: "2021-04-06T12:00:00+07:00" } } }`: 8,
			`{ firstPurchase: {} }`: 1, `{ firstPurchase: { platform: "tokopedia" } }`: 1, `{ firstPurchase: { platform: "pintaria" } }`: 0, `{ firstPurchase: { voided: true } }`: 0,
			`{ purchases: {} }`: 4, `{ purchases: { voided: true } }`: 2, `{ purchases: { platform: "pintaria" } }`: 2, `{ not: { purchases: {} } }`: 5,
			`{ purchases: { participant: { status: PURCHASED } } }`: 1, `{ purchases: { first: false, participant: { firstPurchase: { platform: "tokopedia" } } } }`: 1,
			`{ or: [{ status: REVOKED }, { purchases: { late: true } }] }`: 2, `{ and: [{ province: "31" }, { cohort: 13 }] }`: 2,
		},
		"offerings": {
			`{}`: 4, `{ text: "ROTI" }`: 1, `{ text: "dapur membuat" }`: 1, `{ text: "roti bahasa" }`: 0, `{ text: "" }`: 4,
			`{ text: "100%" }`: 1, `{ text: "oti" }`: 0, `{ text: "rot MEM" }`: 1, `{ text: "kursus_a" }`: 1, `{ text: "kuliner" }`: 1, `{ text: "\\ %" }`: 4,
			`{ platform: "tokopedia" }`: 3, `{ platform: ["pintaria", "nowhere"] }`: 1, `{ platform: [] }`: 0,
			`{ category: "Kuliner" }`: 1, `{ mode: [ONLINE, OFFLINE] }`: 2,
			`{ price: { min: 250000 } }`: 3, `{ price: { max: 250000 } }`: 2, `{ price: { min: "250001", max: 9000000000000000000 } }`: 1,
			`{ onSale: true }`: 2, `{ onSale: false }`: 2, `{ sample: true }`: 0, `{ sample: false }`: 4,
			`{ isNull: PRICE }`: 1, `{ isNull: URL }`: 3, `{ isNull: [PRICE, URL] }`: 1, `{ isNull: WITHDRAWN_AT }`: 3, `{ isNull: PROVIDER }`: 2,
			`{ courseCode: "C-1" }`: 2, `{ provider: "Dapur" }`: 1, `{ provider: "" }`: 0, `{ category: ["", "Bisnis"] }`: 1, `{ listed: true }`: 3, `{ listed: false }`: 1,
			`{ updatedAt: { from: "2021-04-06T17:45:00+07:00" } }`: 1, `{ updatedAt: { before: "2021-04-06T17:45:00+07:00" } }`: 3,
			`{ not: { price: { max: 250000 } } }`: 2, `{ not: { provider: "Dapur" } }`: 3, `{ or: [{ courseCode: "C-3" }, { listed: false }] }`: 2, `{ and: { onSale: true } }`: 2,
		},
		"purchases": {
			`{}`: 5, `{ platform: "pintaria" }`: 2, `{ cohort: 12 }`: 2, `{ cohort: [12, 13], platform: "tokopedia" }`: 3,
			`{ invoiceCode: ["FIRST", "LATE"] }`: 2, `{ late: true }`: 1, `{ late: false }`: 4, `{ voided: true }`: 2, `{ voided: false }`: 3,
			`{ evidence: ACCEPTED }`: 5, `{ evidence: UPHELD }`: 0,
			`{ purchasedAt: { from: "2021-04-01T09:00:00+07:00", before: "2021-04-02T09:00:00+07:00" } }`: 2,
			`{ receivedAt: { before: "2021-04-06T17:45:00+07:00" } }`:                                     0,
			`{ receivedAt: { from: "2021-04-06T10:45:00Z" } }`:                                            5,
			`{ isNull: SCHEDULE_CODE }`:                                                                   5, `{ isNull: VOIDED_AT }`: 3, `{ counts: true }`: 2, `{ counts: false }`: 3, `{ first: true }`: 1, `{ first: false }`: 4,
			`{ amount: { min: 250000, max: 250000 } }`: 5, `{ amount: { min: 250001 } }`: 0, `{ voidedAt: { before: "2021-04-05T10:00:00+07:00" } }`: 1,
			`{ not: { voidedAt: { before: "2021-04-05T10:00:00+07:00" } } }`: 4, `{ lag: { max: 463500 } }`: 4, `{ lag: { min: 463501 } }`: 1,
			`{ untilDeadline: { max: 0 } }`: 1, `{ untilDeadline: { min: -122400, max: -122400 } }`: 1, `{ untilDeadline: { min: -122399 } }`: 4,
			`{ participant: { province: "32" } }`: 1, `{ participant: {} }`: 5, `{ participant: { not: { province: "32" } } }`: 4, `{ participant: { purchases: { voided: true } } }`: 2,
			`{ offering: { listed: false } }`: 2, `{ offering: { isNull: [MODE] } }`: 2, `{ not: { offering: { mode: ONLINE } } }`: 2,
			`{ or: [{ late: true }, { first: true }] }`: 2, `{ and: [{ voided: true }, { platform: "pintaria" }] }`: 1,
		},
		"deliveries": {
			`{}`: 9, `{ platform: "pintaria" }`: 4, `{ outcome: QUARANTINED }`: 2, `{ outcome: [APPLIED, DISMISSED] }`: 7, `{ reason: UNKNOWN_CARD }`: 2,
			`{ reason: MALFORMED }`: 0, `{ eventType: "purchase.voided" }`: 2, `{ messageId: ["msg_1", "none"] }`: 1,
			`{ receivedAt: { before: "2021-04-06T17:45:00.000001+07:00" } }`: 9,
			`{ isNull: CARD_NUMBER }`: 2, `{ isNull: [CARD_NUMBER, QUARANTINE_REASON] }`: 2, `{ isNull: SETTLED_AT }`: 2,
			`{ invoiceCode: "FIRST" }`: 1, `{ courseCode: "C-1" }`: 7, `{ courseCode: "" }`: 0, `{ not: { courseCode: "C-1" } }`: 2,
			`{ signedAt: { from: "2021-04-06T17:45:00+07:00" } }`: 9, `{ signedAt: { before: "2021-04-06T17:45:00+07:00" } }`: 0,
			`{ eventTime: { from: "2021-04-02T09:00:00+07:00" } }`: 4, `{ settledAt: { from: "2021-04-06T17:45:00+07:00" } }`: 7, `{ not: { settledAt: { from: "2021-04-06T17:45:00+07:00" } } }`: 2,
			`{ attempts: { min: 2 } }`: 0, `{ attempts: { max: 1 } }`: 9, `{ or: [{ outcome: QUARANTINED }, { invoiceCode: "FIRST" }] }`: 3, `{ and: [{ outcome: QUARANTINED }, { platform: "tokopedia" }] }`: 1,
		},
		"reviews": {
			`{}`: 6, `{ state: OPEN }`: 1, `{ state: MOOT }`: 5, `{ state: [OPEN, MOOT] }`: 6, `{ state: DECIDED }`: 0, `{ state: [] }`: 0, `{ state: null }`: 6,
			`{ kind: VOID_AFTER_DEADLINE }`: 1, `{ kind: LATE_EVIDENCE }`: 5, `{ cohort: 12 }`: 3, `{ cohort: [12, 13] }`: 6, `{ cohort: 99 }`: 0,
			`{ cohort: 12, kind: LATE_EVIDENCE }`:                                                      2,
			`{ openedAt: { from: "2021-04-01T09:00:00+07:00", before: "2021-04-02T09:00:00+07:00" } }`: 2,
			`{ openedAt: { from: "2021-04-06T10:45:00Z" } }`:                                           1,
			`{ isNull: CLOSED_AT }`:                                                                    1, `{ isNull: DECISION }`: 6, `{ closedAt: { from: "2021-04-06T17:45:00+07:00" } }`: 5, `{ not: { closedAt: { from: "2021-04-06T17:45:00+07:00" } } }`: 1,
			`{ decision: UPHOLD }`: 0, `{ not: { decision: [UPHOLD, REJECT] } }`: 6, `{ participant: { cohort: 12 } }`: 3, `{ participant: { status: UNDER_REVIEW } }`: 2,
			`{ purchase: { platform: "pintaria" } }`: 3, `{ purchase: { participant: { gender: F } } }`: 2, `{ or: [{ state: OPEN }, { purchase: { late: true } }] }`: 2, `{ and: [] }`: 6,
		},
		"history": { // of the second of cohort 13: a purchase, its void, and an extension
			`{}`: 3, `null`: 3, `{ kind: FACTS }`: 3, `{ kind: CONTACT_ERASED }`: 0, `{ kind: [] }`: 0, `{ cause: DELIVERY }`: 2, `{ cause: [PERSON, SETTLEMENT] }`: 1,
			`{ recordedAt: { from: "2021-04-06T17:45:00+07:00" } }`: 3, `{ recordedAt: { before: "2021-04-06T17:45:00+07:00" } }`: 0,
			`{ effectiveAt: { before: "2021-04-02T09:00:00+07:00" } }`: 1, `{ not: { cause: PERSON } }`: 2, `{ or: [{ cause: PERSON }, { cause: DELIVERY }] }`: 3, `{ and: { cause: PERSON } }`: 1,
		},
	}
	tests["settlements"] = map[string]float64{
		`{}`: 1, `null`: 1, `{ cohort: 12 }`: 1, `{ cohort: [13] }`: 0, `{ cohort: [] }`: 0, `{ state: EXECUTED }`: 1, `{ state: [PREVIEWED, APPROVED] }`: 0,
		`{ preparedAt: { from: "2021-04-06T17:45:00+07:00" } }`: 1, `{ preparedAt: { before: "2021-04-06T17:45:00+07:00" } }`: 0,
		`{ executedAt: { before: "2021-04-06T17:46:00+07:00" } }`: 1, `{ executedAt: { from: "2021-04-06T17:46:00+07:00" } }`: 0,
		`{ not: { cohort: 13 } }`: 1, `{ or: [{ cohort: 13 }, { state: EXECUTED }] }`: 1, `{ and: [{ cohort: 13 }, { state: EXECUTED }] }`: 0,
	}
	tests["entries"] = map[string]float64{ // of the settlement of cohort 12: one bought since, one was revoked
		`{}`: 2, `null`: 2, `{ outcome: REVOKED }`: 1, `{ outcome: [PASSED_OVER, REVOKED] }`: 2, `{ outcome: [] }`: 0, `{ outcome: LISTED }`: 0,
		`{ passedOver: NEW_EVIDENCE }`: 1, `{ passedOver: QUARANTINED }`: 0, `{ not: { passedOver: NEW_EVIDENCE } }`: 1, `{ participant: { status: REVOKED } }`: 1,
		`{ participant: { purchases: { late: true } } }`: 1, `{ or: [{ outcome: REVOKED }, { passedOver: NEW_EVIDENCE }] }`: 2, `{ and: [{ outcome: REVOKED }, { passedOver: NEW_EVIDENCE }] }`: 0,
	}
	tests["messages"] = map[string]float64{ // to the endpoint of the test: one that was asked for
		`{}`: 1, `null`: 1, `{ state: PENDING }`: 1, `{ state: [DELIVERED, FAILED] }`: 0, `{ event: TEST }`: 1, `{ event: SETTLEMENT }`: 0, `{ messageId: "msg_1" }`: 0,
		`{ createdAt: { from: "2021-04-06T17:45:00+07:00" } }`: 1, `{ createdAt: { before: "2021-04-06T17:45:00+07:00" } }`: 0,
		`{ not: { messageId: "msg_1" } }`: 1, `{ or: [{ event: SETTLEMENT }, { state: PENDING }] }`: 1, `{ and: [{ event: SETTLEMENT }, { state: PENDING }] }`: 0,
	}
	used := map[string]bool{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.pastReviews()
		w.endpoint("gateway")
		c := serve(t, w.Registry)
		for list, filters := range tests {
			for filter, want := range filters {
				query, path := fmt.Sprintf("{ %s(filter: %s) { totalCount nodes { id } } }", list, filter), list
				switch list {
				case "history":
					query, path = fmt.Sprintf("{ participant(cardNumber: %q) %s }", w.cards13[1], query), "participant.history"
				case "entries":
					query, path = "{ settlement(number: 1) "+query+" }", "settlement.entries"
				case "messages":
					query, path = "{ endpoints "+query+" }", "endpoints.0.messages"
				}
				a := c.get(admin, query, nil)
				if got := a.at(path + ".totalCount"); got != want || len(objects(a, path)) != int(want) {
					t.Errorf("%s %s: %v counted, %d listed, want %v", list, filter, got, len(objects(a, path)), want)
				}
				fieldsUsed(t, query, used)
			}
		}
	})
	for name := range filteredTypes {
		for _, f := range schemaOf().Types[name].Fields {
			if !used[name+"."+f.Name] {
				t.Errorf("no case filters by %s.%s", name, f.Name)
			}
		}
	}
}

// fieldsUsed notes the fields of inputs that the query gives.
func fieldsUsed(t *testing.T, query string, used map[string]bool) {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schemaOf(), query, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	var values func(v *ast.Value)
	values = func(v *ast.Value) {
		for _, child := range v.Children {
			if v.Kind == ast.ObjectValue {
				used[v.Definition.Name+"."+child.Name] = true
			}
			values(child.Value)
		}
	}
	var fields func(set ast.SelectionSet)
	fields = func(set ast.SelectionSet) {
		for _, sel := range set {
			f := sel.(*ast.Field)
			for _, arg := range f.Arguments {
				values(arg.Value)
			}
			fields(f.SelectionSet)
		}
	}
	fields(doc.Operations[0].SelectionSet)
}

// TestOrders asks every list for every order that the schema names, either way. Each must tell rows apart.
func TestOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		crowd := newCrowd(t, d)
		c := serve(t, crowd.Registry)
		m := look(t, c)
		for _, p := range places() {
			q := inquiry{place: p, parents: []string{""}}
			if p.parent != "Query" {
				q.parents = slices.Sorted(maps.Keys(ids(m.all[p.parent])))
			}
			if p.input("orderBy") == "" {
				q.check(t, c, m, window{size: 100, sized: true})
				continue
			}
			enum := schemaOf().Types[schemaOf().Types[p.input("orderBy")].Fields.ForName("field").Type.Name()]
			for _, field := range enum.EnumValues {
				if n := len(m.values(enum.Name+"."+field.Name, p.node(), orderTerms[enum.Name+"."+field.Name])); n < 2 {
					t.Errorf("%v by %s: the rows have %d values", p, field.Name, n)
				}
				for _, direction := range []string{"ASC", "DESC"} {
					q.by = []map[string]any{{"field": field.Name, "direction": direction}}
					q.check(t, c, m, window{size: 100, sized: true})
				}
			}
		}
	})
}

// TestASearchIsTheSameOnBothDatabases looks for letters whose capitals and marks the databases do not know alike: all
// that makes no other word is the same.
func TestASearchIsTheSameOnBothDatabases(t *testing.T) {
	titles := []string{"ÉCLAIR dan Kue", "éclair", "Türkçe İstanbul", "ΣΊΣΥΦΟΣ", "straße", "STRASSE", "K\u212a", "100% é_è"}
	tests := map[string]float64{
		"ÉCLAIR": 2, "eclair": 2, "Ecl": 2, "clair": 0, "KUE": 1, "kue, ÉC": 1, "TüRKçE": 1, "TURKCE": 1, "istanbul": 1, "İSTANBUL": 1, "ΣΊΣΥΦΟΣ": 1, "σίσυφος": 1,
		"STRASSE": 2, "straße": 2, "kk": 1, "\u212a": 2, "%": 8, "": 8, "é_è": 3, "100": 1, "00": 0,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		in := make([]registry.Offering, len(titles))
		for i, title := range titles {
			in[i] = registry.Offering{CourseCode: fmt.Sprintf("T-%d", i), Title: title, Price: 1}
		}
		if _, err := w.PutOfferings(t.Context(), registrytest.Admin, "pintaria", in); err != nil {
			t.Fatal(err)
		}
		c := serve(t, w.Registry)
		for text, want := range tests {
			a := c.get(anonymous, `query ($text: String) { offerings(filter: { text: $text, platform: "pintaria", onSale: true }) { totalCount nodes { title } } }`, map[string]any{"text": text})
			if got := a.at("offerings.totalCount"); got != want {
				t.Errorf("%q: %v found, want %v: %s", text, got, want, a.text)
			}
		}
		long := strings.Repeat("a", 201)
		if a := c.ask(anonymous, `query ($text: String) { offerings(filter: { text: $text }) { totalCount } }`, map[string]any{"text": long}); a.code() != "BAD_INPUT" {
			t.Errorf("a search of 201 bytes: %.200s", a.text)
		}
		c.get(anonymous, `query ($text: String) { offerings(filter: { text: $text }) { totalCount } }`, map[string]any{"text": long[1:]})
	})
}
