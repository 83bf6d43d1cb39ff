package question

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// one is asked whenever a recipient opens the dashboard. Each asks for its own card, with a token of its own.
func one() Question {
	return Question{
		Name: "Q1", Title: "one participant by card: status, cohort, first purchase and its platform, purchases",
		Role: viewer.Participant,
		Ours: `query Q1($card: CardNumber!) {
  participant(cardNumber: $card) {
    cardNumber status deadline balance
    cohort { number announcedAt purchaseDeadline }
    firstPurchase { purchasedAt amount platform { code name } }
    purchases(first: 20, orderBy: [{ field: PURCHASED_AT }]) { nodes { invoiceCode amount purchasedAt } }
  }
}`,
		Theirs: `query Q1($card: String!) {
  participant: participantByCardNumber(cardNumber: $card) {
    cardNumber revokedAt reviewOpen deadline balance
    cohort: cohortByCohortId { number: rowId announcedAt purchaseDeadline: deadline }
    firstPurchase { purchasedAt amount platform: platformByPlatformId { code name } }
    purchases: purchasesByParticipantId(first: 20, orderBy: [PURCHASED_AT_ASC]) { nodes { invoiceCode amount purchasedAt } }
  }
}`,
		Floor: `SELECT json_build_object('participant', json_build_object(
  'cardNumber', p.card_number, 'deadline', p.deadline, 'balance', p.balance,
  'status', CASE WHEN p.revoked_at IS NOT NULL THEN 'REVOKED' WHEN p.review_open THEN 'UNDER_REVIEW' WHEN p.first_purchase_id IS NOT NULL THEN 'PURCHASED'
    WHEN p.deadline <= now() THEN 'OVERDUE' ELSE 'AWAITING' END,
  'cohort', json_build_object('number', c.id, 'announcedAt', c.announced_at, 'purchaseDeadline', c.deadline),
  'firstPurchase', (SELECT json_build_object('purchasedAt', q.purchased_at, 'amount', q.amount, 'platform', json_build_object('code', f.code, 'name', f.name))
    FROM purchases q JOIN platforms f ON f.id = q.platform_id WHERE q.id = p.first_purchase_id),
  'purchases', json_build_object('nodes', (SELECT COALESCE(json_agg(json_build_object('invoiceCode', q.invoice_code, 'amount', q.amount, 'purchasedAt', q.purchased_at)), '[]')
    FROM (SELECT invoice_code, amount, purchased_at FROM purchases WHERE participant_id = p.id ORDER BY purchased_at, id LIMIT 20) q))))
FROM participants p JOIN cohorts c ON c.id = p.cohort_id WHERE p.card_number = :card`,
		Draws: func(w *World) string {
			return fmt.Sprintf("\\set cohort random(1, %d)\n\\set card 3100000000000000 + :cohort * 10000000000 + random(1, %d)\n",
				len(w.Data.Cohorts), w.Data.Cohorts[len(w.Data.Cohorts)-1].Size)
		},
		Keys: keysOfOne,
		read: readOne,
	}
}

// oneOfEach has a card of each status, the rare ones too.
const oneOfEach = `SELECT DISTINCT ON (status) card_number FROM (SELECT card_number, id,
  CASE WHEN revoked_at IS NOT NULL THEN 5 WHEN review_open THEN 4 WHEN first_purchase_id IS NOT NULL THEN 3 WHEN deadline <= now() THEN 2 ELSE 1 END AS status FROM participants) p
ORDER BY status, id`

// keysOfOne begins with a participant of each status, so that a comparison of the first few meets them all.
func keysOfOne(ctx context.Context, w *World, draw *rand.Rand, n int) ([]Key, error) {
	var cards []string
	err := db.Query(ctx, w.DB.Read, func(rows *sql.Rows) error {
		var card string
		err := rows.Scan(&card)
		cards = append(cards, card)
		return err
	}, oneOfEach)
	if err != nil {
		return nil, err
	}
	for len(cards) < n {
		c := w.Data.Cohorts[draw.IntN(len(w.Data.Cohorts))]
		cards = append(cards, c.Card(draw.IntN(c.Size)))
	}
	keys := make([]Key, len(cards))
	for i, card := range cards {
		own := map[string]any{"card": card}
		keys[i] = Key{Subject: card, Ours: own, Theirs: own, Floor: own}
	}
	return keys, nil
}

type sale struct {
	InvoiceCode string
	Amount      number
	PurchasedAt instant
}

type participant struct {
	CardNumber string
	Status     rules.Status
	Deadline   instant
	Balance    number
	Cohort     struct {
		Number                        number
		AnnouncedAt, PurchaseDeadline instant
	}
	FirstPurchase *struct {
		PurchasedAt instant
		Amount      number
		Platform    platform
	}
	Purchases nodes[sale]
}

func readOne(w *World, side Side, data []byte) (any, error) {
	answer, err := decode[struct {
		Participant *struct {
			participant
			RevokedAt  instant
			ReviewOpen bool
		}
	}](data)
	if err != nil {
		return nil, err
	}
	if answer.Participant == nil {
		return nil, errors.New("there is no such participant")
	}
	p := answer.Participant.participant
	p.Purchases.tidy()
	if side == Theirs { // has the facts, and leaves what they mean to the client
		facts := rules.Facts{Deadline: p.Deadline.Time, RevokedAt: answer.Participant.RevokedAt.Time, ReviewOpen: answer.Participant.ReviewOpen}
		if p.FirstPurchase != nil {
			facts.FirstPurchase = &rules.PurchaseKey{}
		}
		p.Status = facts.StatusAt(w.Now)
	}
	return p, nil
}
