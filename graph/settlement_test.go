package graph_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// answers are what is to be found at places of an answer.
type answers map[string]any

// expect asks, and holds the answer against what is wanted in places of it.
func (c *client) expect(v viewer.Viewer, query string, want answers) answer {
	c.t.Helper()
	a := c.ask(v, query, nil)
	for path, value := range want {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		got := any(a.code())
		if path != "code" {
			got = a.at(path)
		}
		if got != value {
			c.t.Errorf("%s as %s\n%s: %v, want %v: %s", query, v.Role, path, got, value, a.text)
		}
	}
	if _, refused := want["code"]; !refused && len(a.Errors) > 0 {
		c.t.Errorf("%s as %s: %s", query, v.Role, a.text)
	}
	return a
}

// finish does chunks as a job does, until the last.
func (w *world) finish(id int, chunk func(context.Context, int) (registry.Progress, error)) {
	w.T.Helper()
	for range 100 {
		p, err := chunk(w.T.Context(), id)
		if err != nil {
			w.T.Fatal(err)
		}
		if p.Finished {
			return
		}
	}
	w.T.Fatal("there is no end to it")
}

const asSettled = `{ settlement { state } userErrors { code field } }`

// TestASettlementTakesTwoPersons goes from the closing of cohort 12, of which the first and the fourth are overdue, to the
// reversal of its second settlement.
func TestASettlementTakesTwoPersons(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		global := encode("Settlement:3")
		step := func(name, rest string) string {
			return fmt.Sprintf(`mutation { %s(input: { settlement: "%s"%s }) %s }`, name, global, rest, asSettled)
		}
		const closing = `{ cohort(number: 12) { closing { state overdue outstanding through waits { code } settlement { number } platforms { platform statedThrough outage } quarantined } } }`
		c.expect(officer, closing, answers{
			"cohort.closing.state": "READY", "cohort.closing.overdue": 2, "cohort.closing.outstanding": 0, "cohort.closing.through": "2021-04-02T00:00:00+07:00", "cohort.closing.waits.0": nil,
			"cohort.closing.settlement": nil, "cohort.closing.platforms.1.platform": "tokopedia", "cohort.closing.platforms.1.statedThrough": nil, "cohort.closing.platforms.1.outage": false,
		})

		// A list of a supervisor's, which the supervisor may not approve.
		own := c.expect(supervisor, `mutation { prepareSettlement(input: { cohort: 12, reserve: 0, reason: "first" }) { settlement { id number state reserve listHash } userErrors { message } } }`,
			answers{"prepareSettlement.settlement.number": 2, "prepareSettlement.settlement.reserve": 0})
		c.expect(supervisor, fmt.Sprintf(`mutation { approveSettlement(input: { settlement: "%s", listHash: "%s" }) %s }`, own.at("prepareSettlement.settlement.id"), own.at("prepareSettlement.settlement.listHash"), asSettled),
			answers{"code": "FORBIDDEN"})
		c.expect(officer, fmt.Sprintf(`mutation { discardSettlement(input: { settlement: "%s" }) { settlement { state discardedAt discardedBy } userErrors { message } } }`, own.at("prepareSettlement.settlement.id")),
			answers{"discardSettlement.settlement.state": "DISCARDED", "discardSettlement.settlement.discardedAt": "2021-04-06T17:45:00+07:00", "discardSettlement.settlement.discardedBy": "officer-1"})

		prepared := c.expect(officer, `mutation { prepareSettlement(input: { cohort: 12, reason: "nothing bought" }) { settlement { number state listed listHash reserve reason through preparedBy approvedAt discardedAt
			cohort { number } counts { listed revoked passedOver reinstated reversed } provinces { province { name } count } platformHistory { platform count } places { freed reserved }
			evidence { at lagLimit outstanding unreadable platforms { platform statedThrough } } } userErrors { message } } }`, answers{
			"prepareSettlement.settlement.number": 3, "prepareSettlement.settlement.state": "PREVIEWED", "prepareSettlement.settlement.listed": 2, "prepareSettlement.settlement.reserve": 1,
			"prepareSettlement.settlement.reason": "nothing bought", "prepareSettlement.settlement.preparedBy": "officer-1", "prepareSettlement.settlement.approvedAt": nil,
			"prepareSettlement.settlement.discardedAt": nil, "prepareSettlement.settlement.cohort.number": 12, "prepareSettlement.settlement.counts.listed": 2, "prepareSettlement.settlement.counts.revoked": 0,
			"prepareSettlement.settlement.provinces.0.province.name": "DKI Jakarta", "prepareSettlement.settlement.provinces.0.count": 2, "prepareSettlement.settlement.places.freed": 0,
			"prepareSettlement.settlement.evidence.at": "2021-04-06T17:45:00+07:00", "prepareSettlement.settlement.evidence.lagLimit": 72 * 3600, "prepareSettlement.settlement.evidence.outstanding": 0,
			"prepareSettlement.settlement.evidence.platforms.0.platform": "pintaria", "prepareSettlement.settlement.evidence.platforms.0.statedThrough": nil,
		})
		hash, _ := prepared.at("prepareSettlement.settlement.listHash").(string)
		history := fmt.Sprint(prepared.at("prepareSettlement.settlement.platformHistory"))
		if !strings.Contains(history, "map[count:1 platform:tokopedia]") || !strings.Contains(history, "map[count:1 platform:<nil>]") {
			t.Errorf("one of them bought late, one never: %s", history)
		}
		c.expect(officer, closing, answers{"cohort.closing.state": "PREVIEWED", "cohort.closing.settlement.number": 3})
		c.expect(officer, `mutation { prepareSettlement(input: { cohort: 12, reason: "again" }) `+asSettled+` }`,
			answers{"prepareSettlement.userErrors.0.code": "NOT_POSSIBLE", "prepareSettlement.userErrors.0.field": "cohort", "prepareSettlement.settlement": nil})

		// Nothing is executed without the approval of somebody else, of the list as it is.
		c.expect(officer, step("executeSettlement", ""), answers{"executeSettlement.userErrors.0.code": "NOT_POSSIBLE", "executeSettlement.userErrors.0.field": "settlement"})
		c.expect(officer, step("approveSettlement", `, listHash: "`+hash+`"`), answers{"code": "FORBIDDEN"})
		c.expect(supervisor, step("approveSettlement", `, listHash: "`+strings.Repeat("0", 64)+`"`), answers{"approveSettlement.userErrors.0.code": "CONFLICT", "approveSettlement.userErrors.0.field": "listHash"})
		c.expect(officer, `{ settlement(number: 3) { state } }`, answers{"settlement.state": "PREVIEWED"})
		c.expect(supervisor, step("approveSettlement", `, listHash: "`+hash+`"`), answers{"approveSettlement.settlement.state": "APPROVED"})
		c.expect(officer, closing, answers{"cohort.closing.state": "APPROVED"})

		// Ordered, stopped before anything was done, and ordered again.
		c.expect(officer, step("executeSettlement", ""), answers{"executeSettlement.settlement.state": "APPROVED"})
		c.expect(officer, step("stopSettlement", ""), answers{"stopSettlement.settlement.state": "APPROVED"})
		c.expect(officer, `{ settlement(number: 3) { orderedBy stoppedAt stoppedBy } }`, answers{"settlement.orderedBy": "officer-1", "settlement.stoppedAt": "2021-04-06T17:45:00+07:00", "settlement.stoppedBy": "officer-1"})
		var refused *registry.Error
		if _, err := w.ExecuteChunk(t.Context(), 3); !errors.As(err, &refused) || refused.Code != registry.NotPossible {
			t.Errorf("a stopped execution goes on: %v", err)
		}
		c.expect(supervisor, step("executeSettlement", ""), answers{"executeSettlement.settlement.state": "APPROVED"})
		w.finish(3, w.ExecuteChunk)
		c.expect(officer, `{ settlement(number: 3) { state stoppedAt orderedBy executedAt closesAt counts { listed revoked } places { freed reserved released } } programme { places { freed } } cohort(number: 12) { places { freed } settlements { totalCount } } }`, answers{
			"settlement.state": "EXECUTED", "settlement.stoppedAt": nil, "settlement.orderedBy": "supervisor-1", "settlement.executedAt": "2021-04-06T17:45:00+07:00", "settlement.closesAt": "2021-04-09T17:45:00+07:00",
			"settlement.counts.listed": 0, "settlement.counts.revoked": 2, "settlement.places.freed": 2, "settlement.places.reserved": 1, "settlement.places.released": 1,
			"programme.places.freed": 3, "cohort.places.freed": 3, "cohort.settlements.totalCount": 3,
		})
		c.expect(officer, closing, answers{"cohort.closing.state": "SETTLED", "cohort.closing.overdue": 0, "cohort.closing.settlement": nil})
		w.pagesOfEntries(c)

		// One is reinstated, by the card, and then everybody.
		c.expect(officer, step("reverseSettlement", `, reason: "x"`), answers{"code": "FORBIDDEN"})
		c.expect(supervisor, step("reverseSettlement", `, cardNumber: "0000000000000000", reason: "x"`), answers{"reverseSettlement.userErrors.0.code": "NOT_POSSIBLE", "reverseSettlement.userErrors.0.field": "cardNumber"})
		c.expect(supervisor, step("reverseSettlement", `, cardNumber: "`+w.cards12[0]+`", reason: " "`), answers{"reverseSettlement.userErrors.0.code": "INVALID", "reverseSettlement.userErrors.0.field": "reason"})
		c.expect(supervisor, step("reverseSettlement", `, cardNumber: "`+w.cards12[0]+`", reason: "a flood"`), answers{"reverseSettlement.settlement.state": "EXECUTED"})
		whose := fmt.Sprintf(`{ participant(cardNumber: "%s") { status settlement { number } history(last: 1) { nodes { reason settlement { number } } } } settlement(number: 3) { counts { revoked reversed } entries(filter: { outcome: REVERSED }) { totalCount } } }`, w.cards12[0])
		c.expect(officer, whose, answers{
			"participant.status": "OVERDUE", "participant.settlement": nil, "participant.history.nodes.0.reason": "a flood", "participant.history.nodes.0.settlement.number": 3,
			"settlement.counts.revoked": 1, "settlement.counts.reversed": 1, "settlement.entries.totalCount": 1,
		})
		c.expect(admin, step("reverseSettlement", `, reason: "a decree"`), answers{"reverseSettlement.settlement.state": "EXECUTED"})
		c.expect(officer, step("executeSettlement", ""), answers{"executeSettlement.userErrors.0.code": "NOT_POSSIBLE"})
		w.finish(3, w.ReverseChunk)
		c.expect(officer, `{ settlement(number: 3) { state reversalOrderedAt reversedAt reversedBy reversalReason counts { reversed } places { freed retaken } } }`, answers{
			"settlement.state": "REVERSED", "settlement.reversalOrderedAt": "2021-04-06T17:45:00+07:00", "settlement.reversedAt": "2021-04-06T17:45:00+07:00", "settlement.reversedBy": "admin-1",
			"settlement.reversalReason": "a decree", "settlement.counts.reversed": 2, "settlement.places.freed": 2, "settlement.places.retaken": 2,
		})
	})
}

