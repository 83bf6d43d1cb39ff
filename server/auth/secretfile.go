package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secretFileBytes is how many random bytes a kept secret is made of.
const secretFileBytes = 32

// KeptSecret returns the development secret kept in a file, and makes it, readable by the owner only,
// when there is none. Two programs that make it at once end up with the same one.
func KeptSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeSecret(path); err != nil {
			return nil, fmt.Errorf("make the development secret for access tokens: %w", err)
		}
		secret, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the development secret for access tokens: %w", err)
	}
	secret = bytes.TrimSpace(secret)
	if len(secret) < secretFileBytes {
		return nil, fmt.Errorf("%s holds fewer than %d bytes: remove it, and a new secret is made", path, secretFileBytes)
	}
	return secret, nil
}

func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	raw := make([]byte, secretFileBytes)
	if _, err := rand.Read(raw); err != nil {
		return err
	}
	// Written aside and linked into place: nobody ever reads half a secret, and the first one stays.
	aside, err := os.CreateTemp(filepath.Dir(path), ".jwt-secret-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(aside.Name()) }()
	_, err = aside.WriteString(base64.RawURLEncoding.EncodeToString(raw) + "\n")
	if err = errors.Join(err, aside.Sync(), aside.Close()); err != nil {
		return err
	}
	if err := os.Link(aside.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
