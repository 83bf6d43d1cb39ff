package registry

import "time"

// At returns a registry with the same database and keys, whose clock stands still at t: to record what
// happened in the past in its order, as the demonstration does. What it writes of platforms and their
// keys, this one does not notice (see [Registry.KeysVersion]).
func (r *Registry) At(t time.Time) *Registry {
	return &Registry{
		db: r.db, secrets: r.secrets, settings: r.settings, clock: func() time.Time { return t }, log: r.log, parse: r.parse,
		enqueue: r.enqueue,
	}
}
