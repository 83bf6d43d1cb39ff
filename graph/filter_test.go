package graph_test

import (
	"fmt"
	"strings"
	"testing"

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
		},
		"offerings": {
			`{}`: 4, `{ text: "ROTI" }`: 1, `{ text: "dapur membuat" }`: 1, `{ text: "roti bahasa" }`: 0, `{ text: "" }`: 4,
			`{ text: "100%" }`: 1, `{ text: "oti" }`: 0, `{ text: "rot MEM" }`: 1, `{ text: "kursus_a" }`: 1, `{ text: "kuliner" }`: 1, `{ text: "\\ %" }`: 4,
			`{ platform: "tokopedia" }`: 3, `{ platform: ["pintaria", "nowhere"] }`: 1, `{ platform: [] }`: 0,
			`{ category: "Kuliner" }`: 1, `{ mode: [ONLINE, OFFLINE] }`: 2,
			`{ price: { min: 250000 } }`: 3, `{ price: { max: 250000 } }`: 2, `{ price: { min: "250001", max: 9000000000000000000 } }`: 1,
			`{ onSale: true }`: 2, `{ onSale: false }`: 2, `{ sample: true }`: 0, `{ sample: false }`: 4,
		},
		"purchases": {
			`{}`: 5, `{ platform: "pintaria" }`: 2, `{ cohort: 12 }`: 2, `{ cohort: [12, 13], platform: "tokopedia" }`: 3,
			`{ invoiceCode: ["FIRST", "LATE"] }`: 2, `{ late: true }`: 1, `{ late: false }`: 4, `{ voided: true }`: 2, `{ voided: false }`: 3,
			`{ evidence: ACCEPTED }`: 5, `{ evidence: UPHELD }`: 0,
			`{ purchasedAt: { from: "2021-04-01T09:00:00+07:00", before: "2021-04-02T09:00:00+07:00" } }`: 2,
			`{ receivedAt: { before: "2021-04-06T17:45:00+07:00" } }`:                                     0,
			`{ receivedAt: { from: "2021-04-06T10:45:00Z" } }`:                                            5,
		},
		"deliveries": {
			`{}`: 9, `{ platform: "pintaria" }`: 4, `{ outcome: QUARANTINED }`: 2, `{ outcome: [APPLIED, DISMISSED] }`: 7, `{ reason: UNKNOWN_CARD }`: 2,
			`{ reason: MALFORMED }`: 0, `{ eventType: "purchase.voided" }`: 2, `{ messageId: ["msg_1", "none"] }`: 1,
			`{ receivedAt: { before: "2021-04-06T17:45:00.000001+07:00" } }`: 9,
		},
		"reviews": {
			`{}`: 6, `{ state: OPEN }`: 1, `{ state: MOOT }`: 5, `{ state: [OPEN, MOOT] }`: 6, `{ state: DECIDED }`: 0, `{ state: [] }`: 0, `{ state: null }`: 6,
			`{ kind: VOID_AFTER_DEADLINE }`: 1, `{ kind: LATE_EVIDENCE }`: 5, `{ cohort: 12 }`: 3, `{ cohort: [12, 13] }`: 6, `{ cohort: 99 }`: 0,
			`{ cohort: 12, kind: LATE_EVIDENCE }`:                                                      2,
			`{ openedAt: { from: "2021-04-01T09:00:00+07:00", before: "2021-04-02T09:00:00+07:00" } }`: 2,
			`{ openedAt: { from: "2021-04-06T10:45:00Z" } }`:                                           1,
		},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.pastReviews()
		c := serve(t, w.Registry)
		for list, filters := range tests {
			for filter, want := range filters {
				a := c.get(officer, fmt.Sprintf("{ %s(filter: %s) { totalCount nodes { id } } }", list, filter), nil)
				if got := a.at(list + ".totalCount"); got != want || len(objects(a, list)) != int(want) {
					t.Errorf("%s %s: %v counted, %d listed, want %v", list, filter, got, len(objects(a, list)), want)
				}
			}
		}
	})
}

// TestOrders asks for every order of every list, as the schema names them.
func TestOrders(t *testing.T) {
	lists := map[string]string{
		"cohorts": "NUMBER ANNOUNCED_AT PURCHASE_DEADLINE", "participants": "IMPORTED DEADLINE PROVINCE",
		"purchases": "PURCHASED_AT RECORDED", "deliveries": "RECEIVED_AT", "reviews": "OPENED_AT", "offerings": "TITLE PRICE",
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		w.pastReviews()
		c := serve(t, w.Registry)
		for list, fields := range lists {
			for _, field := range strings.Fields(fields) {
				ascending := fmt.Sprint(objects(c.get(admin, fmt.Sprintf("{ %s(orderBy: { field: %s }) { nodes { id } } }", list, field), nil), list))
				var reversed []any
				for _, n := range objects(c.get(admin, fmt.Sprintf("{ %s(orderBy: { field: %s, direction: DESC }) { nodes { id } } }", list, field), nil), list) {
					reversed = append([]any{n}, reversed...)
				}
				nullable := field == "PRICE" || field == "PROVINCE" // nulls come last in both
				if same := ascending == fmt.Sprint(reversed); same == nullable || len(reversed) < 2 {
					t.Errorf("%s by %s: ascending %s, descending reversed %v", list, field, ascending, reversed)
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
