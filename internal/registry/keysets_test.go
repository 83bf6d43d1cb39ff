package registry_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

func TestOtherKeysetsAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		for range 2 {
			if err := f.CheckKeysets(ctx); err != nil {
				t.Fatalf("the keysets that the database was written with: %v", err)
			}
		}
		other := strange(t, f, d)
		if err := other.CheckKeysets(ctx); !errors.Is(err, registry.ErrOtherKeysets) {
			t.Errorf("other keysets: %v, want ErrOtherKeysets", err)
		}
	})
}

// TestAnUnreadableKeyStopsNobodyElse makes a key with other keysets, as a command with the wrong directory
// would if nothing refused it.
func TestAnUnreadableKeyStopsNobodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := registrytest.New(t, d)
		key, _, err := strange(t, f, d).CreatePlatformKey(ctx, registrytest.Admin, registry.NewPlatformKey{Platform: "pintaria", Scheme: signature.StandardV1})
		if err != nil {
			t.Fatal(err)
		}
		verifiers, err := f.Verifiers(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"tokopedia", "pintaria"} {
			v := verifiers[code]
			if len(v.Keys) != 1 || int(v.Keys[0].ID) != f.Keys[code] || v.Unreadable != (code == "pintaria") {
				t.Errorf("%s: %d keys, unreadable %t", code, len(v.Keys), v.Unreadable)
			}
		}
		if _, err := f.RetirePlatformKey(ctx, registrytest.Admin, key.ID, f.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if verifiers, err = f.Verifiers(ctx); err != nil || verifiers["pintaria"].Unreadable {
			t.Errorf("a retired key is still looked at (%v)", err)
		}
	})
}

// strange is a registry on the database with keysets of its own.
func strange(t *testing.T, f *registrytest.Fixture, d *db.DB) *registry.Registry {
	t.Helper()
	keys, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(registry.Config{
		DB: d, Secrets: keys, Settings: rules.DefaultSettings(), Clock: f.Clock.Now, Log: slog.New(slog.DiscardHandler), Parse: payload.Parse,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