// pagesOfEntries goes through the list of settlement 3, whose two are revoked.
func (w *world) pagesOfEntries(c *client) {
	w.T.Helper()
	const entries = `{ settlement(number: 3) { entries(%s) { totalCount pageInfo { hasNextPage endCursor } nodes { outcome passedOver purchases deadline decidedAt settlement { number } participant { cardNumber status settlement { number } } } } } }`
	first := c.expect(officer, fmt.Sprintf(entries, `first: 1, filter: { outcome: REVOKED }`), answers{
		"settlement.entries.totalCount": 2, "settlement.entries.pageInfo.hasNextPage": true, "settlement.entries.nodes.0.participant.cardNumber": w.cards12[0],
		"settlement.entries.nodes.0.participant.status": "REVOKED", "settlement.entries.nodes.0.participant.settlement.number": 3, "settlement.entries.nodes.0.settlement.number": 3,
		"settlement.entries.nodes.0.purchases": 1, "settlement.entries.nodes.0.passedOver": nil, "settlement.entries.nodes.0.decidedAt": "2021-04-06T17:45:00+07:00",
		"settlement.entries.nodes.0.deadline": "2021-04-02T00:00:00+07:00",
	})
	c.expect(officer, fmt.Sprintf(entries, fmt.Sprintf(`first: 1, filter: { outcome: REVOKED }, after: "%s"`, first.at("settlement.entries.pageInfo.endCursor"))), answers{
		"settlement.entries.pageInfo.hasNextPage": false, "settlement.entries.nodes.0.participant.cardNumber": w.cards12[3], "settlement.entries.nodes.0.purchases": 0,
	})
	c.expect(officer, fmt.Sprintf(entries, `filter: { passedOver: [EXTENDED] }`), answers{"settlement.entries.totalCount": 0})
	c.expect(officer, `{ settlement(number: 1) { entries(filter: { outcome: PASSED_OVER }) { nodes { passedOver participant { cardNumber } } } } }`,
		answers{"settlement.entries.nodes.0.passedOver": "NEW_EVIDENCE", "settlement.entries.nodes.0.participant.cardNumber": w.cards12[0]})
}

