package registry_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gelombang/ent/platformkey"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

// tokopedia is a person of the platform.
var tokopedia = viewer.Viewer{Role: viewer.Platform, Subject: "tokopedia-1", Platform: "tokopedia"}

// verifierKey is the key with the id as the intake gets it.
func verifierKey(t *testing.T, r *registry.Registry, platform string, id int) signature.Key {
	t.Helper()
	all, err := r.Verifiers(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all[platform].Keys {
		if k.ID == int64(id) {
			return k
		}
	}
	t.Fatalf("%s has no key %d", platform, id)
	return signature.Key{}
}

// TestASecretIsShownOnceAndStoredEncrypted makes a key of each scheme with a secret, and looks for the secret
// in all that the database has.
func TestASecretIsShownOnceAndStoredEncrypted(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			f := registrytest.New(t, d)
			own := signature.FormatSecret(bytes.Repeat([]byte("secret"), 6))
			for _, in := range []registry.NewPlatformKey{
				{Platform: "tokopedia", Scheme: signature.StandardV1},
				{Platform: "tokopedia", Scheme: signature.StandardV1, Secret: own},
				{Platform: "tokopedia", Scheme: signature.PMO, ClientCode: "TKP"},
				{Platform: "tokopedia", Scheme: signature.PMO, ClientCode: "TKP", Secret: "a-sign-key-of-their-own"},
			} {
				version := f.KeysVersion()
				key, secret, err := f.CreatePlatformKey(context.Background(), tokopedia, in)
				if err != nil {
					t.Fatal(err)
				}
				if secret == "" || (in.Secret != "" && secret != in.Secret) || key.CreatedBy != "tokopedia-1" || !key.NotBefore.Equal(f.Now()) || key.NotAfter != nil {
					t.Errorf("made the key %v", key)
				}
				if f.KeysVersion() == version {
					t.Error("the intake is not told of the new key")
				}
				raw := []byte(secret)
				if in.Scheme == signature.StandardV1 {
					if raw, err = signature.ParseSecret(secret); err != nil {
						t.Fatal(err)
					}
				}
				if got := verifierKey(t, f.Registry, "tokopedia", key.ID); !bytes.Equal(got.Secret, raw) || got.ClientCode != in.ClientCode || got.Scheme != in.Scheme {
					t.Error("the intake verifies with another key than the platform was given")
				}
				stored := allKeys(t, d)
				if dialect == db.SQLite {
					stored = append(stored, databaseFile(t, d, cfg)...)
				}
				if bytes.Contains(stored, raw) || bytes.Contains(stored, []byte(secret)) || !bytes.Contains(stored, *key.Secret) {
					t.Error("the database has the secret in the clear, or not at all")
				}
				if strings.Contains(key.String(), secret) || strings.Contains(secret, key.Fingerprint) {
					t.Error("the key shows its secret")
				}
			}
		})
	}
}

// allKeys returns the stored bytes of all platform keys.
func allKeys(t *testing.T, d *db.DB) []byte {
	t.Helper()
	keys, err := d.Client().PlatformKey.Query().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, k := range keys {
		all = append(all, *k.Secret...)
		all = fmt.Append(all, k.Fingerprint, k.ClientCode, k.CreatedBy)
	}
	return all
}

// TestACiphertextIsBoundToItsPlatform moves a stored secret to another platform, where it must not open.
func TestACiphertextIsBoundToItsPlatform(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		_, err := d.Write.Exec("UPDATE platform_keys SET platform_id = $1 WHERE id = $2", f.Platforms["pintaria"], f.Keys["tokopedia"])
		if err != nil {
			t.Fatal(err)
		}
		verifiers, err := f.Verifiers(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if v := verifiers["pintaria"]; len(v.Keys) != 1 || int(v.Keys[0].ID) != f.Keys["pintaria"] || !v.Unreadable {
			t.Errorf("a secret of tokopedia opens as one of pintaria: %v", v.Keys)
		}
	})
}

