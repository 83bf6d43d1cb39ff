package model

// Connection is one page of a list.
type Connection[T any] struct {
	Edges      []*Edge[T]
	Nodes      []T
	PageInfo   *PageInfo
	TotalCount *int // nil unless asked for
}

// Edge is an object on a page.
type Edge[T any] struct {
	Cursor string // empty unless asked for
	Node   T
}

// PageInfo says where a page stands in its list.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// CohortConnection is a page of cohorts.
type CohortConnection = Connection[*Cohort]

// CohortEdge is a cohort on a page.
type CohortEdge = Edge[*Cohort]

// ParticipantConnection is a page of participants.
type ParticipantConnection = Connection[*Participant]

// ParticipantEdge is a participant on a page.
type ParticipantEdge = Edge[*Participant]

// OfferingConnection is a page of offerings.
type OfferingConnection = Connection[*Offering]

// OfferingEdge is an offering on a page.
type OfferingEdge = Edge[*Offering]

// PurchaseConnection is a page of purchases.
type PurchaseConnection = Connection[*Purchase]

// PurchaseEdge is a purchase on a page.
type PurchaseEdge = Edge[*Purchase]

// DeliveryConnection is a page of deliveries.
type DeliveryConnection = Connection[*Delivery]

// DeliveryEdge is a delivery on a page.
type DeliveryEdge = Edge[*Delivery]

// ReviewConnection is a page of reviews.
type ReviewConnection = Connection[*Review]

// ReviewEdge is a review on a page.
type ReviewEdge = Edge[*Review]

// HistoryConnection is a page of a history.
type HistoryConnection = Connection[*HistoryEntry]

// HistoryEdge is an entry of a history on a page.
type HistoryEdge = Edge[*HistoryEntry]

// SettlementConnection is a page of settlements.
type SettlementConnection = Connection[*Settlement]

// SettlementEdge is a settlement on a page.
type SettlementEdge = Edge[*Settlement]

// SettlementEntryConnection is a page of entries of a list.
type SettlementEntryConnection = Connection[*SettlementEntry]

// SettlementEntryEdge is an entry of a list on a page.
type SettlementEntryEdge = Edge[*SettlementEntry]

// OutboundMessageConnection is a page of webhooks of ours.
type OutboundMessageConnection = Connection[*OutboundMessage]

// OutboundMessageEdge is a webhook of ours on a page.
type OutboundMessageEdge = Edge[*OutboundMessage]
