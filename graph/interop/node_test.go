package interop_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/internal/leftout"
)

// The programs that are run, in this folder.
var (
	audits        = "audits.mjs"
	differ        = "diff.mjs"
	eslint        = filepath.Join("node_modules", "eslint", "bin", "eslint.js")
	relayCompiler = filepath.Join("node_modules", "relay-compiler", "cli.js")
)

const schemaFile = "../../schema.graphql"

// run runs a program of this folder in the folder dir. It returns what the program printed, and whether it ended
// with 0.
func run(t *testing.T, dir, program string, args ...string) (output string, ok bool) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("node_modules")
	}
	if err != nil {
		leftout.Test(t, "node, and `npm ci --prefix graph/interop`", err)
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{absolute(t, program)}, args...)...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), err == nil
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func readSchema(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// schemaWith returns a folder with a schema.graphql in which a text, which the schema must have, is replaced.
func schemaWith(t *testing.T, old, replacement string) (dir string) {
	t.Helper()
	text := readSchema(t)
	if !strings.Contains(text, old) {
		t.Fatalf("the schema has no %q", old)
	}
	dir = t.TempDir()
	writeFile(t, filepath.Join(dir, "schema.graphql"), strings.Replace(text, old, replacement, 1))
	return dir
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
