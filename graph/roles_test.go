package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/viewer"
)

// roles are all roles by name; the participant has the card.
func roles(card string) map[string]viewer.Viewer {
	return map[string]viewer.Viewer{
		"nobody": {}, "anonymous": anonymous, "participant": recipient(card), "platform": tokopedia, "analyst": analyst,
		"officer": officer, "supervisor": supervisor, "admin": admin,
	}
}

// by is what each role sees, in the order: anonymous, participant, platform, analyst, staff, admin.
type by [6]any

var order = []string{"anonymous", "participant", "platform", "analyst", "officer", "admin"}

// TestWhatEachRoleSees is the table of who may what, read side: a question, a place in its answer, and what is
// there for each role. The participant is the first of cohort 13; the platform is tokopedia.
func TestWhatEachRoleSees(t *testing.T) {
	mask := "************0001"
	tests := []struct {
		query, path string
		want        by
	}{
		{`{ viewer { role } }`, "viewer.role", by{nil, "PARTICIPANT", "PLATFORM", "ANALYST", "OFFICER", "ADMIN"}},
		{`{ viewer { participant { contact { name } } } }`, "viewer.participant.contact.name", by{nil, secretName, nil, nil, nil, nil}},
		{`{ viewer { platform { code } } }`, "viewer.platform.code", by{nil, nil, "tokopedia", nil, nil, nil}},
		{`{ offerings { totalCount } }`, "offerings.totalCount", by{4., 4., 4., 4., 4., 4.}},
		{`{ platforms { code } }`, "platforms.1.code", by{"tokopedia", "tokopedia", "tokopedia", "tokopedia", "tokopedia", "tokopedia"}},
		{`{ cohorts { totalCount } }`, "cohorts.totalCount", by{0., 2., 2., 2., 2., 2.}},
		{`{ cohort(number: 13) { progress { purchased } } }`, "cohort.progress.purchased", by{nil, 1., 1., 1., 1., 1.}},
		{`{ cohort(number: 13) { extensions { createdBy } } }`, "cohort.extensions.0.createdBy", by{nil, nil, nil, nil, "officer-1", "officer-1"}},

		{`{ cohort(number: 13) { extensions { reason } } }`, "cohort.extensions.0.reason", by{nil, nil, nil, nil, "floods", "floods"}},
		{`{ cohort(number: 13) { extensions { reference } } }`, "cohort.extensions.0.reference", by{nil, "SK 1/2021", "SK 1/2021", "SK 1/2021", "SK 1/2021", "SK 1/2021"}},
		{`{ provinces { code name } }`, "provinces.1.name", by{"Jawa Barat", "Jawa Barat", "Jawa Barat", "Jawa Barat", "Jawa Barat", "Jawa Barat"}},

		{`{ participants { totalCount } }`, "participants.totalCount", by{0., 0., 0., 9., 9., 9.}},
		{`{ participants { nodes { id } } }`, "participants.nodes.0.id", by{nil, nil, nil, id(1), id(1), id(1)}},
		{`{ participants { edges { cursor } pageInfo { hasNextPage } } }`, "participants.pageInfo.hasNextPage", by{false, false, false, false, false, false}},
		{`{ participants(first: 1) { pageInfo { hasNextPage endCursor } } }`, "participants.pageInfo.hasNextPage", by{false, false, false, true, true, true}},
		{`{ participants(filter: { status: AWAITING }) { totalCount } }`, "participants.totalCount", by{0., 0., 0., 4., 4., 4.}},
		{`{ cohort(number: 13) { participants { totalCount } } }`, "cohort.participants.totalCount", by{nil, 0., 0., 5., 5., 5.}},
		{`{ cohort(number: 13) { participants(first: 1) { nodes { cardNumber } } } }`, "cohort.participants.nodes.0.cardNumber", by{nil, nil, nil, mask, "$card", "$card"}},
		{`{ cohort(number: 13) { participants(first: 1) { nodes { contact { name } } } } }`, "cohort.participants.nodes.0.contact.name", by{nil, nil, nil, nil, secretName, secretName}},
		{`{ participant(cardNumber: "$card") { status } }`, "participant.status", by{nil, "PURCHASED", nil, nil, "PURCHASED", "PURCHASED"}},
		{`{ participant(cardNumber: "$card") { cardNumber contact { phone } } }`, "participant.contact.phone", by{nil, secretPhone, nil, nil, secretPhone, secretPhone}},
		{`{ participant(cardNumber: "$card") { cardNumber } }`, "participant.cardNumber", by{nil, "$card", nil, nil, "$card", "$card"}},
		{`{ participant(cardNumber: "$other") { status } }`, "participant.status", by{nil, nil, nil, nil, "AWAITING", "AWAITING"}},
		{`{ node(id: "$id") { ... on Participant { status } } }`, "node.status", by{nil, "PURCHASED", nil, "PURCHASED", "PURCHASED", "PURCHASED"}},
		{`{ node(id: "$id") { ... on Participant { contact { name } } } }`, "node.contact.name", by{nil, secretName, nil, nil, secretName, secretName}},
		{`{ node(id: "$id") { ... on Participant { history { nodes { reason } } } } }`, "node.history.nodes.0.reason", by{nil, "$reason", nil, nil, "$reason", "$reason"}},
		{`{ cohort(number: 12) { participants { nodes { reviews { kind } } } } }`, "cohort.participants.nodes.1.reviews.0.kind",
			by{nil, nil, nil, "VOID_AFTER_DEADLINE", "VOID_AFTER_DEADLINE", "VOID_AFTER_DEADLINE"}},
		{`{ cohort(number: 12) { participants { nodes { history { nodes { actor } } } } } }`, "cohort.participants.nodes.2.history.nodes.0.actor",
			by{nil, nil, nil, nil, "officer-1", "officer-1"}},

		{`{ eligibility(cardNumber: "$card") { mayBuy } }`, "eligibility.mayBuy", by{false, true, true, false, true, true}},
		{`{ eligibility(cardNumber: "$other") { mayBuy } }`, "eligibility.mayBuy", by{false, false, true, false, true, true}},
		{`{ eligibility(cardNumber: "$card") { reason } }`, "eligibility.reason", by{"UNKNOWN_CARD", nil, nil, "UNKNOWN_CARD", nil, nil}},
		{`{ eligibility(cardNumber: "0000000000000000") { reason } }`, "eligibility.reason",
			by{"UNKNOWN_CARD", "UNKNOWN_CARD", "UNKNOWN_CARD", "UNKNOWN_CARD", "UNKNOWN_CARD", "UNKNOWN_CARD"}},

		{`{ purchases { totalCount } }`, "purchases.totalCount", by{0., 2., 3., 5., 5., 5.}},
		{`{ purchases(filter: { platform: "pintaria" }) { totalCount } }`, "purchases.totalCount", by{0., 1., 0., 2., 2., 2.}},
		{`{ purchases(filter: { late: true }) { nodes { invoiceCode } } }`, "purchases.nodes.0.invoiceCode", by{nil, nil, "LATE", "LATE", "LATE", "LATE"}},
		{`{ purchases(filter: { invoiceCode: "FIRST" }) { nodes { cardNumber } } }`, "purchases.nodes.0.cardNumber", by{nil, "$card", mask, mask, "$card", "$card"}},
		{`{ purchases(filter: { invoiceCode: "FIRST" }) { nodes { participant { id } } } }`, "purchases.nodes.0.participant.id", by{nil, "$id", nil, "$id", "$id", "$id"}},
		{`{ purchases(filter: { invoiceCode: "FIRST" }) { nodes { participant { contact { name } } } } }`, "purchases.nodes.0.participant.contact.name",
			by{nil, secretName, nil, nil, secretName, secretName}},
		{`{ purchases(filter: { invoiceCode: "FIRST" }) { nodes { untilDeadline } } }`, "purchases.nodes.0.untilDeadline", by{nil, 658800., nil, 658800., 658800., 658800.}},
		{`{ purchases(filter: { invoiceCode: "VOIDED" }) { nodes { voidReason } } }`, "purchases.nodes.0.voidReason", by{nil, nil, "cancelled", nil, "cancelled", "cancelled"}},
		{`{ node(id: "$voided") { ... on Purchase { voidReason } } }`, "node.voidReason", by{nil, nil, "cancelled", nil, "cancelled", "cancelled"}},
		{`{ node(id: "$second") { ... on Purchase { invoiceCode } } }`, "node.invoiceCode", by{nil, "SECOND", nil, "SECOND", "SECOND", "SECOND"}},

		{`{ deliveries { totalCount } }`, "deliveries.totalCount", by{0., 0., 5., 0., 9., 9.}},
		{`{ deliveries(filter: { platform: "pintaria" }) { totalCount } }`, "deliveries.totalCount", by{0., 0., 0., 0., 4., 4.}},
		{`{ deliveries(filter: { outcome: QUARANTINED, platform: "tokopedia" }) { nodes { quarantineReason } } }`, "deliveries.nodes.0.quarantineReason",
			by{nil, nil, "UNKNOWN_CARD", nil, "UNKNOWN_CARD", "UNKNOWN_CARD"}},
		{`{ deliveries(filter: { outcome: QUARANTINED, platform: "tokopedia" }) { nodes { cardNumber } } }`, "deliveries.nodes.0.cardNumber",
			by{nil, nil, "************9999", nil, "9999999999999999", "9999999999999999"}},
		{`{ deliveries(filter: { platform: "tokopedia" }, last: 1) { nodes { body } } }`, "deliveries.nodes.0.body", by{nil, nil, some, nil, nil, some}},

		{`{ reviews { totalCount } }`, "reviews.totalCount", by{0., 0., 0., 0., 1., 1.}},
		{`{ reviews { nodes { kind } } }`, "reviews.nodes.0.kind", by{nil, nil, nil, nil, "VOID_AFTER_DEADLINE", "VOID_AFTER_DEADLINE"}},
		{`{ reviews(first: 0) { pageInfo { hasNextPage } } }`, "reviews.pageInfo.hasNextPage", by{false, false, false, false, true, true}},

		{`{ platform(code: "tokopedia") { keys { fingerprint } } }`, "platform.keys.0.fingerprint", by{nil, nil, some, nil, nil, some}},
		{`{ platform(code: "pintaria") { keys { fingerprint } } }`, "platform.keys.0.fingerprint", by{nil, nil, nil, nil, nil, some}},
		{`{ deliveries(first: 1) { nodes { platform { keys { fingerprint } } } } }`, "deliveries.nodes.0.platform.keys.0.fingerprint", by{nil, nil, some, nil, nil, some}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		names := strings.NewReplacer(
			"$card", w.cards13[0], "$other", w.cards13[2],
			"$id", c.get(officer, `{ participants(first: 1, filter: { cohort: 13 }) { nodes { id } } }`, nil).at("participants.nodes.0.id").(string),
			"$voided", c.get(officer, `{ purchases(filter: { invoiceCode: "VOIDED" }) { nodes { id } } }`, nil).at("purchases.nodes.0.id").(string),
			"$second", c.get(officer, `{ purchases(filter: { invoiceCode: "SECOND" }) { nodes { id } } }`, nil).at("purchases.nodes.0.id").(string),
		)
		reason := c.get(officer, `{ cohort(number: 13) { participants(first: 1) { nodes { history { nodes { reason } } } } } }`, nil).
			at("cohort.participants.nodes.0.history.nodes.0.reason")
		for _, tt := range tests {
			query := names.Replace(tt.query)
			for i, role := range order {
				a := c.get(roles(w.cards13[0])[role], query, nil)
				got, want := a.at(tt.path), tt.want[i]
				if want == "$reason" {
					want = reason
				} else if text, ok := want.(string); ok {
					want = names.Replace(text)
				}
				if want == some && got != nil {
					continue
				}
				if got != want {
					t.Errorf("%s as %s: %v, want %v", query, role, got, want)
				}
			}
			if nobody := c.get(viewer.Viewer{}, query, nil).at(tt.path); nobody != nil && nobody != 0. && nobody != false && nobody != "UNKNOWN_CARD" {
				t.Errorf("%s as nobody: %v", query, nobody)
			}
			sup, off := c.get(supervisor, query, nil), c.get(officer, query, nil)
			if strings.ReplaceAll(sup.text, "SUPERVISOR", "OFFICER") != off.text {
				t.Errorf("%s: a supervisor sees something else than an officer: %s, %s", query, sup.text, off.text)
			}
		}
	})
}

