package reads

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"gelombang/graph/model"
	"gelombang/internal/db"
)

// reference is the reference data that a reader has read: few rows, asked for by many.
type reference struct {
	provinces map[string]*model.Province
}

// provinces returns every province by its code.
func (r *Reader) provinces(ctx context.Context) (map[string]*model.Province, error) {
	if r.reference.provinces != nil {
		return r.reference.provinces, nil
	}
	found := map[string]*model.Province{}
	err := db.Query(ctx, r.Query, func(rows *sql.Rows) error {
		p := &model.Province{}
		if err := rows.Scan(&p.Code, &p.Name); err != nil {
			return err
		}
		found[p.Code] = p
		return nil
	}, "SELECT id, name FROM provinces")
	if err != nil {
		return nil, fmt.Errorf("read the provinces: %w", err)
	}
	r.reference.provinces = found
	return found, nil
}

// Provinces returns every province, in the order of their codes: to everybody, as the catalogue.
func (r *Reader) Provinces(ctx context.Context) ([]*model.Province, error) {
	if !r.Viewer.SeesCatalogue() {
		return []*model.Province{}, nil
	}
	known, err := r.provinces(ctx)
	found := make([]*model.Province, 0, len(known))
	for _, code := range slices.Sorted(maps.Keys(known)) {
		found = append(found, known[code])
	}
	return found, err
}

// province returns the province with the code, which may be one that is not in the table; nil for none.
func province(known map[string]*model.Province, code string) *model.Province {
	if code == "" {
		return nil
	}
	if p, ok := known[code]; ok {
		return p
	}
	return &model.Province{Code: code, Name: code}
}
