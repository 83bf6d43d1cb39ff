package main

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/99designs/gqlgen/plugin"
)

//go:embed direct.gotpl
var text string

// writers is the plugin of gqlgen that writes the writers of the types that a query can reach.
type writers struct{}

var (
	_ plugin.ConfigMutator = writers{}
	_ plugin.CodeGenerator = writers{}
)

// Name implements plugin.Plugin.
func (writers) Name() string { return "direct writers" }

// MutateConfig implements plugin.ConfigMutator. It takes away the file of the last run, which may not fit what is in
// the package now.
func (writers) MutateConfig(cfg *config.Config) error {
	if err := os.Remove(target(cfg)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// GenerateCode implements plugin.CodeGenerator.
func (writers) GenerateCode(data *codegen.Data) error {
	return templates.Render(templates.Options{
		PackageName:     data.Config.Exec.Package,
		Filename:        target(data.Config),
		Data:            newReach(data),
		GeneratedHeader: true,
		Packages:        data.Config.Packages,
		Template:        text,
		PruneOptions:    data.Config.GetPruneOptions(),
	})
}

func target(cfg *config.Config) string { return filepath.Join(cfg.Exec.Dir(), "direct.go") }
