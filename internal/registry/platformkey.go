package registry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"gelombang/ent"
	"gelombang/ent/platformkey"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

// NewPlatformKey is a signing key to be made or taken over.
type NewPlatformKey struct {
	Platform   string // platform code
	Scheme     signature.Scheme
	ClientCode string // for PMO: the client code that the platform sends
	PublicKey  string // for STANDARD_V1A: whpk_…
	// Secret takes over a secret that exists already (whsec_… or a PMO sign key); empty makes a new one.
	Secret    string
	NotBefore time.Time // inclusive; zero for now
	// Overlap ends the platform's other keys of the same scheme that long after NotBefore, so that both are
	// accepted while the platform changes over; nil leaves them as they are.
	Overlap *time.Duration
}

// CreatePlatformKey makes a key and returns it with its secret, which is shown this once and never again:
// the database has it encrypted only. There is no secret for a public key.
func (r *Registry) CreatePlatformKey(ctx context.Context, v viewer.Viewer, in NewPlatformKey) (*ent.PlatformKey, string, error) {
	if err := authorise(v.ManagesKeys(in.Platform), "manage the keys of this platform"); err != nil {
		return nil, "", err
	}
	material, err := in.material()
	if err != nil {
		return nil, "", err
	}
	if in.Overlap != nil && *in.Overlap < 0 {
		return nil, "", invalid("overlap", "the overlap is not negative")
	}
	var out *ent.PlatformKey
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		p, err := platformByCode(ctx, tx, in.Platform)
		if err != nil {
			return err
		}
		if err := checkKeyCount(ctx, tx, p.ID); err != nil {
			return err
		}
		notBefore := tx.Now
		if !in.NotBefore.IsZero() {
			notBefore = db.Instant(in.NotBefore)
		}
		if in.Overlap != nil {
			if err := endOtherKeys(ctx, tx, p.ID, in.Scheme, notBefore.Add(*in.Overlap), v.Subject); err != nil {
				return err
			}
		}
		create := tx.Client.PlatformKey.Create().SetPlatformID(p.ID).SetScheme(platformkey.Scheme(in.Scheme)).SetClientCode(in.ClientCode).
			SetFingerprint(material.fingerprint()).SetNotBefore(notBefore).SetCreatedAt(tx.Now).SetCreatedBy(v.Subject)
		if in.Scheme == signature.StandardV1a {
			create.SetPublicKey(material.bytes)
		} else {
			sealed, err := r.secrets.Encrypt(material.bytes, keyContext(p.Code))
			if err != nil {
				return err
			}
			create.SetSecret(sealed)
		}
		out, err = create.Save(ctx)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	r.keysVersion.Add(1)
	r.log.InfoContext(ctx, "a platform key was created", slog.String("platform", in.Platform), slog.Int("key_id", out.ID), slog.String("by", v.Subject))
	return out, material.shown, nil
}

// maxKeys is how many keys a platform may have that have not ended: each costs the verification of every
// request that is not authentic.
const maxKeys = 10

func checkKeyCount(ctx context.Context, tx *db.Tx, platformID int) error {
	n, err := tx.Client.PlatformKey.Query().
		Where(platformkey.PlatformID(platformID), platformkey.Or(platformkey.NotAfterIsNil(), platformkey.NotAfterGT(tx.Now))).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the keys: %w", err)
	}
	if n >= maxKeys {
		return notPossible("platform", "the platform has %d keys that have not ended, which is the most: retire one first", n)
	}
	return nil
}

// endOtherKeys gives the earlier keys of a scheme an end, unless they end before that already.
func endOtherKeys(ctx context.Context, tx *db.Tx, platformID int, scheme signature.Scheme, end time.Time, by string) error {
	err := tx.Client.PlatformKey.Update().
		Where(platformkey.PlatformID(platformID), platformkey.SchemeEQ(platformkey.Scheme(scheme)),
			platformkey.Or(platformkey.NotAfterIsNil(), platformkey.NotAfterGT(end))).
		SetNotAfter(end).SetRetiredBy(by).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end the earlier keys: %w", err)
	}
	return nil
}

// RetirePlatformKey makes a key unusable from the given instant on; zero for now. A retired key stays
// retired: an instant later than its end is refused.
func (r *Registry) RetirePlatformKey(ctx context.Context, v viewer.Viewer, id int, at time.Time) (*ent.PlatformKey, error) {
	var out *ent.PlatformKey
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		key, err := tx.Client.PlatformKey.Query().Where(platformkey.ID(id)).WithPlatform().Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("load the key: %w", err)
		}
		// A key of another platform is the same as none.
		if err != nil || !v.ManagesKeys(key.Edges.Platform.Code) {
			return notFound("key", "there is no such key")
		}
		end := tx.Now
		if !at.IsZero() {
			end = db.Instant(at)
		}
		if key.NotAfter != nil && !end.Before(*key.NotAfter) {
			out = key
			if end.Equal(*key.NotAfter) || at.IsZero() {
				return nil
			}
			return notPossible("at", "the key ends before that already: create a new one instead")
		}
		out, err = tx.Client.PlatformKey.UpdateOne(key).SetNotAfter(end).SetRetiredBy(v.Subject).Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.keysVersion.Add(1)
	r.log.InfoContext(ctx, "a platform key was retired", slog.Int("key_id", id), slog.String("by", v.Subject))
	return out, nil
}

// Verifier is what it takes to verify a platform's signatures.
type Verifier struct {
	PlatformID int
	Tolerance  time.Duration // how far a signature's timestamp may be from our clock, either way
	// Keys are those that have not ended, also those of the future: the verification looks at the clock.
	Keys []signature.Key
	// Unreadable says that a key of the platform cannot be decrypted: what no key verifies may then be
	// authentic all the same.
	Unreadable bool
}

