package model

import (
	"context"
	"encoding/base64"
	"time"

	"gelombang/graph/globalid"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// Platform is one of the digital platforms that sell trainings.
type Platform struct {
	Row        int
	Code       string
	Name       string
	Kind       string
	Website    *string
	Active     bool
	Tolerance  int                      // seconds
	Keys       []*PlatformKey           // nil when the viewer may not see them
	Statements []*CompletenessStatement // nil when the viewer may not see them
	Outages    []*Outage                // nil when the viewer may not see them
	Watch      *PlatformWatch           // nil when the viewer may not see it
	Alerts     []*Alert                 // nil when the viewer may not see them

	OfferingPages PerField[*Connection[*Offering]]
	PurchasePages PerField[*Connection[*Purchase]]
	DeliveryPages PerField[*Connection[*Delivery]]
}

// IsNode marks a [Node].
func (*Platform) IsNode() {}

// ID returns the global id.
func (p *Platform) ID() string { return globalid.Encode("Platform", p.Row) }

// Offerings returns the page that the query asks for at this place.
func (p *Platform) Offerings(ctx context.Context) (*Connection[*Offering], error) {
	return p.OfferingPages.here(ctx)
}

// Purchases returns the page that the query asks for at this place.
func (p *Platform) Purchases(ctx context.Context) (*Connection[*Purchase], error) {
	return p.PurchasePages.here(ctx)
}

// Deliveries returns the page that the query asks for at this place.
func (p *Platform) Deliveries(ctx context.Context) (*Connection[*Delivery], error) {
	return p.DeliveryPages.here(ctx)
}

// CompletenessStatement is a platform's word that it has sent every purchase made before an instant.
type CompletenessStatement struct {
	Through    time.Time // exclusive
	Count      int
	Amount     int64 // rupiah
	ReceivedAt time.Time
}

// PlatformKey is a key with which a platform signs. The secret is never loaded.
type PlatformKey struct {
	Row         int
	Platform    *Platform
	Scheme      signature.Scheme
	ClientCode  *string
	PublicKey   *string // whpk_…
	Fingerprint string
	NotBefore   time.Time  // inclusive
	NotAfter    *time.Time // exclusive
	Active      bool
	CreatedAt   time.Time
	CreatedBy   *string
	RetiredBy   *string
}

// IsNode marks a [Node].
func (*PlatformKey) IsNode() {}

// ID returns the global id.
func (k *PlatformKey) ID() string { return globalid.Encode("PlatformKey", k.Row) }

// PublicKeyText returns the form in which Standard Webhooks writes a public key; nil for none.
func PublicKeyText(key []byte) *string {
	if len(key) == 0 {
		return nil
	}
	return Text("whpk_" + base64.StdEncoding.EncodeToString(key))
}

// Offering is a training on sale at one platform.
type Offering struct {
	Row         int
	Platform    *Platform
	CourseCode  string
	Title       string
	Provider    *string
	Category    *string
	Mode        *rules.Mode
	Price       *int64
	URL         *string
	Listed      bool
	WithdrawnAt *time.Time
	Sample      bool
	UpdatedAt   time.Time

	PurchasePages PerField[*Connection[*Purchase]]
}

// Purchases returns the page that the query asks for at this place.
func (o *Offering) Purchases(ctx context.Context) (*Connection[*Purchase], error) {
	return o.PurchasePages.here(ctx)
}

// IsNode marks a [Node].
func (*Offering) IsNode() {}

// ID returns the global id.
func (o *Offering) ID() string { return globalid.Encode("Offering", o.Row) }
