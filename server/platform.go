package main

import (
	"fmt"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/platform"
	"gelombang/internal/registry"
)

// platformCommands are about the training platforms.
type platformCommands struct {
	List   platformList   `cmd:"" help:"List the platforms."`
	Keys   platformKeys   `cmd:"" help:"List the signing keys of a platform."`
	Secret platformSecret `cmd:"" help:"Make a new signing secret for a platform, and print it."`
	Key    platformKey    `cmd:"" help:"Take over a platform's public key, and print its number."`
	Retire platformRetire `cmd:"" help:"End a signing key now, and print when it ended."`
}

type platformList struct {
	storage `embed:""`
}

// Run implements the command.
func (c *platformList) Run(t *terminal) error {
	return c.reading(t, func(r *registry.Registry) error {
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
		if isActive(k, now) {
			n++
		}
	}
	return n
}

func isActive(k *ent.PlatformKey, now time.Time) bool {
	return !now.Before(k.NotBefore) && (k.NotAfter == nil || now.Before(*k.NotAfter))
}
