package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"gelombang/internal/viewer"
)

const (
	// rememberedFor is how long a token that was found valid is believed without another look: so long, at most, does a
	// key that was taken back still let anybody in.
	rememberedFor = time.Minute
	// rememberedTokens bounds the memory, some 4 MB; there are two generations of so many.
	rememberedTokens = 10_000
)

// remembered are tokens that were found valid a moment ago, by their SHA-256: an application sends the same one with
// every request, and a signature takes longer to verify than many a query to answer. Tokens themselves are not kept,
// and what is not valid is never remembered.
type remembered struct {
	mu          sync.Mutex
	young, aged map[[sha256.Size]byte]verified
}

// verified is what a token says.
type verified struct {
	who         viewer.Viewer
	from, until time.Time // from is inclusive, until exclusive
}

// find returns whom the token names, if it was found valid and still is.
func (m *remembered) find(token string, now time.Time) (viewer.Viewer, bool) {
	key := sha256.Sum256([]byte(token))
	m.mu.Lock()
	defer m.mu.Unlock()
	v, known := m.young[key]
	if !known {
		if v, known = m.aged[key]; known {
			m.put(key, v)
		}
	}
	// A clock that was set back may stand before the time from which on the token is good.
	return v.who, known && !now.Before(v.from) && now.Before(v.until)
}

// add remembers a token that was found valid now and expires at the instant.
func (m *remembered) add(token string, who viewer.Viewer, now, expires time.Time) {
	until := now.Add(rememberedFor)
	if expires.Before(until) {
		until = expires
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(sha256.Sum256([]byte(token)), verified{who, now, until})
}

// put keeps the latest. When there are too many, those that nobody has asked for since the last time are forgotten.
func (m *remembered) put(key [sha256.Size]byte, v verified) {
	if m.young == nil || len(m.young) >= rememberedTokens {
		m.young, m.aged = make(map[[sha256.Size]byte]verified), m.young
	}
	m.young[key] = v
}
