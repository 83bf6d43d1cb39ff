package graph

import (
	"context"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/viewer"
)

// Viewer resolves Query.viewer.
func (q query) Viewer(ctx context.Context) (*model.Viewer, error) {
	v := viewer.From(ctx)
	if v.Role == "" || v.Role == viewer.Anonymous {
		return nil, nil //nolint:nilnil // null is the answer
	}
	sel := selection.Of(ctx, "Viewer")
	me := &model.Viewer{Role: v.Role, Subject: v.Subject}
	var err error
	if code := v.OwnPlatform(); code != "" && sel.Has("platform") {
		if me.Platform, err = q.read(ctx).PlatformByCode(ctx, sel.Sub("platform", "Platform", "Node"), code); err != nil {
			return nil, err
		}
	}
	if card, ok := v.OwnCard(); ok && sel.Has("participant") {
		me.Participant, err = q.read(ctx).ParticipantByCard(ctx, sel.Sub("participant", "Participant", "Node"), card)
	}
	return me, err
}

// Programme resolves Query.programme.
func (q query) Programme(ctx context.Context) (*model.Programme, error) {
	s := q.registry.Settings()
	p := &model.Programme{
		Now: q.registry.Now(), TimeZone: "Asia/Jakarta", WindowDays: s.WindowDays, LagLimit: seconds(s.LagLimit), MaxFuture: seconds(s.MaxFuture),
		TrainingBalance: s.TrainingBalance, ReservePercent: s.ReservePercent, Version: q.version,
	}
	if !selection.Of(ctx, "Programme").Has("places") {
		return p, nil
	}
	var err error
	p.Places, err = q.read(ctx).ProgrammePlaces(ctx)
	return p, err
}

// Eligibility resolves Query.eligibility.
func (q query) Eligibility(ctx context.Context, cardNumber string) (*generated.Eligibility, error) {
	return q.read(ctx).Eligibility(ctx, cardNumber)
}