// TestKeysOverlapWhileAPlatformChangesOver makes new keys with and without an overlap.
func TestKeysOverlapWhileAPlatformChangesOver(t *testing.T) {
	overlap, none := 24*time.Hour, time.Duration(0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ctx := context.Background()
		create := func(in registry.NewPlatformKey) int {
			t.Helper()
			key, _, err := f.CreatePlatformKey(ctx, registrytest.Admin, in)
			if err != nil {
				t.Fatal(err)
			}
			return key.ID
		}
		ends := func(id int) time.Time {
			t.Helper()
			key, err := d.Client().PlatformKey.Get(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if key.NotAfter == nil {
				return time.Time{}
			}
			return *key.NotAfter
		}
		first, other := f.Keys["tokopedia"], f.Keys["pintaria"]
		pmo := create(registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.PMO, ClientCode: "TKP"})
		second := create(registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1})
		if !ends(first).IsZero() {
			t.Error("without an overlap the earlier key has an end")
		}
		start := f.Now().Add(time.Hour)
		third := create(registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, NotBefore: start, Overlap: &overlap})
		for _, id := range []int{first, second} {
			if !ends(id).Equal(start.Add(overlap)) {
				t.Errorf("the earlier key %d ends at %v, want %v", id, ends(id), start.Add(overlap))
			}
		}
		if got := verifierKey(t, f.Registry, "tokopedia", third); !got.NotBefore.Equal(start) || !got.NotAfter.IsZero() {
			t.Errorf("the new key holds from %v to %v", got.NotBefore, got.NotAfter)
		}
		// A later change-over does not lengthen what ends before it, a shorter one shortens.
		create(registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, NotBefore: start.Add(48 * time.Hour), Overlap: &overlap})
		if !ends(first).Equal(start.Add(overlap)) {
			t.Errorf("the first key was lengthened to %v", ends(first))
		}
		create(registry.NewPlatformKey{Platform: "tokopedia", Scheme: signature.StandardV1, Overlap: &none})
		if !ends(first).Equal(f.Now()) {
			t.Errorf("the first key ends at %v, want now", ends(first))
		}
		if !ends(pmo).IsZero() || !ends(other).IsZero() {
			t.Error("keys of another scheme or platform were given an end")
		}
	})
}

// TestRetireAKey says when a key ends, and that it never comes back.
func TestRetireAKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		now := f.Now()
		id := f.Keys["tokopedia"]
		for _, tt := range []struct {
			name string
			v    viewer.Viewer
			id   int
			at   time.Time
			code registry.Code
			want time.Time
		}{
			{"that is not there", registrytest.Admin, 1_000_000, time.Time{}, registry.NotFound, time.Time{}},
			{"of another platform", tokopedia, f.Keys["pintaria"], time.Time{}, registry.NotFound, time.Time{}},
			{"as an officer, who sees none", registrytest.Officer, id, time.Time{}, registry.NotFound, time.Time{}},
			{"in an hour", tokopedia, id, now.Add(time.Hour), "", now.Add(time.Hour)},
			{"in an hour, again", tokopedia, id, now.Add(time.Hour), "", now.Add(time.Hour)},
			{"later than that", tokopedia, id, now.Add(2 * time.Hour), registry.NotPossible, time.Time{}},
			{"at once", registrytest.Admin, id, time.Time{}, "", now},
			{"at once, again", registrytest.Admin, id, time.Time{}, "", now},
		} {
			field := map[registry.Code]string{registry.NotFound: "key", registry.NotPossible: "at"}[tt.code]
			got, err := f.RetirePlatformKey(context.Background(), tt.v, tt.id, tt.at)
			checkError(t, "retire a key "+tt.name, err, tt.code, field)
			if err == nil && (got.NotAfter == nil || !got.NotAfter.Equal(tt.want)) {
				t.Errorf("retire a key %s: ends at %v, want %v", tt.name, got.NotAfter, tt.want)
			}
		}
		key, err := d.Client().PlatformKey.Query().Where(platformkey.ID(id)).Only(context.Background())
		if err != nil || key.RetiredBy != "admin-1" {
			t.Errorf("retired by %v (%v)", key, err)
		}
	})
}

