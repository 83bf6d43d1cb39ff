package webhooks

import (
	"context"
	"sync"
	"time"

	"gelombang/internal/registry"
)

// maxAge is how old what we know of the platforms' keys may be: a key that another server made or retired
// holds here that much later. What this process changed holds at once.
const maxAge = time.Second

// loadTimeout bounds the reading of the keys.
const loadTimeout = 5 * time.Second

// verifiers keeps every platform's keys in memory, decrypted. All are read at once, so that a request for
// a platform that does not exist costs the database nothing.
type verifiers struct {
	registry *registry.Registry

	mu      sync.Mutex
	loaded  time.Time // by the machine's clock
	version int64
	known   map[string]registry.Verifier
	err     error // of the last load
}

func newVerifiers(r *registry.Registry) *verifiers { return &verifiers{registry: r} }

// of returns the verifier of a platform, and its code once it is known to be one; for a name that is not
// a platform's, a verifier without keys and no code. Its error is the database's.
func (v *verifiers) of(ctx context.Context, name string) (registry.Verifier, string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if version := v.registry.KeysVersion(); v.loaded.IsZero() || version != v.version || time.Since(v.loaded) > maxAge {
		// The request that loads may go away; the others need the keys all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		v.known, v.err = v.registry.Verifiers(ctx)
		// Also after a failure: a database in trouble is asked once in maxAge, not by every request.
		v.version, v.loaded = version, time.Now()
	}
	if v.err != nil {
		return registry.Verifier{}, "", v.err
	}
	if known, ok := v.known[name]; ok {
		return known, name, nil
	}
	return registry.Verifier{Tolerance: defaultTolerance}, "", nil
}
