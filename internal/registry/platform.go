package registry

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
)

// Platform is a platform as it is entered.
type Platform struct {
	Code      string // lower-case letters and digits; part of the webhook's address
	Name      string
	Kind      string
	Website   string
	Active    bool
	Tolerance time.Duration // how far a signature's timestamp may be from our clock; zero for 300 seconds
}

var platformCode = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// defaultTolerance is that of the Standard Webhooks specification.
const defaultTolerance = 300 * time.Second

// PutPlatform adds a platform or changes it. Platforms are data: the set of them has changed before.
func (r *Registry) PutPlatform(ctx context.Context, v viewer.Viewer, in Platform) (*ent.Platform, error) {
	if err := authorise(v.Role == viewer.Admin, "change platforms"+viewer.AdminsMay); err != nil {
		return nil, err
	}
	if !platformCode.MatchString(in.Code) {
		return nil, invalid("code", "a platform's code has 1 to 32 lower-case letters and digits")
	}
	if in.Name == "" {
		return nil, invalid("name", "the name is missing")
	}
	if in.Tolerance == 0 {
		in.Tolerance = defaultTolerance
	}
	if in.Tolerance < time.Second {
		return nil, invalid("tolerance", "the tolerance is at least one second")
	}
	seconds := int(in.Tolerance / time.Second)
	var out *ent.Platform
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		known, err := tx.Client.Platform.Query().Where(platform.Code(in.Code)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			out, err = tx.Client.Platform.Create().SetCode(in.Code).SetName(in.Name).SetKind(in.Kind).SetWebsite(in.Website).
				SetActive(in.Active).SetToleranceSeconds(seconds).SetCreatedAt(tx.Now).Save(ctx)
		case err == nil:
			out, err = tx.Client.Platform.UpdateOne(known).SetName(in.Name).SetKind(in.Kind).SetWebsite(in.Website).
				SetActive(in.Active).SetToleranceSeconds(seconds).Save(ctx)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("put the platform: %w", err)
	}
	r.keysVersion.Add(1)
	return out, nil
}

// PutProvinces records the provinces: names by BPS code.
func (r *Registry) PutProvinces(ctx context.Context, v viewer.Viewer, names map[string]string) error {
	if err := authorise(v.Role == viewer.Admin, "change provinces"+viewer.AdminsMay); err != nil {
		return err
	}
	rows := make([][]any, 0, len(names))
	for _, code := range slices.Sorted(maps.Keys(names)) {
		rows = append(rows, []any{code, names[code]})
	}
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		return db.Bulk{
			Table: "provinces", Columns: []string{"id", "name"}, Rows: rows,
			Suffix: "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
		}.Insert(ctx, tx, nil)
	})
	if err != nil {
		return fmt.Errorf("put the provinces: %w", err)
	}
	return nil
}

func platformByCode(ctx context.Context, tx *db.Tx, code string) (*ent.Platform, error) {
	p, err := tx.Client.Platform.Query().Where(platform.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound("platform", "there is no platform with that code: `platform list` shows them")
	}
	if err != nil {
		return nil, fmt.Errorf("load the platform: %w", err)
	}
	return p, nil
}
