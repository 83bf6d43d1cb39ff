package graph

import (
	"context"

	"gelombang/ent"
	"gelombang/graph/generated"
	"gelombang/graph/model"
	"gelombang/internal/registry"
	"gelombang/internal/viewer"
)

// settle does something to the settlement with the global id, if the viewer may do it to any at all, and reads it as
// it is afterwards.
func (m mutation) settle(ctx context.Context, may func(viewer.Viewer) bool, what, payloadType, id string, do func(v viewer.Viewer, id int) (*ent.Settlement, error)) (*model.Settlement, []*generated.UserError, error) {
	failed := allowed(ctx, may, what)
	var row int
	if failed == nil {
		row, failed = rowOf("Settlement", "settlement", id)
	}
	if failed == nil {
		_, failed = do(viewer.From(ctx), row)
	}
	return afterwards(failed, func() (*model.Settlement, error) {
		return m.written(ctx).Settlement(ctx, payload(ctx, payloadType, "settlement", "Settlement"), row)
	})
}

// PrepareSettlement resolves Mutation.prepareSettlement.
func (m mutation) PrepareSettlement(ctx context.Context, input generated.PrepareSettlementInput) (*generated.PrepareSettlementPayload, error) {
	prepared, failed := m.registry.PrepareSettlement(ctx, viewer.From(ctx), registry.PrepareSettlement{
		Cohort: input.Cohort, Reserve: input.Reserve, Reason: input.Reason,
	})
	settlement, mistakes, err := afterwards(failed, func() (*model.Settlement, error) {
		return m.written(ctx).Settlement(ctx, payload(ctx, "PrepareSettlementPayload", "settlement", "Settlement"), prepared.ID)
	})
	return &generated.PrepareSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}

// ApproveSettlement resolves Mutation.approveSettlement.
func (m mutation) ApproveSettlement(ctx context.Context, input generated.ApproveSettlementInput) (*generated.ApproveSettlementPayload, error) {
	settlement, mistakes, err := m.settle(ctx, viewer.Viewer.ApprovesSettlements, "approve settlements"+viewer.ApproversMay, "ApproveSettlementPayload", input.Settlement,
		func(v viewer.Viewer, id int) (*ent.Settlement, error) {
			return m.registry.ApproveSettlement(ctx, v, registry.ApproveSettlement{Settlement: id, ListSHA256: input.ListHash})
		})
	return &generated.ApproveSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}

// ExecuteSettlement resolves Mutation.executeSettlement.
func (m mutation) ExecuteSettlement(ctx context.Context, input generated.ExecuteSettlementInput) (*generated.ExecuteSettlementPayload, error) {
	settlement, mistakes, err := m.settle(ctx, viewer.Viewer.PreparesSettlement, "execute settlements"+viewer.OfficersMay, "ExecuteSettlementPayload", input.Settlement,
		func(v viewer.Viewer, id int) (*ent.Settlement, error) { return m.registry.OrderExecution(ctx, v, id) })
	return &generated.ExecuteSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}

// StopSettlement resolves Mutation.stopSettlement.
func (m mutation) StopSettlement(ctx context.Context, input generated.StopSettlementInput) (*generated.StopSettlementPayload, error) {
	settlement, mistakes, err := m.settle(ctx, viewer.Viewer.PreparesSettlement, "stop settlements"+viewer.OfficersMay, "StopSettlementPayload", input.Settlement,
		func(v viewer.Viewer, id int) (*ent.Settlement, error) { return m.registry.StopExecution(ctx, v, id) })
	return &generated.StopSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}

// DiscardSettlement resolves Mutation.discardSettlement.
func (m mutation) DiscardSettlement(ctx context.Context, input generated.DiscardSettlementInput) (*generated.DiscardSettlementPayload, error) {
	settlement, mistakes, err := m.settle(ctx, viewer.Viewer.PreparesSettlement, "discard settlements"+viewer.OfficersMay, "DiscardSettlementPayload", input.Settlement,
		func(v viewer.Viewer, id int) (*ent.Settlement, error) {
			return m.registry.DiscardSettlement(ctx, v, id)
		})
	return &generated.DiscardSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}

// ReverseSettlement resolves Mutation.reverseSettlement.
func (m mutation) ReverseSettlement(ctx context.Context, input generated.ReverseSettlementInput) (*generated.ReverseSettlementPayload, error) {
	settlement, mistakes, err := m.settle(ctx, viewer.Viewer.ReversesSettlement, "reverse settlements"+viewer.SupervisorsMay, "ReverseSettlementPayload", input.Settlement,
		func(v viewer.Viewer, id int) (*ent.Settlement, error) {
			return m.registry.OrderReversal(ctx, v, registry.ReverseSettlement{Settlement: id, Card: text(input.CardNumber), Reason: input.Reason})
		})
	return &generated.ReverseSettlementPayload{Settlement: settlement, UserErrors: mistakes}, err
}
