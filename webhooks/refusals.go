package webhooks

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quietFor is how long refusals of one kind are only counted after one was told.
const quietFor = 10 * time.Second

// refusals tells in the log why requests are refused, which the answer does not, so that a platform's
// engineers can be helped. Whoever floods us with forged requests must not flood the log: of each kind one
// is told in a while, with the number of those in between.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[refusal]*quiet
}

// refusal is a kind of refusal. The platform is empty for names that are not a platform's, so that the
// kinds are few.
type refusal struct{ platform, reason string }

type quiet struct {
	until  time.Time
	untold int
}

func (r *refusals) tell(ctx context.Context, platform, reason string) {
	if untold, loud := r.count(refusal{platform, reason}, time.Now()); loud {
		r.log.WarnContext(ctx, "a delivery was refused", slog.String("platform", platform), slog.String("reason", reason), slog.Int("more_since_the_last", untold))
	}
}

// count counts a refusal and reports whether it is to be told, and how many were not since the last that was.
func (r *refusals) count(kind refusal, now time.Time) (untold int, loud bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[refusal]*quiet{}
	}
	q := r.kinds[kind]
	if q == nil {
		q = &quiet{}
		r.kinds[kind] = q
	}
	if now.Before(q.until) {
		q.untold++
		return 0, false
	}
	untold, q.untold, q.until = q.untold, 0, now.Add(quietFor)
	return untold, true
}
