package graph_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/rules"
)

const everything = `
query ($card: CardNumber!) {
  programme { now today timeZone windowDays lagLimit maxFuture trainingBalance version }
  cohort(number: 13) {
    id number quota announcedAt purchaseDeadline purchaseDeadlineText purchaseDeadlineBasis reference timeLeft
    progress { recipients awaiting purchased overdue underReview revoked purchasedShare }
    extensions { scope province { code name } until lastDay reference reason participants createdBy cohort { number } }
  }
  participant(cardNumber: $card) {
    id cardNumber status deadline timeLeft balance revokedAt reviewOpen regency gender ageBand education
    cohort { number } province { code name } contact { name email phone birthDate } contactErasedAt
    firstPurchase { invoiceCode }
    purchases { totalCount nodes { invoiceCode platform { code } offering { title } amount purchasedAt receivedAt lag late counts evidence voidedAt participant { cardNumber } } }
    history { totalCount nodes { kind cause actor reason from { reviewOpen firstPurchase { invoiceCode } } to { firstPurchase { invoiceCode } } } }
    reviews { kind state purchase { invoiceCode } participant { id } }
    explanation { summary deadline evidence { code counts invoiceCode } awaited }
  }
}`

func TestWhatAnOfficerSeesOfOneParticipant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 5)
		c := serve(t, w.Registry)
		a := c.get(officer, everything, map[string]any{"card": w.cards13[0]})
		want := map[string]any{
			"programme.now":                                            "2021-04-06T17:45:00+07:00",
			"programme.today":                                          "2021-04-06",
			"programme.windowDays":                                     30.0,
			"programme.lagLimit":                                       259200.0,
			"programme.trainingBalance":                                1000000.0,
			"programme.version":                                        "test",
			"cohort.purchaseDeadline":                                  "2021-04-09T00:00:00+07:00",
			"cohort.purchaseDeadlineText":                              "8 April 2021, 23:59 WIB",
			"cohort.purchaseDeadlineBasis":                             "COMPUTED",
			"cohort.reference":                                         nil,
			"cohort.timeLeft":                                          195300.0, // 54 h 15 min
			"cohort.progress.recipients":                               5.0,
			"cohort.progress.awaiting":                                 4.0,
			"cohort.progress.purchased":                                1.0,
			"cohort.progress.purchasedShare":                           0.2,
			"cohort.extensions.0.scope":                                "PROVINCE",
			"cohort.extensions.0.province.name":                        "Jawa Barat",
			"cohort.extensions.0.lastDay":                              "2021-04-15",
			"cohort.extensions.0.until":                                "2021-04-16T00:00:00+07:00",
			"cohort.extensions.0.createdBy":                            "officer-1",
			"cohort.extensions.0.cohort.number":                        13.0,
			"participant.cardNumber":                                   w.cards13[0],
			"participant.status":                                       "PURCHASED",
			"participant.balance":                                      500000.0,
			"participant.gender":                                       "F",
			"participant.ageBand":                                      "FROM_25_TO_34",
			"participant.education":                                    "S1",
			"participant.province.name":                                "DKI Jakarta",
			"participant.contact.name":                                 secretName,
			"participant.contact.email":                                secretEmail,
			"participant.contact.phone":                                secretPhone,
			"participant.contact.birthDate":                            "1995-05-17",
			"participant.firstPurchase.invoiceCode":                    "FIRST",
			"participant.purchases.totalCount":                         2.0,
			"participant.purchases.nodes.0.invoiceCode":                "SECOND",
			"participant.purchases.nodes.0.offering.title":             "C-1",
			"participant.purchases.nodes.1.invoiceCode":                "FIRST",
			"participant.purchases.nodes.1.offering.title":             "Membuat Roti",
			"participant.purchases.nodes.1.platform.code":              "tokopedia",
			"participant.purchases.nodes.1.lag":                        463500.0,
			"participant.purchases.nodes.1.late":                       false,
			"participant.purchases.nodes.1.counts":                     true,
			"participant.purchases.nodes.1.evidence":                   "ACCEPTED",
			"participant.history.totalCount":                           1.0,
			"participant.history.nodes.0.cause":                        "DELIVERY",
			"participant.history.nodes.0.from.firstPurchase":           nil,
			"participant.history.nodes.0.to.firstPurchase.invoiceCode": "FIRST",
			"participant.explanation.evidence.0.code":                  "FIRST_PURCHASE",
		}
		for path, value := range want {
			if diff := cmp.Diff(value, a.at(path)); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	})
}

// TestAfterTheYear9999 puts a deadline where RFC 3339 cannot write it, and later than an Int of seconds reaches.
// Both are refused on input; here they are in the database.
func TestAfterTheYear9999(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, 3)
		c := serve(t, w.Registry)
		deadline := func(at time.Time) {
			if _, err := d.Write.ExecContext(t.Context(), "UPDATE cohorts SET deadline = $1 WHERE id = 13", db.Instant(at)); err != nil {
				t.Fatal(err)
			}
		}
		deadline(time.Date(9999, 12, 31, 23, 59, 59, 0, rules.WIB))
		a := c.get(officer, `{ cohort(number: 13) { timeLeft purchaseDeadline purchaseDeadlineText } }`, nil)
		if a.at("cohort.timeLeft") != float64(math.MaxInt32) || a.at("cohort.purchaseDeadline") != "9999-12-31T23:59:59+07:00" {
			t.Errorf("the last second: %s", a.text)
		}
		deadline(time.Date(10000, 1, 1, 0, 0, 0, 0, rules.WIB))
		a = c.ask(officer, `{ cohort(number: 13) { timeLeft purchaseDeadline } cohorts { totalCount } }`, nil)
		if a.Data["cohort"] != nil || a.code() != "INTERNAL" || a.at("cohorts.totalCount") != 2.0 || strings.Contains(a.text, "10000") {
			t.Errorf("the second after it: %s", a.text)
		}
	})
}
