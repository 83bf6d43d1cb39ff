package graph

import (
	"context"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// PutOffering resolves Mutation.putOffering.
func (m mutation) PutOffering(ctx context.Context, input generated.PutOfferingInput) (*generated.PutOfferingPayload, error) {
	in := registry.Offering{
		Platform: input.Platform, CourseCode: input.CourseCode, Title: input.Title, Provider: text(input.Provider),
		Category: text(input.Category), Price: input.Price, URL: text(input.URL),
	}
	if input.Mode != nil {
		in.Mode = *input.Mode
	}
	_, failed := m.registry.PutOffering(ctx, viewer.From(ctx), in)
	offering, mistakes, err := afterwards(failed, func() (*model.Offering, error) {
		return m.written(ctx).OfferingByCourse(ctx, payload(ctx, "PutOfferingPayload", "offering", "Offering"), input.Platform, input.CourseCode)
	})
	return &generated.PutOfferingPayload{Offering: offering, UserErrors: mistakes}, err
}

// WithdrawOffering resolves Mutation.withdrawOffering.
func (m mutation) WithdrawOffering(ctx context.Context, input generated.WithdrawOfferingInput) (*generated.WithdrawOfferingPayload, error) {
	_, failed := m.registry.WithdrawOffering(ctx, viewer.From(ctx), input.Platform, input.CourseCode)
	offering, mistakes, err := afterwards(failed, func() (*model.Offering, error) {
		return m.written(ctx).OfferingByCourse(ctx, payload(ctx, "WithdrawOfferingPayload", "offering", "Offering"), input.Platform, input.CourseCode)
	})
	return &generated.WithdrawOfferingPayload{Offering: offering, UserErrors: mistakes}, err
}

// CreatePlatformKey resolves Mutation.createPlatformKey. The secret is in this one answer and nowhere else.
func (m mutation) CreatePlatformKey(ctx context.Context, input generated.CreatePlatformKeyInput) (*generated.CreatePlatformKeyPayload, error) {
	in := registry.NewPlatformKey{
		Platform: input.Platform, Scheme: input.Scheme, ClientCode: text(input.ClientCode), PublicKey: text(input.PublicKey),
	}
	if input.NotBefore != nil {
		in.NotBefore = *input.NotBefore
	}
	if input.Overlap != nil {
		overlap := time.Duration(*input.Overlap) * time.Second
		in.Overlap = &overlap
	}
	made, secret, failed := m.registry.CreatePlatformKey(ctx, viewer.From(ctx), in)
	key, mistakes, err := afterwards(failed, func() (*model.PlatformKey, error) {
		return m.written(ctx).PlatformKey(ctx, payload(ctx, "CreatePlatformKeyPayload", "key", "PlatformKey"), made.ID)
	})
	return &generated.CreatePlatformKeyPayload{Key: key, Secret: model.Text(secret), UserErrors: mistakes}, err
}

// RetirePlatformKey resolves Mutation.retirePlatformKey.
func (m mutation) RetirePlatformKey(ctx context.Context, input generated.RetirePlatformKeyInput) (*generated.RetirePlatformKeyPayload, error) {
	managesSome := func(v viewer.Viewer) bool { return v.ManagesKeys(v.OwnPlatform()) }
	failed := allowed(ctx, managesSome, "manage keys")
	var id int
	if failed == nil {
		id, failed = rowOf("PlatformKey", "key", input.Key)
	}
	if failed == nil {
		var at time.Time
		if input.At != nil {
			at = *input.At
		}
		_, failed = m.registry.RetirePlatformKey(ctx, viewer.From(ctx), id, at)
	}
	key, mistakes, err := afterwards(failed, func() (*model.PlatformKey, error) {
		return m.written(ctx).PlatformKey(ctx, payload(ctx, "RetirePlatformKeyPayload", "key", "PlatformKey"), id)
	})
	return &generated.RetirePlatformKeyPayload{Key: key, UserErrors: mistakes}, err
}
