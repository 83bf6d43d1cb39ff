package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/ent/platformkey"
	"gelombang/internal/registry"
	"gelombang/webhooks/signature"
)

// newKey is what the commands take that give a platform a key.
type newKey struct {
	Code    string        `arg:"" help:"The platform's code; 'platform list' shows them."`
	Overlap time.Duration `default:"24h" placeholder:"D" help:"How long the platform's earlier keys of the same scheme stay valid while it changes over (default ${default})."`

	storage `embed:""`
}

// create makes the key and tells in the log which earlier ones it ends, if there are any.
func (c *newKey) create(t *terminal, r *registry.Registry, in registry.NewPlatformKey) (*ent.PlatformKey, string, error) {
	in.Platform, in.Overlap = c.Code, &c.Overlap
	key, secret, err := r.CreatePlatformKey(t.ctx, atTheTerminal, in)
	if err != nil {
		return nil, "", misuse(err, field{"overlap", "--overlap"}, field{"clientCode", "--client-code"}, field{"publicKey", "--public-key"})
	}
	end := key.NotBefore.Add(c.Overlap)
	ended, err := r.DB().Primary().PlatformKey.Query().Where(
		platformkey.HasPlatformWith(platform.Code(c.Code)), platformkey.SchemeEQ(key.Scheme), platformkey.IDNEQ(key.ID), platformkey.NotAfterEQ(end),
	).Count(t.ctx)
	if err != nil {
		// The key is made, and a secret is shown only now.
		t.log.Warn("the platform's earlier keys could not be looked at", slog.String("platform", c.Code))
	}
	if ended > 0 {
		t.log.Info("earlier keys of the platform end", slog.String("platform", c.Code), slog.Int("keys", ended), slog.String("at", instant(end)))
	}
	return key, secret, nil
}

type platformSecret struct {
	Scheme     string `default:"v1" enum:"v1,pmo" placeholder:"SCHEME" help:"v1 of Standard Webhooks, or pmo, the PMO's own, which needs --client-code (default ${default})."`
	ClientCode string `placeholder:"CODE" help:"The client code that the platform sends, for the scheme pmo: letters, digits, _ and -."`

	newKey `embed:""`
}

// Help is shown by --help.
func (platformSecret) Help() string {
	return `The secret is shown this once; the database has it encrypted only. Of the scheme v1 it reads whsec_…; of the scheme pmo it is the sign key. A platform that signs with a key pair of its own (v1a) gives its public key: 'platform key'.

Examples:

	gelombang platform secret tokopedia
	gelombang platform secret tokopedia --overlap 0s    # a secret has leaked: the earlier ones end now
	gelombang platform secret pintaria --scheme pmo --client-code PINTARIA`
}

// Run implements the command.
func (c *platformSecret) Run(t *terminal) error {
	scheme := signature.StandardV1
	if c.Scheme == schemeNames[signature.PMO] {
		scheme = signature.PMO
	}
	switch {
	case scheme == signature.PMO && c.ClientCode == "":
		return usage(errors.New("the scheme pmo needs --client-code, the client code that the platform sends"))
	case scheme != signature.PMO && c.ClientCode != "":
		return usage(errors.New("--client-code is for --scheme pmo only"))
	}
	return c.with(t, func(r *registry.Registry) error {
		_, secret, err := c.create(t, r, registry.NewPlatformKey{Scheme: scheme, ClientCode: c.ClientCode})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, secret)
		return err
	})
}

type platformKey struct {
	PublicKey string `required:"" placeholder:"KEY" help:"The platform's ed25519 public key, as whpk_…."`

	newKey `embed:""`
}

// Help is shown by --help.
func (platformKey) Help() string {
	return `For the scheme Standard Webhooks v1a, in which the platform signs with a private key that never leaves it.

Example:

	gelombang platform key bukalapak --public-key whpk_…`
}

// Run implements the command.
func (c *platformKey) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		key, _, err := c.create(t, r, registry.NewPlatformKey{Scheme: signature.StandardV1a, PublicKey: c.PublicKey})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, key.ID)
		return err
	})
}
