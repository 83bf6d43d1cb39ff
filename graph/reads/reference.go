package reads

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"gelombang/graph/model"
	"gelombang/graph/selection"
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
	held, err := r.held(ctx)
	if err != nil {
		return nil, err
	}
	if held != nil {
		r.reference.provinces = held.provinces
		return held.provinces, nil
	}
	r.reference.provinces, err = readProvinces(ctx, r.Query)
	return r.reference.provinces, err
}

func readProvinces(ctx context.Context, q db.Execer) (map[string]*model.Province, error) {
	found := map[string]*model.Province{}
	err := db.Query(ctx, q, func(rows *sql.Rows) error {
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

// held is the reference data in memory; nil where the reader must not use it.
func (r *Reader) held(ctx context.Context) (*held, error) {
	if r.Reference == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	return r.Reference.current(ctx)
}

// behind fills the objects behind an edge from the rows in memory, by their row ids, and reads from the database those
// that are not there: somebody may have just added them.
func behind[R, T any](
	ctx context.Context, r *Reader, e entity[R, T], sel selection.Selection, ids []int,
	kept func(*held) map[int]*R, missing func([]int) where, orderBy string, id func(*R) int,
) (map[int]*T, error) {
	ids = distinct(ids)
	inMemory, err := r.held(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int]*T, len(ids))
	if inMemory != nil {
		copies := make([]R, 0, len(ids))
		rows := make([]*R, 0, len(ids))
		var absent []int
		for _, id := range ids {
			row, is := kept(inMemory)[id]
			if !is {
				absent = append(absent, id)
				continue
			}
			copies = append(copies, *row)
			rows = append(rows, &copies[len(copies)-1])
		}
		if len(rows) > 0 {
			if err := e.fill(ctx, sel, rows); err != nil {
				return nil, err
			}
		}
		for _, row := range rows {
			found[id(row)] = e.object(row)
		}
		if ids = absent; len(ids) == 0 {
			return found, nil
		}
	}
	rows, err := all(ctx, r, e, sel, missing(ids), orderBy)
	for _, row := range rows {
		found[id(row)] = e.object(row)
	}
	return found, err
}
