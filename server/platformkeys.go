package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/ent/platformkey"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// schemeNames are the schemes as a person writes them.
var schemeNames = map[signature.Scheme]string{signature.StandardV1: "v1", signature.StandardV1a: "v1a", signature.PMO: "pmo"}

// keysOf returns the platform's keys, the oldest first.
func keysOf(t *terminal, r *registry.Registry, code string) ([]*ent.PlatformKey, error) {
	p, err := r.DB().Primary().Platform.Query().Where(platform.Code(code)).
		WithKeys(func(q *ent.PlatformKeyQuery) { q.Order(platformkey.ByID()) }).Only(t.ctx)
	if ent.IsNotFound(err) {
		return nil, noPlatform(code)
	}
	if err != nil {
		return nil, err
	}
	return p.Edges.Keys, nil
}

func noPlatform(code string) error {
	return fmt.Errorf("there is no platform %q: 'platform list' shows them", code)
}

type platformKeys struct {
	Code string `arg:"" help:"The platform's code; 'platform list' shows them."`

	storage `embed:""`
}

// Help is shown by --help.
func (platformKeys) Help() string {
	return `The fingerprint is the beginning of the key's SHA-256, to tell keys apart. A key is active from NOT BEFORE, inclusive, to NOT AFTER, exclusive.

Example:

	gelombang platform keys tokopedia`
}

// Run implements the command.
func (c *platformKeys) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
		keys, err := keysOf(t, r, c.Code)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("KEY\tSCHEME\tFINGERPRINT\tNOT BEFORE\tNOT AFTER\tACTIVE\tCLIENT CODE\n")
		for _, k := range keys {
			end := ""
			if k.NotAfter != nil {
				end = instant(*k.NotAfter)
			}
			fmt.Fprintf(&lines, "%d\t%s\t%s\t%s\t%s\t%t\t%s\n", k.ID, schemeNames[signature.Scheme(k.Scheme)], k.Fingerprint,
				instant(k.NotBefore), end, isActive(k, r.Now()), k.ClientCode)
		}
		return printTable(t.out, lines.String())
	})
}

type platformRetire struct {
	Code string `arg:"" help:"The platform's code; 'platform list' shows them."`
	Key  int    `arg:"" help:"The key's number; 'platform keys' shows them."`

	storage `embed:""`
}

// Help is shown by --help.
func (platformRetire) Help() string {
	return `What the platform signs with the key from now on is refused. A key stays retired: make a new one with 'platform secret'.

Example:

	gelombang platform retire tokopedia 3`
}

// Run implements the command.
func (c *platformRetire) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		keys, err := keysOf(t, r, c.Code)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(keys, func(k *ent.PlatformKey) bool { return k.ID == c.Key }) {
			return fmt.Errorf("%s has no key %d: 'platform keys %s' shows them", c.Code, c.Key, c.Code)
		}
		retired, err := r.RetirePlatformKey(t.ctx, atTheTerminal, c.Key, time.Time{})
		if err != nil {
			return misuse(err)
		}
		others := slices.DeleteFunc(keys, func(k *ent.PlatformKey) bool { return k.ID == c.Key })
		if inForce(others, r.Now()) == 0 {
			t.log.Warn("the platform has no key in force now: everything it sends is refused", slog.String("platform", c.Code))
		}
		_, err = fmt.Fprintln(t.out, instant(*retired.NotAfter))
		return err
	})
}

// instant writes an instant for a person, WIB, to the second.
func instant(at time.Time) string { return at.In(rules.WIB).Format("2006-01-02 15:04:05 WIB") }