// TestAClosingSaysWhatItWaitsFor in both languages, and an outage makes it wait however late it is.
func TestAClosingSaysWhatItWaitsFor(t *testing.T) {
	const closing = `{ cohort(number: %d) { closing { state waits { code platform count until en: text id: text(language: ID) } quarantined unreadable } } }`
	at := func(path string) string { return "cohort.closing." + path }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		c.expect(officer, fmt.Sprintf(closing, 13), answers{
			at("state"): "OPEN", at("waits.0.code"): "DEADLINE", at("waits.0.platform"): nil, at("waits.0.count"): nil, at("waits.0.until"): "2021-04-09T00:00:00+07:00",
			at("waits.0.en"): "The time to buy has not ended: it may be bought until 8 April 2021, 23:59 WIB.",
			at("waits.0.id"): "Waktu pembelian belum berakhir: pembelian dapat dilakukan sampai 8 April 2021 pukul 23.59 WIB.",
		})
		declared := c.expect(officer, `mutation { declareOutage(input: { platform: "pintaria", beginsAt: "2021-04-06T08:00:00+07:00", reason: "their cable" }) { outage { id platform { code } endsAt reason declaredBy } userErrors { message } } }`,
			answers{"declareOutage.outage.platform.code": "pintaria", "declareOutage.outage.endsAt": nil, "declareOutage.outage.reason": "their cable", "declareOutage.outage.declaredBy": "officer-1"})
		c.expect(officer, fmt.Sprintf(closing, 12), answers{
			at("state"): "CLOSING", at("waits.0.code"): "OUTAGE", at("waits.0.platform"): "pintaria", at("waits.0.until"): nil,
			at("waits.0.en"): "pintaria is declared unable to report, and nobody has said until when.", at("waits.1"): nil,
		})
		a := c.expect(officer, `mutation { prepareSettlement(input: { cohort: 12, reason: "x" }) { settlement { id } userErrors { code field message } } }`,
			answers{"prepareSettlement.userErrors.0.code": "NOT_POSSIBLE", "prepareSettlement.userErrors.0.field": "cohort"})
		if !strings.Contains(a.text, "pintaria is declared unable to report") {
			t.Errorf("it does not say what is awaited: %s", a.text)
		}
		end := func(at string) string {
			return fmt.Sprintf(`mutation { endOutage(input: { outage: "%s"%s }) { outage { endsAt endedBy } userErrors { code field } } }`, declared.at("declareOutage.outage.id"), at)
		}
		c.expect(officer, end(`, at: "2021-04-05T00:00:00+07:00"`), answers{"endOutage.userErrors.0.code": "INVALID", "endOutage.userErrors.0.field": "at", "endOutage.outage": nil})
		c.expect(supervisor, end(""), answers{"endOutage.outage.endsAt": "2021-04-06T17:45:00+07:00", "endOutage.outage.endedBy": "supervisor-1"})
		c.expect(officer, fmt.Sprintf(closing, 12), answers{ // it has the lag limit to send what it could not
			at("state"): "CLOSING", at("waits.0.code"): "STATEMENT", at("waits.0.platform"): "pintaria", at("waits.0.until"): "2021-04-09T17:45:00+07:00", at("waits.0.count"): nil, at("waits.1"): nil,
		})
		w.Send(w.Message("pintaria", rules.CompleteThrough{Timestamp: w.Clock.Now(), Through: wib(6, 0, 0), Count: 1, Amount: 250_000}))
		c.expect(officer, fmt.Sprintf(closing, 12), answers{at("state"): "READY", at("waits.0"): nil})
		w.Send(w.Message("tokopedia", registrytest.Bought("TOMORROW", w.cards12[3], w.Clock.Now().Add(24*time.Hour))))
		c.expect(officer, fmt.Sprintf(closing, 12), answers{
			at("state"): "CLOSING", at("quarantined"): 1, at("waits.0.code"): "QUARANTINE", at("waits.0.count"): 1, at("waits.0.until"): nil,
			at("waits.0.en"): "1 delivery in quarantine names a card of the cohort: it has to be applied or dismissed.",
			at("waits.0.id"): "1 laporan dalam karantina menyebut nomor kartu gelombang ini: laporan itu harus diterapkan atau ditolak.",
		})
	})
}
