package secrets_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/internal/secrets"
)

const (
	encryptionFile = "encryption.json"
	hashingFile    = "hashing.json"
)

func openOrCreate(t *testing.T, dir string) *secrets.Keyring {
	t.Helper()
	k, err := secrets.OpenOrCreate(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ephemeral(t *testing.T) *secrets.Keyring {
	t.Helper()
	k, err := secrets.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeysOutliveTheProgram encrypts and hashes with keys that are then read from their files again.
func TestKeysOutliveTheProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, again := openOrCreate(t, dir), openOrCreate(t, dir)
	plain := []byte("whsec_…")
	sealed, err := first.Encrypt(plain, "platform-key:tokopedia")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Decrypt(sealed, "platform-key:tokopedia"); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("decrypted %q: %v", got, err)
	}
	one, err := first.Hash("nik", plain)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := again.Hash("nik", plain); err != nil || !bytes.Equal(one, two) || len(one) != 32 {
		t.Errorf("hashes %x and %x: %v", one, two, err)
	}
}

// TestACiphertextOpensOnlyAsItWasSealed with the same key, for the same context, unchanged.
func TestACiphertextOpensOnlyAsItWasSealed(t *testing.T) {
	k := ephemeral(t)
	plain := []byte("Siti Rahmawati")
	sealed, err := k.Encrypt(plain, "contact:1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Encrypt(plain, "contact:1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(sealed, again) || bytes.Contains(sealed, plain) {
		t.Error("a ciphertext gives its text away")
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for _, tt := range []struct {
		name    string
		by      *secrets.Keyring
		sealed  []byte
		context string
		ok      bool
	}{
		{"as it was sealed", k, sealed, "contact:1", true},
		{"for another context", k, sealed, "contact:2", false},
		{"for no context", k, sealed, "", false},
		{"changed in one bit", k, changed, "contact:1", false},
		{"cut short", k, sealed[:8], "contact:1", false},
		{"empty", k, nil, "contact:1", false},
		{"with another key", ephemeral(t), sealed, "contact:1", false},
	} {
		got, err := tt.by.Decrypt(tt.sealed, tt.context)
		if (err == nil) != tt.ok || (tt.ok && !bytes.Equal(got, plain)) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && strings.Contains(err.Error(), string(plain)) {
			t.Errorf("%s: the error repeats the text", tt.name)
		}
	}
}

// TestHashesOfDifferentThingsDiffer by domain, by data, by key, and by where the one ends and the other begins.
func TestHashesOfDifferentThingsDiffer(t *testing.T) {
	k := ephemeral(t)
	hashes := map[string]string{}
	for _, h := range []struct {
		name   string
		by     *secrets.Keyring
		domain string
		data   string
	}{
		{"a NIK", k, "nik", "3174010101900077"},
		{"another", k, "nik", "3174010101900078"},
		{"the same in another domain", k, "import", "3174010101900077"},
		{"nothing", k, "nik", ""},
		{"the domain as data", k, "", "nik"},
		{"a longer domain", k, "nik3", "174010101900077"},
		{"with another key", ephemeral(t), "nik", "3174010101900077"},
	} {
		sum, err := h.by.Hash(h.domain, []byte(h.data))
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := hashes[string(sum)]; ok {
			t.Errorf("%s and %s have one hash", h.name, other)
		}
		hashes[string(sum)] = h.name
	}
}

// TestOnlyTheOwnerMayReadTheKeys looks at the modes of what is made.
func TestOnlyTheOwnerMayReadTheKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := secrets.Create(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, encryptionFile): 0o600, filepath.Join(dir, hashingFile): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v (%v), want %v", filepath.Base(path), info.Mode().Perm(), err, want)
		}
	}
}

// TestKeysAreNeverReplaced neither both nor the one that is missing beside the other: what was encrypted or
// hashed with the lost one would look as if it could still be read.
func TestKeysAreNeverReplaced(t *testing.T) {
	for _, missing := range []string{"none", encryptionFile, hashingFile} {
		t.Run(missing, func(t *testing.T) {
			dir := t.TempDir()
			openOrCreate(t, dir)
			if missing != "none" {
				if err := os.Remove(filepath.Join(dir, missing)); err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, dir)
			for range 2 { // a second attempt must not succeed either
				if err := secrets.Create(dir); !errors.Is(err, fs.ErrExist) {
					t.Errorf("create: %v", err)
				}
				if _, err := secrets.OpenOrCreate(dir); (err == nil) != (missing == "none") {
					t.Errorf("open or create: %v", err)
				}
			}
			if after := contents(t, dir); after != before {
				t.Error("the files have changed")
			}
		})
	}
}

func contents(t *testing.T, dir string) string {
	t.Helper()
	var all string
	for _, name := range []string{encryptionFile, hashingFile} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		all += name + "\n" + string(b)
	}
	return all
}

// TestOpenSaysWhichFileIsWrong and repeats nothing of it.
func TestOpenSaysWhichFileIsWrong(t *testing.T) {
	dir := t.TempDir()
	if _, err := secrets.Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without files: %v", err)
	}
	openOrCreate(t, dir)
	good := contents(t, dir)
	for _, file := range []string{encryptionFile, hashingFile} {
		path := filepath.Join(dir, file)
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]string{
			"nothing": "", "not JSON": "hunter2", "no keyset": `{"password": "hunter2"}`,
			"a keyset cut short":       string(kept[:len(kept)-10]),
			"a keyset of another kind": strings.ReplaceAll(strings.ReplaceAll(string(kept), "AesGcmKey", "hunter2Key"), "HmacPrfKey", "hunter2Key"),
		} {
			if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := secrets.Open(dir)
			if err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "hunter2\"") || strings.Contains(err.Error(), string(kept[20:60])) {
				t.Errorf("%s with %s: %v", file, name, err)
			}
		}
		if err := os.WriteFile(path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := secrets.Open(dir); err != nil || contents(t, dir) != good {
		t.Errorf("restored: %v", err)
	}
}
