package reads

import (
	"context"
	"database/sql"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type offeringRow struct {
	object                  model.Offering
	platform                int
	provider, category, url string
	mode                    sql.NullString
	price                   sql.NullInt64
	withdrawn, updated      db.Time
}

var offeringTypes = []string{"Offering", "Node"}

func (r *Reader) offerings() entity[offeringRow, model.Offering] {
	return entity[offeringRow, model.Offering]{
		types: offeringTypes,
		from:  "offerings o",
		columns: []string{
			"o.id", "o.platform_id", "o.course_code", "o.title", "o.provider", "o.category", "o.mode", "o.price", "o.url", "o.listed",
			"o.withdrawn_at", "o.sample", "o.updated_at",
		},
		into: func(row *offeringRow) []any {
			o := &row.object
			return []any{
				&o.Row, &row.platform, &o.CourseCode, &o.Title, &row.provider, &row.category, &row.mode, &row.price, &row.url, &o.Listed,
				&row.withdrawn, &o.Sample, &row.updated,
			}
		},
		fill:   r.fillOfferings,
		object: func(row *offeringRow) *model.Offering { return &row.object },
	}
}

func (r *Reader) fillOfferings(ctx context.Context, sel selection.Selection, rows []*offeringRow) error {
	for _, row := range rows {
		o := &row.object
		o.Provider, o.Category, o.URL = model.Text(row.provider), model.Text(row.category), model.Text(row.url)
		o.Mode = nullable[rules.Mode](row.mode)
		if row.price.Valid {
			o.Price = &row.price.Int64
		}
		o.WithdrawnAt, o.UpdatedAt = row.withdrawn.Pointer(), row.updated.Time
	}
	platform := edge[offeringRow, model.Platform]{
		"platform", platformTypes, func(row *offeringRow) int { return row.platform }, r.platformsByID,
		func(row *offeringRow, behind *model.Platform) { row.object.Platform = behind },
	}
	if err := platform.fill(ctx, sel, rows); err != nil {
		return err
	}
	places := childrenOf(rows, func(row *offeringRow) (int, placeOf[model.Purchase]) {
		return row.object.Row, &row.object.PurchasePages
	})
	return r.purchaseListing().below(ctx, r, sel, "purchases", "p.offering_id", places)
}

// offeringTerms are what offerings can be ordered by.
var offeringTerms = map[string]keyset.Term{
	"TITLE":       {Column: "o.title", Kind: keyset.Text},
	"PRICE":       {Column: "o.price", Kind: keyset.Integer, Nullable: true},
	"PROVIDER":    {Column: "NULLIF(o.provider, '')", Kind: keyset.Text, Nullable: true},
	"CATEGORY":    {Column: "NULLIF(o.category, '')", Kind: keyset.Text, Nullable: true},
	"COURSE_CODE": {Column: "o.course_code", Kind: keyset.Text},
	"UPDATED_AT":  {Column: "o.updated_at", Kind: keyset.Instant},
}

// OfferingArgs are the arguments of a list of offerings.
type OfferingArgs = Args[generated.OfferingFilter]

func (r *Reader) offeringListing() listing[generated.OfferingFilter, offeringRow, model.Offering] {
	return listing[generated.OfferingFilter, offeringRow, model.Offering]{
		name: "offerings", input: "Offering", types: offeringTypes,
		entity: func(selection.Selection) entity[offeringRow, model.Offering] { return r.offerings() },
		scope:  r.catalogueScope(),
		filter: func(f *generated.OfferingFilter) (where, error) { return r.offeringFilterOf("o", f) },
		terms:  offeringTerms, usual: model.Order{Field: "TITLE"}, id: "o.id",
	}
}

// Offerings returns a page of the catalogue.
func (r *Reader) Offerings(ctx context.Context, sel selection.Selection, args OfferingArgs) (*model.OfferingConnection, error) {
	return r.offeringListing().atRoot(ctx, r, sel, args)
}

// offeringFilterOf is the condition of a filter of the offerings of that name.
func (r *Reader) offeringFilterOf(name string, f *generated.OfferingFilter) (where, error) {
	own := func(f *generated.OfferingFilter) (where, error) { return r.offeringFields(name, f) }
	return filtered(f, own, func(f *generated.OfferingFilter) junction[generated.OfferingFilter] {
		return junction[generated.OfferingFilter]{and: f.And, or: f.Or, not: f.Not}
	})
}

func (r *Reader) offeringFields(name string, f *generated.OfferingFilter) (where, error) {
	o := name + "."
	words, err := r.search(name, f.Text)
	onSale := and(literal(o+"listed"), literal(o+"withdrawn_at IS NULL"))
	if err != nil {
		return nil, err
	}
	var c conditions
	c.add(
		allNull(f.IsNull, map[string]string{
			"PROVIDER": o + "provider = ''", "CATEGORY": o + "category = ''", "MODE": o + "mode IS NULL",
			"PRICE": o + "price IS NULL", "URL": o + "url = ''", "WITHDRAWN_AT": o + "withdrawn_at IS NULL",
		}),
		words,
		oneOf(r.Dialect, o+"course_code", f.CourseCode),
		oneOf(r.Dialect, o+"provider", f.Provider),
		oneOf(r.Dialect, o+"category", f.Category),
		oneOf(r.Dialect, o+"mode", f.Mode),
		either(f.OnSale, onSale, not(onSale)),
		either(f.Listed, literal(o+"listed"), literal("NOT "+o+"listed")),
		either(f.Sample, literal(o+"sample"), literal("NOT "+o+"sample")),
	)
	c.try(r.oneOfPlatforms(o+"platform_id", f.Platform))
	c.try(amount("price", o+"price", f.Price))
	c.try(span("updatedAt", o+"updated_at", f.UpdatedAt))
	return c.all()
}

// OfferingByCourse returns the offering of the platform with the course code; nil when there is none.
func (r *Reader) OfferingByCourse(ctx context.Context, sel selection.Selection, platform, course string) (*model.Offering, error) {
	return one(ctx, r, r.offerings(), sel, and(ofPlatform("o.platform_id", platform), equals("o.course_code", course), r.catalogueScope()))
}

// offeringsByID returns the offerings behind an edge.
func (r *Reader) offeringsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Offering, error) {
	return behind(ctx, r, r.offerings(), sel, ids, func(h *held) map[int]*offeringRow { return h.offerings },
		func(ids []int) where { return anyInt(r.Dialect, "o.id", ids) }, "o.id", func(row *offeringRow) int { return row.object.Row })
}