// Verifiers returns the verifier of every platform, by code. A key that cannot be decrypted, because it was
// made with other keysets, is left out and told in the log: it must not stop the other platforms.
func (r *Registry) Verifiers(ctx context.Context) (map[string]Verifier, error) {
	platforms, err := r.db.Primary().Platform.Query().WithKeys(func(q *ent.PlatformKeyQuery) {
		q.Where(platformkey.Or(platformkey.NotAfterIsNil(), platformkey.NotAfterGT(r.Now()))).Order(platformkey.ByID())
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the platforms' keys: %w", err)
	}
	verifiers := make(map[string]Verifier, len(platforms))
	for _, p := range platforms {
		v := Verifier{PlatformID: p.ID, Tolerance: time.Duration(p.ToleranceSeconds) * time.Second}
		for _, k := range p.Edges.Keys {
			key, err := r.openKey(p.Code, k)
			if err != nil {
				v.Unreadable = true
				r.log.ErrorContext(ctx, "a platform's key cannot be decrypted: it was made with other keysets than those in GELOMBANG_KEYS; retire it, or restore them",
					slog.String("platform", p.Code), slog.Int("key_id", k.ID))
				continue
			}
			v.Keys = append(v.Keys, key)
		}
		verifiers[p.Code] = v
	}
	return verifiers, nil
}

// KeysVersion changes whenever this process has changed a platform or a key. What other servers changed,
// it does not tell.
func (r *Registry) KeysVersion() int64 { return r.keysVersion.Load() }

func (r *Registry) openKey(platformCode string, k *ent.PlatformKey) (signature.Key, error) {
	key := signature.Key{ID: int64(k.ID), Scheme: signature.Scheme(k.Scheme), ClientCode: k.ClientCode, NotBefore: k.NotBefore}
	if k.NotAfter != nil {
		key.NotAfter = *k.NotAfter
	}
	if present(k.PublicKey) {
		key.Public = *k.PublicKey
	}
	if present(k.Secret) {
		secret, err := r.secrets.Decrypt(*k.Secret, keyContext(platformCode))
		if err != nil {
			return signature.Key{}, err
		}
		key.Secret = secret
	}
	return key, nil
}

// present reports whether an optional column of bytes has a value: ent reads NULL as a pointer to nothing.
func present(b *[]byte) bool { return b != nil && len(*b) > 0 }

// keyContext binds a secret's ciphertext to its platform.
func keyContext(platformCode string) string { return "platform-key:" + platformCode }

// minSignKey is the length in characters from which a sign key of the scheme PMO is taken over: its
// fingerprint is shown, and must not give it away.
const minSignKey = 16

type keyMaterial struct {
	bytes []byte
	shown string // what the platform gets; empty for a public key, which it has
}

// fingerprint tells keys apart without giving them away: 48 bits of a digest of at least 192 random bits.
func (m keyMaterial) fingerprint() string {
	sum := sha256.Sum256(m.bytes)
	return hex.EncodeToString(sum[:6])
}

func (in NewPlatformKey) material() (keyMaterial, error) {
	if in.Scheme != signature.PMO && in.ClientCode != "" {
		return keyMaterial{}, invalid("clientCode", "only a key of the scheme PMO has a client code")
	}
	if in.Scheme != signature.StandardV1a && in.PublicKey != "" {
		return keyMaterial{}, invalid("publicKey", "only a key of the scheme STANDARD_V1A is a public key")
	}
	switch in.Scheme {
	case signature.StandardV1:
		return in.secretV1()
	case signature.StandardV1a:
		if in.Secret != "" {
			return keyMaterial{}, invalid("secret", "a key of the scheme STANDARD_V1A has no secret here: give the public key")
		}
		public, err := signature.ParsePublicKey(in.PublicKey)
		if err != nil {
			return keyMaterial{}, invalid("publicKey", "not an ed25519 public key in the form whpk_…")
		}
		return keyMaterial{bytes: public}, nil
	case signature.PMO:
		return in.secretPMO()
	default:
		return keyMaterial{}, invalid("scheme", "the scheme is STANDARD_V1, STANDARD_V1A or PMO")
	}
}

func (in NewPlatformKey) secretV1() (keyMaterial, error) {
	if in.Secret != "" {
		secret, err := signature.ParseSecret(in.Secret)
		if err != nil {
			return keyMaterial{}, invalid("secret", "not a secret in the form whsec_… of 24 to 64 bytes")
		}
		return keyMaterial{bytes: secret, shown: in.Secret}, nil
	}
	secret, err := signature.NewSecret(rand.Reader)
	if err != nil {
		return keyMaterial{}, err
	}
	return keyMaterial{bytes: secret, shown: signature.FormatSecret(secret)}, nil
}

func (in NewPlatformKey) secretPMO() (keyMaterial, error) {
	sign := in.Secret
	if sign == "" {
		fresh, err := signature.NewPMOKey(rand.Reader)
		if err != nil {
			return keyMaterial{}, err
		}
		sign = signature.FormatPMOKey(fresh)
	}
	if len(sign) < minSignKey {
		return keyMaterial{}, invalid("secret", "a sign key has at least %d characters, so that nobody can guess it: leave it out to have one made", minSignKey)
	}
	secret, err := signature.ParsePMOKey(in.ClientCode, sign)
	if err != nil {
		return keyMaterial{}, invalid("clientCode", "a key of the scheme PMO has a client code of letters, digits, _ and -, and a sign key of visible ASCII characters")
	}
	return keyMaterial{bytes: secret, shown: sign}, nil
}
