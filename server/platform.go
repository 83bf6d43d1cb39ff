package main

import (
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
	"gelombang/webhooks/signature"
)

// platformCommands are about the training platforms.
type platformCommands struct {
	List   platformList   `cmd:"" help:"List the platforms."`
	Secret platformSecret `cmd:"" help:"Make a new signing secret for a platform, and print it."`
}

type platformList struct {
	storage `embed:""`
}

// Run implements the command.
func (c *platformList) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		all, err := r.DB().Client().Platform.Query().WithKeys().Order(platform.ByCode()).All(t.ctx)
		if err != nil {
			return err
		}
		var lines strings.Builder
		lines.WriteString("CODE\tNAME\tKIND\tACTIVE\tKEYS IN FORCE\n")
		for _, p := range all {
			fmt.Fprintf(&lines, "%s\t%s\t%s\t%t\t%d\n", p.Code, p.Name, p.Kind, p.Active, inForce(p.Edges.Keys, r.Now()))
		}
		return printTable(t.out, lines.String())
	})
}

func inForce(keys []*ent.PlatformKey, now time.Time) int {
	n := 0
	for _, k := range keys {
		if !now.Before(k.NotBefore) && (k.NotAfter == nil || now.Before(*k.NotAfter)) {
			n++
		}
	}
	return n
}

type platformSecret struct {
	Code    string        `arg:"" help:"The platform's code; 'platform list' shows them."`
	Overlap time.Duration `default:"24h" placeholder:"D" help:"How long the platform's earlier secrets stay valid while it changes over (default ${default})."`

	storage `embed:""`
}

// Help is shown by --help.
func (platformSecret) Help() string {
	return `The secret is shown this once; the database has it encrypted only. It is for the scheme Standard Webhooks, v1.

Examples:

	gelombang platform secret tokopedia
	gelombang platform secret tokopedia --overlap 0s    # a secret has leaked: the earlier ones end now`
}

// Run implements the command.
func (c *platformSecret) Run(t *terminal) error {
	return c.with(t, func(r *registry.Registry) error {
		key, secret, err := r.CreatePlatformKey(t.ctx, atTheTerminal, registry.NewPlatformKey{
			Platform: c.Code, Scheme: signature.StandardV1, Overlap: &c.Overlap,
		})
		if err != nil {
			return misuse(err)
		}
		_, err = fmt.Fprintln(t.out, secret)
		t.log.Info("earlier secrets of the platform end", "platform", c.Code, "key_id", key.ID,
			"at", key.NotBefore.Add(c.Overlap).In(rules.WIB).Format(time.RFC3339))
		return err
	})
}
