// Package secrets protects what must not be readable in the database: it encrypts signing secrets and
// contacts, and makes the keyed hashes by which a NIK is recognised without being stored. The keys
// are Tink keysets in a directory outside the database.
package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The files of a key directory, each a Tink keyset in JSON.
const (
	aeadFile = "encryption.json" // AES-256-GCM
	prfFile  = "hashing.json"    // HMAC-SHA-256; never rotated, since hashes are compared for ever
)

// hashSize is the length of a keyed hash in bytes.
const hashSize = 32

// Keyring encrypts and hashes. It is safe for concurrent use.
type Keyring struct {
	aead tink.AEAD
	prf  *prf.Set
}

// Open reads the keysets in dir.
func Open(dir string) (*Keyring, error) {
	encryption, err := read(filepath.Join(dir, aeadFile))
	if err != nil {
		return nil, err
	}
	hashing, err := read(filepath.Join(dir, prfFile))
	if err != nil {
		return nil, err
	}
	return build(encryption, hashing)
}

// Create makes a directory with new keysets, readable by the owner only. It refuses to overwrite
// keysets, and to replace one that is missing beside the other: what they encrypted could never be read
// again. The error is then an [fs.ErrExist].
func Create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the key directory: %w", err)
	}
	for _, name := range []string{aeadFile, prfFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%s: %w: it is not replaced; if its sibling is missing, restore that from a backup", filepath.Join(dir, name), fs.ErrExist)
		}
	}
	for _, file := range []struct {
		name     string
		template *tinkpb.KeyTemplate
	}{{aeadFile, aead.AES256GCMKeyTemplate()}, {prfFile, prf.HMACSHA256PRFKeyTemplate()}} {
		if err := create(filepath.Join(dir, file.name), file.template); err != nil {
			return err
		}
	}
	return nil
}

// OpenOrCreate opens the keysets in dir, and makes them if there are none. It is for development.
func OpenOrCreate(dir string) (*Keyring, error) {
	k, err := Open(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := Create(dir); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Ephemeral returns a keyring with new keys that are kept nowhere, for demonstrations and tests.
func Ephemeral() (*Keyring, error) {
	encryption, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make an encryption key: %w", err)
	}
	hashing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a hashing key: %w", err)
	}
	return build(encryption, hashing)
}

// Encrypt encrypts plaintext. The context says what it belongs to and is needed to decrypt, so that a
// ciphertext cannot be moved to another row.
func (k *Keyring) Encrypt(plaintext []byte, context string) ([]byte, error) {
	c, err := k.aead.Encrypt(plaintext, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return c, nil
}

// Decrypt is the inverse of [Keyring.Encrypt] for the same context.
func (k *Keyring) Decrypt(ciphertext []byte, context string) ([]byte, error) {
	p, err := k.aead.Decrypt(ciphertext, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return p, nil
}

// Hash returns the keyed hash of data, 32 bytes, within the named domain: the same data in another
// domain has another hash.
func (k *Keyring) Hash(domain string, data []byte) ([]byte, error) {
	input := make([]byte, 0, len(domain)+1+len(data))
	input = append(append(append(input, domain...), 0), data...)
	h, err := k.prf.ComputePrimaryPRF(input, hashSize)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return h, nil
}

func build(encryption, hashing *keyset.Handle) (*Keyring, error) {
	a, err := aead.New(encryption)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", aeadFile, err)
	}
	p, err := prf.NewPRFSet(hashing)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prfFile, err)
	}
	return &Keyring{aead: a, prf: p}, nil
}

func read(path string) (*keyset.Handle, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a keyset: %w", err)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		// Tink's error could repeat part of the keyset.
		return nil, fmt.Errorf("%s is not a Tink keyset in JSON", path)
	}
	return h, nil
}

func create(path string, template *tinkpb.KeyTemplate) (err error) {
	h, err := keyset.NewHandle(template)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make a keyset: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(f)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Sync()
}
