package reads

import (
	"context"

	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
)

type platformRow struct {
	object  model.Platform
	website string
}

var (
	platformTypes = []string{"Platform", "Node"}
	keyTypes      = []string{"PlatformKey", "Node"}
)

func (r *Reader) platforms() entity[platformRow, model.Platform] {
	return entity[platformRow, model.Platform]{
		types:   platformTypes,
		from:    "platforms pl",
		columns: []string{"pl.id", "pl.code", "pl.name", "pl.kind", "pl.website", "pl.active", "pl.tolerance_seconds"},
		into: func(row *platformRow) []any {
			o := &row.object
			return []any{&o.Row, &o.Code, &o.Name, &o.Kind, &row.website, &o.Active, &o.Tolerance}
		},
		fill:   r.fillPlatforms,
		object: func(row *platformRow) *model.Platform { return &row.object },
	}
}

// catalogueScope is the platforms and offerings that the viewer may see.
func (r *Reader) catalogueScope() where {
	if r.Viewer.SeesCatalogue() {
		return nil
	}
	return nothing
}

// MaxKeys is how many keys of a platform are listed, the latest, besides those that have not ended, which are
// few. A platform makes and ends as many as it likes, and the cost of a query counts on a bound.
const MaxKeys = 100

func (r *Reader) fillPlatforms(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	for _, row := range rows {
		row.object.Website = model.Text(row.website)
	}
	return fillAll(ctx, sel, rows, r.fillKeysOfPlatforms, r.fillStatements, r.fillOutagesOfPlatforms, r.fillWatch, r.fillAlerts, r.fillPlatformPages)
}

// fillPlatformPages reads the lists below platforms, each under its own rules.
func (r *Reader) fillPlatformPages(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	offerings := childrenOf(rows, func(row *platformRow) (int, placeOf[model.Offering]) {
		return row.object.Row, &row.object.OfferingPages
	})
	if err := r.offeringListing().below(ctx, r, sel, "offerings", "o.platform_id", offerings); err != nil {
		return err
	}
	purchases := childrenOf(rows, func(row *platformRow) (int, placeOf[model.Purchase]) {
		return row.object.Row, &row.object.PurchasePages
	})
	if err := r.purchaseListing().below(ctx, r, sel, "purchases", "p.platform_id", purchases); err != nil {
		return err
	}
	deliveries := childrenOf(rows, func(row *platformRow) (int, placeOf[model.Delivery]) {
		return row.object.Row, &row.object.DeliveryPages
	})
	return r.deliveryListing().below(ctx, r, sel, "deliveries", "d.platform_id", deliveries)
}

func (r *Reader) fillKeysOfPlatforms(ctx context.Context, sel selection.Selection, rows []*platformRow) error {
	var ids []int
	byID := map[int]*model.Platform{}
	for _, row := range rows {
		if r.Viewer.SeesKeys(row.object.Code) {
			row.object.Keys = []*model.PlatformKey{}
			ids = append(ids, row.object.Row)
			byID[row.object.Row] = &row.object
		}
	}
	if !sel.Has("keys") || len(ids) == 0 {
		return nil
	}
	keys, err := all(ctx, r, r.keys(), sel.Sub("keys", keyTypes...), anyInt(r.Dialect, "k.platform_id", ids), "k.not_before DESC, k.id DESC")
	if err != nil {
		return err
	}
	for _, row := range keys {
		ended := row.object.NotAfter != nil && !r.Now.Before(*row.object.NotAfter)
		if p := byID[row.platform]; len(p.Keys) < MaxKeys || !ended {
			p.Keys = append(p.Keys, &row.object)
		}
	}
	return nil
}

// Platforms returns every platform, in the order of their codes.
func (r *Reader) Platforms(ctx context.Context, sel selection.Selection) ([]*model.Platform, error) {
	rows, err := all(ctx, r, r.platforms(), sel, and(r.catalogueScope()), "pl.code")
	found := make([]*model.Platform, len(rows))
	for i, row := range rows {
		found[i] = &row.object
	}
	return found, err
}

// PlatformByCode returns the platform with the code; nil when there is none that the viewer may see.
func (r *Reader) PlatformByCode(ctx context.Context, sel selection.Selection, code string) (*model.Platform, error) {
	return one(ctx, r, r.platforms(), sel, and(equals("pl.code", code), r.catalogueScope()))
}

// platformsByID returns the platforms behind an edge.
func (r *Reader) platformsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Platform, error) {
	return behind(ctx, r, r.platforms(), sel, ids, func(h *held) map[int]*platformRow { return h.platforms },
		func(ids []int) where { return anyInt(r.Dialect, "pl.id", ids) }, "pl.id", func(row *platformRow) int { return row.object.Row })
}

type keyRow struct {
	object                           model.PlatformKey
	platform                         int
	clientCode, createdBy, retiredBy string
	publicKey                        []byte
	notBefore, notAfter, created     db.Time
}

// keys says how keys are read. The secret is not among the columns.
func (r *Reader) keys() entity[keyRow, model.PlatformKey] {
	return entity[keyRow, model.PlatformKey]{
		types: keyTypes,
		from:  "platform_keys k LEFT JOIN platforms pl ON pl.id = k.platform_id",
		columns: []string{
			"k.id", "k.platform_id", "k.scheme", "k.client_code", "k.public_key", "k.fingerprint", "k.not_before", "k.not_after",
			"k.created_at", "k.created_by", "k.retired_by",
		},
		into: func(row *keyRow) []any {
			o := &row.object
			return []any{
				&o.Row, &row.platform, &o.Scheme, &row.clientCode, &row.publicKey, &o.Fingerprint, &row.notBefore, &row.notAfter,
				&row.created, &row.createdBy, &row.retiredBy,
			}
		},
		fill:   r.fillKeys,
		object: func(row *keyRow) *model.PlatformKey { return &row.object },
	}
}

func (r *Reader) fillKeys(ctx context.Context, sel selection.Selection, rows []*keyRow) error {
	for _, row := range rows {
		o := &row.object
		o.ClientCode, o.CreatedBy, o.RetiredBy = model.Text(row.clientCode), model.Text(row.createdBy), model.Text(row.retiredBy)
		o.PublicKey = model.PublicKeyText(row.publicKey)
		o.NotBefore, o.NotAfter, o.CreatedAt = row.notBefore.Time, row.notAfter.Pointer(), row.created.Time
		o.Active = !r.Now.Before(o.NotBefore) && (o.NotAfter == nil || r.Now.Before(*o.NotAfter))
	}
	platform := edge[keyRow, model.Platform]{
		"platform", platformTypes, func(row *keyRow) int { return row.platform }, r.platformsByID,
		func(row *keyRow, behind *model.Platform) { row.object.Platform = behind },
	}
	return platform.fill(ctx, sel, rows)
}

// PlatformKey returns the key with the row id; nil when there is none that the viewer may see.
func (r *Reader) PlatformKey(ctx context.Context, sel selection.Selection, id int) (*model.PlatformKey, error) {
	return one(ctx, r, r.keys(), sel, and(equals("k.id", id), r.keyScope()))
}

// keyScope is the keys that the viewer may see: all, or those of its own platform.
func (r *Reader) keyScope() where {
	own := r.Viewer.OwnPlatform()
	switch {
	case own == "" && r.Viewer.SeesKeys(""):
		return nil
	case own != "" && r.Viewer.SeesKeys(own):
		return equals("pl.code", own)
	default:
		return nothing
	}
}
