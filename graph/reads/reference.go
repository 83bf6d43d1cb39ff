package reads

import (
	"context"
	"database/sql"
	"fmt"

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