// some stands for anything but null.
var some = struct{}{}

func id(row int) string { return encode(fmt.Sprintf("Participant:%d", row)) }

// TestAPlatformCannotLearnWhoHasNotBought asks, as a platform, in every way that leads to a participant, for
// everything: nothing of the answer may tell one world from another that differs only in a participant of
// whom the platform has no purchase.
func TestAPlatformCannotLearnWhoHasNotBought(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		var ids []string
		for row := range 12 {
			ids = append(ids, id(row), encode(fmt.Sprintf("HistoryEntry:%d", row)), encode(fmt.Sprintf("Review:%d", row)))
		}
		questions := []string{
			`{ participants { totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
			`{ participants(orderBy: { field: PROVINCE }, last: 3, filter: { status: [AWAITING], province: "31", gender: F }) { totalCount nodes { id } } }`,
			`{ cohort(number: 13) { participants { totalCount nodes { id cardNumber } pageInfo { hasNextPage } } } }`,
			`{ cohorts { nodes { participants(filter: { status: AWAITING }) { totalCount edges { cursor } } } } }`,
			`{ purchases { nodes { participant { id status purchases { totalCount } } } } }`,
			`{ reviews { totalCount edges { cursor } nodes { participant { id } } pageInfo { hasNextPage } } }`,
			`{ viewer { participant { id } } }`,
		}
		for _, query := range questions {
			a := c.get(tokopedia, query, nil)
			if hasParticipant(a.Data) {
				t.Errorf("%s: %s", query, a.text)
			}
		}
		a := c.get(tokopedia, `query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }`, map[string]any{"ids": ids})
		for i, n := range a.Data["nodes"].([]any) {
			if n != nil {
				t.Errorf("node %s is not null: %v", ids[i], n)
			}
		}
	})
}

// TestReasonsAreForThoseWhoMaySeeThem looks for what staff wrote wherever it may be repeated.
func TestReasonsAreForThoseWhoMaySeeThem(t *testing.T) {
	const asked = `{ deadline summary }`
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		tests := []struct {
			card, reason string // of the participant, and what staff wrote
			seenBy       string
		}{
			{w.cards12[2], ": no purchase.", "participant officer admin"}, // revoked
			{w.cards13[1], "floods", "officer admin"},                     // in a province that was given longer
		}
		for _, tt := range tests {
			id := c.get(officer, `query ($c: CardNumber!) { participant(cardNumber: $c) { id } }`, map[string]any{"c": tt.card}).at("participant.id")
			for _, role := range []string{"participant", "analyst", "officer", "admin"} {
				for _, language := range []string{"EN", "ID"} {
					a := c.get(roles(tt.card)[role], `query ($id: ID!) { node(id: $id) { ... on Participant { explanation(language: `+language+`) `+asked+` } } }`, map[string]any{"id": id})
					if a.at("node.explanation.summary") == nil {
						t.Errorf("%s: %s", role, a.text)
					}
					if told := strings.Contains(a.text, tt.reason); told != slices.Contains(strings.Fields(tt.seenBy), role) {
						t.Errorf("%s is told %q: %t: %s", role, tt.reason, told, a.text)
					}
				}
			}
		}
	})
}

// hasParticipant looks for anything of a participant: an object, an edge, a count, a further page.
func hasParticipant(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			switch name {
			case "participant", "startCursor", "endCursor":
				if value != nil {
					return true
				}
			case "participants":
				text, err := json.Marshal(value)
				if err != nil || strings.ContainsAny(string(text), "123456789") || strings.Contains(string(text), "true") || strings.Contains(string(text), "[{") {
					return true
				}
			}
			if hasParticipant(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if hasParticipant(value) {
				return true
			}
		}
	}
	return false
}

func encode(raw string) string { return base64.RawURLEncoding.EncodeToString([]byte(raw)) }
