// Command generate runs gqlgen by the gqlgen.yml of this folder or of one above it, and writes the writers of package
// direct beside gqlgen's code. It is run by `go generate ./graph`.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	log.SetOutput(io.Discard) // where gqlgen tells of fields that have resolvers
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return fmt.Errorf("read gqlgen.yml: %w", err)
	}
	return api.Generate(cfg, api.AddPlugin(writers{}))
}
