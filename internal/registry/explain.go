package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/ent/deadlineraise"
	entdelivery "gelombang/ent/delivery"
	entextension "gelombang/ent/extension"
	enthistory "gelombang/ent/history"
	entparticipant "gelombang/ent/participant"
	entreview "gelombang/ent/review"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Explain says in words why the participant's status is what it is, with everything that staff wrote. It reads only; the
// caller has asked the viewer. It returns [NotFound] for an unknown participant.
func (r *Registry) Explain(ctx context.Context, participantID int, lang rules.Language) (rules.Explanation, error) {
	explanations, err := r.ExplainAll(ctx, viewer.System("explain"), []int{participantID}, lang)
	if err != nil {
		return rules.Explanation{}, err
	}
	explanation, known := explanations[participantID]
	if !known {
		return rules.Explanation{}, notFound("participant", "there is no such participant")
	}
	return explanation, nil
}

// ExplainAll is [Registry.Explain] for several participants, in the same few statements however many they
// are. It repeats no reason that the viewer may not see; whether the viewer may see the participants, the caller has
// asked. A participant who is not known is left out.
func (r *Registry) ExplainAll(ctx context.Context, v viewer.Viewer, participantIDs []int, lang rules.Language) (map[int]rules.Explanation, error) {
	client := r.db.Client()
	participants, err := client.Participant.Query().Where(entparticipant.IDIn(participantIDs...)).
		WithCohort(func(q *ent.CohortQuery) {
			q.WithExtensions(func(q *ent.ExtensionQuery) { q.Order(entextension.ByCreatedAt(), entextension.ByID()) })
		}).
		WithPurchases(func(q *ent.PurchaseQuery) { q.WithPlatform().WithOffering() }).
		WithSettlement().
		WithReviews(func(q *ent.ReviewQuery) { q.Where(entreview.StateNEQ(rules.ReviewMoot)) }).
		WithHistory(func(q *ent.HistoryQuery) {
			q.Where(enthistory.KindEQ(rules.HistoryFacts)).Order(enthistory.ByRecordedAt(), enthistory.ByID())
		}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the participants: %w", err)
	}
	waiting, err := r.waitingByCard(ctx, participants)
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	awaited, err := r.awaitedEvidence(ctx, participants)
	if err != nil {
		return nil, err
	}
	raises, err := r.unfinishedRaises(ctx, participants)
	if err != nil {
		return nil, fmt.Errorf("load the extensions under way: %w", err)
	}
	explanations := make(map[int]rules.Explanation, len(participants))
	for _, p := range participants {
		in := explainInput(p, p.Edges.Cohort.Edges.Extensions)
		withhold(&in, v, p.CardNumber)
		in.Raises = raisesFor(p, raises)
		in.WaitingDeliveries, in.Settings, in.Now = waiting[p.CardNumber], r.settings, r.Now()
		if in.Facts.StatusAt(in.Now) == rules.StatusOverdue {
			in.Waits = awaited.closing(p.CohortID, p.Deadline).Awaits(in.Now, r.settings)
		}
		explanations[p.ID] = rules.Explain(in, lang)
	}
	return explanations, nil
}

// withhold takes out the reasons that the viewer may not see.
func withhold(in *rules.ExplainInput, v viewer.Viewer, card string) {
	if !v.SeesReason(card) {
		in.RevokedReason = ""
	}
	if !v.SeesReasons() {
		for i := range in.Extensions {
			in.Extensions[i].Reason = ""
		}
	}
}

// awaitedEvidence is what a settlement of those participants would rest on who may be overdue.
func (r *Registry) awaitedEvidence(ctx context.Context, participants []*ent.Participant) (evidence, error) {
	var cohorts []int
	for _, p := range participants {
		if p.FirstPurchaseID == nil && p.RevokedAt == nil && !slices.Contains(cohorts, p.CohortID) {
			cohorts = append(cohorts, p.CohortID)
		}
	}
	if len(cohorts) == 0 {
		return evidence{}, nil
	}
	return source{r.db.Read, r.db.Client(), r.db.Dialect}.evidence(ctx, r.Now(), cohorts)
}

// unfinishedRaises returns the raises of the participants' cohorts that have not reached everybody.
func (r *Registry) unfinishedRaises(ctx context.Context, participants []*ent.Participant) ([]*ent.DeadlineRaise, error) {
	var cohorts []int
	for _, p := range participants {
		if !slices.Contains(cohorts, p.CohortID) {
			cohorts = append(cohorts, p.CohortID)
		}
	}
	return r.db.Client().DeadlineRaise.Query().Where(deadlineraise.CohortIDIn(cohorts...), deadlineraise.DoneAtIsNil()).All(ctx)
}

// raisesFor returns the deadlines, exclusive, of those raises that are still to look at the participant: they go by the
// ids.
func raisesFor(p *ent.Participant, raises []*ent.DeadlineRaise) []time.Time {
	var until []time.Time
	for _, d := range raises {
		if d.CohortID == p.CohortID && p.ID > d.AfterID && (d.Province == nil || p.Province != nil && *d.Province == *p.Province) {
			until = append(until, d.Until)
		}
	}
	return until
}

// waitingByCard counts the deliveries in quarantine that name the participants' cards.
func (r *Registry) waitingByCard(ctx context.Context, participants []*ent.Participant) (map[string]int, error) {
	cards := make([]string, len(participants))
	for i, p := range participants {
		cards[i] = p.CardNumber
	}
	var counts []struct {
		CardNumber string `json:"card_number"`
		Count      int    `json:"count"`
	}
	err := r.db.Client().Delivery.Query().Where(entdelivery.SettledAtIsNil(), entdelivery.CardNumberIn(cards...)).
		GroupBy(entdelivery.FieldCardNumber).Aggregate(ent.Count()).Scan(ctx, &counts)
	waiting := make(map[string]int, len(counts))
	for _, c := range counts {
		waiting[c.CardNumber] = c.Count
	}
	return waiting, err
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
	if s := p.Edges.Settlement; s != nil && s.ApprovedAt != nil {
		in.Settlement = rules.SettlementNote{Number: s.ID, PreparedAt: s.PreparedAt, ApprovedAt: *s.ApprovedAt}
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
	if q.StatedThrough != nil {
		purchase.StatedThrough = *q.StatedThrough
	}
	if q.VoidedAt != nil {
		purchase.VoidedAt, purchase.VoidSettled = *q.VoidedAt, q.VoidSettled
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
