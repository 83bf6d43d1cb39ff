package registry

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

// signingKeyPrefix begins a private key of STANDARD_V1A; the base64 of its 64 bytes follows.
const signingKeyPrefix = "whsk_"

// signingSecret is what we sign with.
type signingSecret struct {
	text   string // whsec_… or whsk_…
	public string // whpk_…, for STANDARD_V1A
}

// shown is what the receiver gets.
func (s signingSecret) shown() string {
	if s.public != "" {
		return s.public
	}
	return s.text
}

func newSigningSecret(scheme signature.Scheme) (signingSecret, error) {
	if scheme != signature.StandardV1a {
		secret, err := signature.NewSecret(rand.Reader)
		return signingSecret{text: signature.FormatSecret(secret)}, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signingSecret{}, fmt.Errorf("make a signing key: %w", err)
	}
	return signingSecret{
		text:   signingKeyPrefix + base64.StdEncoding.EncodeToString(private),
		public: signature.FormatPublicKey(public),
	}, nil
}

// endpointContext binds a secret's ciphertext to its endpoint.
func endpointContext(name string) string { return "endpoint:" + name }

// RotateEndpointSecret is the change to a new secret.
type RotateEndpointSecret struct {
	Endpoint int
	// Overlap is how long messages are signed with the present secret as well, so that the receiver can change over:
	// 0, which ends it at once, to 30 days.
	Overlap time.Duration
}

// RotateEndpointSecret makes a new secret for an endpoint and returns what its receiver verifies with, shown as
// [Registry.CreateEndpoint] shows it. There are at most two secrets: while an earlier one still signs, a rotation
// with an overlap is refused, and one without ends every earlier secret.
func (r *Registry) RotateEndpointSecret(ctx context.Context, v viewer.Viewer, in RotateEndpointSecret) (*ent.Endpoint, string, error) {
	if in.Overlap < 0 || in.Overlap > maxSecretOverlap {
		return nil, "", invalid("overlap", "the overlap is 0 to %d days, which are %d hours", int(maxSecretOverlap.Hours()/24), int(maxSecretOverlap.Hours()))
	}
	var secret signingSecret
	out, err := r.changeEndpoint(ctx, v, in.Endpoint, func(tx *db.Tx, ep *ent.Endpoint) (*ent.Endpoint, error) {
		if in.Overlap > 0 && ep.EarlierUntil != nil && tx.Now.Before(*ep.EarlierUntil) {
			return nil, notPossible("overlap", "the secret before this one signs until %s: wait, or rotate with an overlap of 0, which ends both",
				shown(*ep.EarlierUntil))
		}
		var err error
		if secret, err = newSigningSecret(signature.Scheme(ep.Scheme)); err != nil {
			return nil, err
		}
		sealed, err := r.secrets.Encrypt([]byte(secret.text), endpointContext(ep.Name))
		if err != nil {
			return nil, err
		}
		change := tx.Client.Endpoint.UpdateOne(ep).SetSecret(sealed).SetPublicKey(secret.public)
		if in.Overlap > 0 {
			change.SetEarlierSecret(ep.Secret).SetEarlierUntil(tx.Now.Add(in.Overlap))
		} else {
			change.ClearEarlierSecret().ClearEarlierUntil()
		}
		return change.Save(ctx)
	})
	if err != nil {
		return nil, "", err
	}
	r.log.InfoContext(ctx, "an endpoint's secret was rotated", slog.Int("endpoint_id", out.ID), slog.String("by", v.Subject))
	return out, secret.shown(), nil
}

// signingSecrets returns what a message to the endpoint is signed with at an instant, the newest first.
func (r *Registry) signingSecrets(ep *ent.Endpoint, now time.Time) ([]string, error) {
	sealed := [][]byte{ep.Secret}
	if present(ep.EarlierSecret) && ep.EarlierUntil != nil && now.Before(*ep.EarlierUntil) {
		sealed = append(sealed, *ep.EarlierSecret)
	}
	secrets := make([]string, len(sealed))
	for i, s := range sealed {
		text, err := r.secrets.Decrypt(s, endpointContext(ep.Name))
		if err != nil {
			return nil, fmt.Errorf("open the secret of endpoint %d: %w", ep.ID, err)
		}
		secrets[i] = string(text)
	}
	return secrets, nil
}
