package graph

import (
	"context"
	"time"

	"gelombang/ent"
	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// endpoint does something to the endpoint with the global id, if the viewer may, and reads it as it is afterwards.
func (m mutation) endpoint(ctx context.Context, payloadType, id string, do func(v viewer.Viewer, id int) error) (*model.Endpoint, []*generated.UserError, error) {
	failed := allowed(ctx, viewer.Viewer.ManagesEndpoints, "manage endpoints"+viewer.AdminsMay)
	var row int
	if failed == nil {
		row, failed = rowOf("Endpoint", "endpoint", id)
	}
	if failed == nil {
		failed = do(viewer.From(ctx), row)
	}
	return afterwards(failed, func() (*model.Endpoint, error) {
		return m.written(ctx).Endpoint(ctx, payload(ctx, payloadType, "endpoint", "Endpoint"), row)
	})
}

// CreateEndpoint resolves Mutation.createEndpoint. The secret is in this one answer and nowhere else.
func (m mutation) CreateEndpoint(ctx context.Context, input generated.CreateEndpointInput) (*generated.CreateEndpointPayload, error) {
	made, secret, failed := m.registry.CreateEndpoint(ctx, viewer.From(ctx), registry.CreateEndpoint{
		Name: input.Name, URL: input.URL, Events: input.Events, Scheme: input.Scheme,
	})
	endpoint, mistakes, err := afterwards(failed, func() (*model.Endpoint, error) {
		return m.written(ctx).Endpoint(ctx, payload(ctx, "CreateEndpointPayload", "endpoint", "Endpoint"), made.ID)
	})
	return &generated.CreateEndpointPayload{Endpoint: endpoint, Secret: sharedSecret(made, secret), UserErrors: mistakes}, err
}

// sharedSecret is what is answered of a new secret: nothing of an endpoint that verifies with a public key, which is
// a field of the endpoint.
func sharedSecret(of *ent.Endpoint, secret string) *string {
	if of == nil || of.PublicKey != "" {
		return nil
	}
	return model.Text(secret)
}

// RotateEndpointSecret resolves Mutation.rotateEndpointSecret.
func (m mutation) RotateEndpointSecret(ctx context.Context, input generated.RotateEndpointSecretInput) (*generated.RotateEndpointSecretPayload, error) {
	var secret *string
	endpoint, mistakes, err := m.endpoint(ctx, "RotateEndpointSecretPayload", input.Endpoint, func(v viewer.Viewer, id int) error {
		changed, made, err := m.registry.RotateEndpointSecret(ctx, v, registry.RotateEndpointSecret{Endpoint: id, Overlap: time.Duration(input.Overlap) * time.Second})
		secret = sharedSecret(changed, made)
		return err
	})
	return &generated.RotateEndpointSecretPayload{Endpoint: endpoint, Secret: secret, UserErrors: mistakes}, err
}

// DisableEndpoint resolves Mutation.disableEndpoint.
func (m mutation) DisableEndpoint(ctx context.Context, input generated.DisableEndpointInput) (*generated.DisableEndpointPayload, error) {
	endpoint, mistakes, err := m.endpoint(ctx, "DisableEndpointPayload", input.Endpoint, func(v viewer.Viewer, id int) error {
		_, err := m.registry.DisableEndpoint(ctx, v, id)
		return err
	})
	return &generated.DisableEndpointPayload{Endpoint: endpoint, UserErrors: mistakes}, err
}

// EnableEndpoint resolves Mutation.enableEndpoint.
func (m mutation) EnableEndpoint(ctx context.Context, input generated.EnableEndpointInput) (*generated.EnableEndpointPayload, error) {
	endpoint, mistakes, err := m.endpoint(ctx, "EnableEndpointPayload", input.Endpoint, func(v viewer.Viewer, id int) error {
		_, err := m.registry.EnableEndpoint(ctx, v, id)
		return err
	})
	return &generated.EnableEndpointPayload{Endpoint: endpoint, UserErrors: mistakes}, err
}

// TestEndpoint resolves Mutation.testEndpoint.
func (m mutation) TestEndpoint(ctx context.Context, input generated.TestEndpointInput) (*generated.TestEndpointPayload, error) {
	message, mistakes, err := m.message(ctx, "TestEndpointPayload", "Endpoint", "endpoint", input.Endpoint, m.registry.TestEndpoint)
	return &generated.TestEndpointPayload{Message: message, UserErrors: mistakes}, err
}

// ResendMessage resolves Mutation.resendMessage.
func (m mutation) ResendMessage(ctx context.Context, input generated.ResendMessageInput) (*generated.ResendMessagePayload, error) {
	message, mistakes, err := m.message(ctx, "ResendMessagePayload", "OutboundMessage", "message", input.Message, m.registry.ResendMessage)
	return &generated.ResendMessagePayload{Message: message, UserErrors: mistakes}, err
}

// message orders a webhook of ours for the object with the global id, if the viewer may, and reads it.
func (m mutation) message(ctx context.Context, payloadType, typeName, field, id string, do func(context.Context, viewer.Viewer, int) (*ent.OutboundMessage, error)) (*model.OutboundMessage, []*generated.UserError, error) {
	failed := allowed(ctx, viewer.Viewer.ManagesEndpoints, "manage endpoints"+viewer.AdminsMay)
	var row int
	if failed == nil {
		row, failed = rowOf(typeName, field, id)
	}
	var made *ent.OutboundMessage
	if failed == nil {
		made, failed = do(ctx, viewer.From(ctx), row)
	}
	return afterwards(failed, func() (*model.OutboundMessage, error) {
		return m.written(ctx).OutboundMessage(ctx, payload(ctx, payloadType, "message", "OutboundMessage"), made.ID)
	})
}
