package reads

import (
	"context"
	"database/sql"
	"strings"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/registry"
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
	ids := make([]int, len(rows))
	for i, row := range rows {
		o := &row.object
		o.Provider, o.Category, o.URL = model.Text(row.provider), model.Text(row.category), model.Text(row.url)
		o.Mode = nullable[rules.Mode](row.mode)
		if row.price.Valid {
			o.Price = &row.price.Int64
		}
		o.WithdrawnAt, o.UpdatedAt = row.withdrawn.Pointer(), row.updated.Time
		ids[i] = row.platform
	}
	if !sel.Has("platform") {
		return nil
	}
	platforms, err := r.platformsByID(ctx, sel.Sub("platform", platformTypes...), ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.object.Platform = platforms[row.platform]
	}
	return nil
}

var offeringTerms = map[generated.OfferingOrderField]keyset.Term{
	generated.OfferingOrderFieldTitle: {Column: "o.title", Kind: keyset.Text},
	generated.OfferingOrderFieldPrice: {Column: "o.price", Kind: keyset.Integer, Nullable: true},
}

// OfferingArgs are the arguments of a list of offerings.
type OfferingArgs = Args[generated.OfferingFilter, generated.OfferingOrder]

// Offerings returns a page of the catalogue.
func (r *Reader) Offerings(ctx context.Context, sel selection.Selection, args OfferingArgs) (*model.OfferingConnection, error) {
	by := generated.OfferingOrder{Field: generated.OfferingOrderFieldTitle, Direction: generated.OrderDirectionAsc}
	if args.OrderBy != nil {
		by = *args.OrderBy
	}
	page, err := keyset.NewPage(order("offerings", offeringTerms, by.Field, by.Direction, "o.id"), args.Page, r.Sizes)
	if err != nil {
		return nil, err
	}
	filter, err := r.offeringFilter(args.Filter)
	if err != nil {
		return nil, err
	}
	l := list[offeringRow, model.Offering]{entity: r.offerings(), where: and(r.catalogueScope(), filter), page: page}
	return atRoot(ctx, r, l, sel)
}

func (r *Reader) offeringFilter(f *generated.OfferingFilter) (where, error) {
	if f == nil {
		return and(), nil
	}
	words, err := r.search(f.Text)
	onSale := and(literal("o.listed"), literal("o.withdrawn_at IS NULL"))
	return and(
		words,
		r.oneOfPlatforms("o.platform_id", f.Platform),
		oneOf(r.Dialect, "o.category", f.Category),
		oneOf(r.Dialect, "o.mode", f.Mode),
		amount("o.price", f.Price),
		either(f.OnSale, onSale, not(onSale)),
		either(f.Sample, literal("o.sample"), literal("NOT o.sample")),
	), err
}

// The bounds of a search: every word is looked for in every row.
const (
	maxWords  = 8
	maxSearch = 200 // bytes
)

// search is a condition that each word of the text is in the title or the provider. Capital and small letters
// are alike from A to Z, and no others: that is what SQLite knows, and what Postgres knows by the collation "C".
func (r *Reader) search(text *string) (where, error) {
	if text == nil {
		return and(), nil
	}
	words := strings.Fields(*text)
	if len(words) > maxWords {
		return nil, &registry.Error{Code: registry.Invalid, Field: "text", Message: "a search holds at most 8 words: leave some out"}
	}
	if len(*text) > maxSearch {
		return nil, &registry.Error{Code: registry.Invalid, Field: "text", Message: "a search holds at most 200 bytes: leave some words out"}
	}
	bytewise := ""
	if r.Dialect == db.Postgres {
		bytewise = ` COLLATE "C"`
	}
	return func(args *keyset.Args) []string {
		conditions := make([]string, len(words))
		for i, word := range words {
			like := bytewise + `) LIKE ` + args.Add("%"+likeEscaper.Replace(lower(word))+"%") + ` ESCAPE '\'`
			conditions[i] = "(LOWER(o.title" + like + " OR LOWER(o.provider" + like + ")"
		}
		return conditions
	}, nil
}

// lower makes the capital letters from A to Z small, and leaves all others as they are.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + ('a' - 'A')
		}
		return c
	}, s)
}

// likeEscaper makes what is special in LIKE stand for itself.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// OfferingByCourse returns the offering of the platform with the course code; nil when there is none.
func (r *Reader) OfferingByCourse(ctx context.Context, sel selection.Selection, platform, course string) (*model.Offering, error) {
	return one(ctx, r, r.offerings(), sel, and(ofPlatform("o.platform_id", platform), equals("o.course_code", course), r.catalogueScope()))
}

// offeringsByID returns the offerings behind an edge.
func (r *Reader) offeringsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Offering, error) {
	rows, err := all(ctx, r, r.offerings(), sel, anyInt(r.Dialect, "o.id", distinct(ids)), "o.id")
	found := make(map[int]*model.Offering, len(rows))
	for _, row := range rows {
		found[row.object.Row] = &row.object
	}
	return found, err
}
