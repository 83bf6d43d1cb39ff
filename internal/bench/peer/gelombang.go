package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

// secret signs the access tokens, and party is whose they are.
const (
	secret = "a secret of the benchmarks, of this machine only"
	party  = "gelombang"
)

// Gelombang is how our server is run.
type Gelombang struct {
	Dir      string // for the program and its log
	Database string // its address
	Keys     string // directory of the keysets
}

// Build builds the server of this tree as it is released, and returns the file.
func (g Gelombang) Build(ctx context.Context) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	file := filepath.Join(g.Dir, "gelombang")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./server") //nolint:gosec // the file is ours
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return file, nil
}

// Root is the directory of this module.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "gelombang").Output()
	if err != nil {
		return "", fmt.Errorf("look for the module: run this in its directory: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Start builds and starts the server: with its defaults, but for how often one viewer may ask.
func (g Gelombang) Start(ctx context.Context) (*Peer, error) {
	file, err := g.Build(ctx)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(file, "serve") //nolint:noctx,gosec // it is stopped in order, by Stop
	cmd.Env = append(os.Environ(),
		"DATABASE_URL="+g.Database, "GELOMBANG_KEYS="+g.Keys, "GELOMBANG_ADDR="+address, "GELOMBANG_JWT_SECRET="+secret,
		"GELOMBANG_RATE_LIMITS=participant=0,analyst=0,officer=0",
	)
	return start(ctx, g.Dir, "gelombang", cmd, address, func(ctx context.Context, url string) error {
		return answers(ctx, http.MethodGet, url+"/readyz", "")
	})
}

// Tokens are the access tokens that are believed.
func Tokens() auth.Config {
	return auth.Config{Issuer: party, Audience: party, Secret: []byte(secret)}
}

// Token is an access token for a day. The subject may be empty for roles but the participant's.
func Token(role viewer.Role, subject string) (string, error) {
	if subject == "" {
		if role == viewer.Participant {
			return "", errors.New("a participant's token needs a card")
		}
		subject = strings.ToLower(string(role))
	}
	now := time.Now()
	return auth.Mint([]byte(secret), auth.Grant{
		Issuer: party, Audience: party, Viewer: viewer.Viewer{Role: role, Subject: subject}, IssuedAt: now, ExpiresAt: now.Add(24 * time.Hour),
	})
}

// StartSingle starts another program, this one, as an intake that groups nothing.
func (g Gelombang) StartSingle(ctx context.Context, program string) (*Peer, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "serve-single", "--database", g.Database, "--keys", g.Keys, "--addr", address) //nolint:noctx,gosec // it is stopped in order, by Stop
	return start(ctx, g.Dir, "single", cmd, address, func(ctx context.Context, url string) error {
		return answers(ctx, http.MethodGet, url+"/readyz", "")
	})
}