// TestKeysAreRefused says what is wrong without repeating a secret.
func TestKeysAreRefused(t *testing.T) {
	public := signature.FormatPublicKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)).Public().(ed25519.PublicKey))
	negative := -time.Second
	short := "whsec_" + base64.StdEncoding.EncodeToString([]byte("short-secret"))
	tests := []struct {
		name  string
		in    registry.NewPlatformKey
		code  registry.Code
		field string
	}{
		{"no scheme", registry.NewPlatformKey{}, registry.Invalid, "scheme"},
		{"a client code without PMO", registry.NewPlatformKey{Scheme: signature.StandardV1, ClientCode: "TKP"}, registry.Invalid, "clientCode"},
		{"a public key without v1a", registry.NewPlatformKey{Scheme: signature.StandardV1, PublicKey: public}, registry.Invalid, "publicKey"},
		{"a short secret", registry.NewPlatformKey{Scheme: signature.StandardV1, Secret: short}, registry.Invalid, "secret"},
		{"no public key", registry.NewPlatformKey{Scheme: signature.StandardV1a}, registry.Invalid, "publicKey"},
		{"a secret for v1a", registry.NewPlatformKey{Scheme: signature.StandardV1a, PublicKey: public, Secret: short}, registry.Invalid, "secret"},
		{"PMO without a client code", registry.NewPlatformKey{Scheme: signature.PMO, Secret: "a-sign-key-of-theirs"}, registry.Invalid, "clientCode"},
		{"PMO with a key that can be guessed", registry.NewPlatformKey{Scheme: signature.PMO, ClientCode: "TKP", Secret: "fifteen-letters"}, registry.Invalid, "secret"},
		{"a negative overlap", registry.NewPlatformKey{Scheme: signature.StandardV1, Overlap: &negative}, registry.Invalid, "overlap"},
		{"a public key", registry.NewPlatformKey{Scheme: signature.StandardV1a, PublicKey: public}, "", ""},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for _, tt := range tests {
			tt.in.Platform = "tokopedia"
			_, secret, err := f.CreatePlatformKey(context.Background(), registrytest.Admin, tt.in)
			checkError(t, tt.name, err, tt.code, tt.field)
			if err != nil && tt.in.Secret != "" && strings.Contains(err.Error(), strings.TrimPrefix(tt.in.Secret, "whsec_")) {
				t.Errorf("%s: the error repeats the secret", tt.name)
			}
			if secret != "" {
				t.Errorf("%s: a secret was returned", tt.name)
			}
		}
		_, _, err := f.CreatePlatformKey(context.Background(), registrytest.Admin, registry.NewPlatformKey{Platform: "nobody", Scheme: signature.StandardV1})
		checkError(t, "a key of no platform", err, registry.NotFound, "platform")
	})
}

// TestPutPlatform adds and changes platforms, and refuses what cannot be part of an address.
func TestPutPlatform(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		for _, tt := range []struct {
			name  string
			in    registry.Platform
			field string
		}{
			{"a code with capitals", registry.Platform{Code: "Bukalapak", Name: "Bukalapak"}, "code"},
			{"no name", registry.Platform{Code: "bukalapak"}, "name"},
			{"no tolerance to speak of", registry.Platform{Code: "bukalapak", Name: "Bukalapak", Tolerance: time.Millisecond}, "tolerance"},
		} {
			_, err := f.PutPlatform(context.Background(), registrytest.Admin, tt.in)
			checkError(t, tt.name, err, registry.Invalid, tt.field)
		}
		for _, in := range []registry.Platform{
			{Code: "bukalapak", Name: "Bukalapak", Kind: "marketplace", Active: true},
			{Code: "bukalapak", Name: "PT Bukalapak", Kind: "marketplace", Tolerance: time.Minute},
		} {
			if _, err := f.PutPlatform(context.Background(), registrytest.Admin, in); err != nil {
				t.Fatal(err)
			}
		}
		all, err := f.Verifiers(context.Background())
		if err != nil || len(all) != 3 || all["bukalapak"].Tolerance != time.Minute || all["tokopedia"].Tolerance != 5*time.Minute {
			t.Errorf("the intake knows %d platforms, bukalapak with the tolerance %v (%v)", len(all), all["bukalapak"].Tolerance, err)
		}
		codes := []string{}
		platforms, err := d.Client().Platform.Query().All(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range platforms {
			codes = append(codes, p.Code+" "+p.Name)
		}
		slices.Sort(codes)
		if !slices.Equal(codes, []string{"bukalapak PT Bukalapak", "pintaria pintaria", "tokopedia tokopedia"}) {
			t.Errorf("the platforms are %v", codes)
		}
	})
}
