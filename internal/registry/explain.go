package registry

import (
	"context"
	"fmt"
	"time"

	"gelombang/ent"
	entdelivery "gelombang/ent/delivery"
	entextension "gelombang/ent/extension"
	enthistory "gelombang/ent/history"
	entparticipant "gelombang/ent/participant"
	entreview "gelombang/ent/review"
	"gelombang/internal/rules"
)

// Explain says in words why the participant's status is what it is. It reads only; the caller has asked
// the viewer. It returns [NotFound] for an unknown participant.
func (r *Registry) Explain(ctx context.Context, participantID int, lang rules.Language) (rules.Explanation, error) {
	client := r.db.Client()
	p, err := client.Participant.Query().Where(entparticipant.ID(participantID)).
		WithCohort().
		WithPurchases(func(q *ent.PurchaseQuery) { q.WithPlatform().WithOffering() }).
		WithReviews(func(q *ent.ReviewQuery) { q.Where(entreview.StateNEQ(rules.ReviewMoot)) }).
		WithHistory(func(q *ent.HistoryQuery) {
			q.Where(enthistory.KindEQ(rules.HistoryFacts)).Order(enthistory.ByRecordedAt(), enthistory.ByID())
		}).Only(ctx)
	if ent.IsNotFound(err) {
		return rules.Explanation{}, notFound("participant", "there is no such participant")
	}
	if err != nil {
		return rules.Explanation{}, fmt.Errorf("load the participant: %w", err)
	}
	extensions, err := client.Extension.Query().Where(entextension.CohortID(p.CohortID)).Order(entextension.ByCreatedAt(), entextension.ByID()).All(ctx)
	if err != nil {
		return rules.Explanation{}, fmt.Errorf("load the extensions: %w", err)
	}
	waiting, err := client.Delivery.Query().Where(entdelivery.SettledAtIsNil(), entdelivery.CardNumber(p.CardNumber)).Count(ctx)
	if err != nil {
		return rules.Explanation{}, fmt.Errorf("count what waits: %w", err)
	}
	in := explainInput(p, extensions)
	in.WaitingDeliveries, in.Settings, in.Now = waiting, r.settings, r.Now()
	return rules.Explain(in, lang), nil
}

func explainInput(p *ent.Participant, extensions []*ent.Extension) rules.ExplainInput {
	c := p.Edges.Cohort
	in := rules.ExplainInput{
		Cohort: c.ID, AnnouncedAt: c.AnnouncedAt, CohortDeadline: c.Deadline, Basis: c.Basis, Reference: c.Reference,
		Facts: rules.Facts{Deadline: p.Deadline, ReviewOpen: p.ReviewOpen},
	}
	if p.RevokedAt != nil {
		in.Facts.RevokedAt = *p.RevokedAt
	}
	names, keys := map[string]string{}, map[int]rules.PurchaseKey{}
	for _, q := range p.Edges.Purchases {
		purchase := rulesPurchase(q)
		names[purchase.Platform] = q.Edges.Platform.Name
		keys[q.ID] = purchase.PurchaseKey
		in.Purchases = append(in.Purchases, purchase)
	}
	in.PlatformName = func(code string) string { return names[code] }
	if p.FirstPurchaseID != nil {
		if key, ok := keys[*p.FirstPurchaseID]; ok {
			in.Facts.FirstPurchase = &key
		}
	}
	for _, rv := range p.Edges.Reviews {
		note := rules.ReviewNote{ReviewNeed: rules.ReviewNeed{Kind: rv.Kind, Purchase: keys[rv.PurchaseID]}, OpenedAt: rv.OpenedAt}
		if rv.ClosedAt != nil {
			note.DecidedAt = *rv.ClosedAt
		}
		in.Reviews = append(in.Reviews, note)
	}
	in.Extensions = extensionsOf(p, extensions)
	in.RevokedReason, in.ReinstatedAt = lastRevocation(p.Edges.History)
	return in
}

func rulesPurchase(q *ent.Purchase) rules.Purchase {
	purchase := rules.Purchase{
		PurchaseKey: rules.PurchaseKey{Platform: q.Edges.Platform.Code, Invoice: q.InvoiceCode},
		Course:      q.Edges.Offering.CourseCode, Amount: q.Amount, PurchasedAt: q.PurchasedAt, ReceivedAt: q.ReceivedAt, Evidence: q.Evidence,
	}
	if q.VoidedAt != nil {
		purchase.VoidedAt = *q.VoidedAt
	}
	return purchase
}

// extensionsOf returns the extensions that cover the participant. One for a list of cards is told by the
// history, which has an entry for each card of the list at the very instant at which it was granted.
func extensionsOf(p *ent.Participant, all []*ent.Extension) []rules.ExtensionNote {
	moved := map[int64]bool{}
	for _, h := range p.Edges.History {
		if !h.FromDeadline.Equal(h.ToDeadline) {
			moved[h.RecordedAt.UnixMicro()] = true
		}
	}
	var notes []rules.ExtensionNote
	for _, x := range all {
		covers := x.Scope == rules.ExtendCohort ||
			(x.Scope == rules.ExtendProvince && p.Province != nil && x.Province != nil && *x.Province == *p.Province) ||
			(x.Scope == rules.ExtendCards && moved[x.CreatedAt.UnixMicro()])
		if covers {
			notes = append(notes, rules.ExtensionNote{Scope: x.Scope, Until: x.Until, Reference: x.Reference, Reason: x.Reason})
		}
	}
	return notes
}

// lastRevocation returns the reason of the last revocation and, if it was ended, when.
func lastRevocation(entries []*ent.History) (reason string, reinstatedAt time.Time) {
	for _, h := range entries {
		switch {
		case h.FromRevokedAt == nil && h.ToRevokedAt != nil:
			reason, reinstatedAt = h.Reason, time.Time{}
		case h.FromRevokedAt != nil && h.ToRevokedAt == nil:
			reinstatedAt = h.RecordedAt
		}
	}
	return reason, reinstatedAt
}
