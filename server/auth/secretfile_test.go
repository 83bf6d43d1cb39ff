package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gelombang/server/auth"
)

func TestAKeptSecretIsMadeOnceAndReadableByTheOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "jwt-secret")
	made := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() {
			var err error
			if made[i], err = auth.KeptSecret(path); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, secret := range made {
		if len(secret) < 32 || !bytes.Equal(secret, made[0]) {
			t.Fatalf("secrets of %d and %d bytes, or two of them", len(secret), len(made[0]))
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode %v, want 0600", got)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("%d files beside the secret, want none", len(left)-1)
	}
}

func TestAKeptSecretThatIsTooShortIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwt-secret")
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.KeptSecret(path); err == nil {
		t.Error("accepted")
	}
}
