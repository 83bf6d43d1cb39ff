package webhooks

import (
	"context"
	"errors"
	"sync"
	"time"

	"gelombang/internal/registry"
)

// maxGroup is how many deliveries are committed together at most.
const maxGroup = 256

// maxWaiting is how many deliveries may wait for a commit. What comes on top is asked to come again.
const maxWaiting = 8192

var (
	errBusy    = errors.New("too many deliveries wait to be committed")
	errClosing = errors.New("the server is stopping")
)

// groups commits deliveries of concurrent requests together: while one group commits, the next gathers.
// There is no timer, so that a delivery that comes alone is committed at once.
type groups struct {
	waiting chan *pending
	timeout time.Duration
	submitG func(context.Context, []registry.Submission) []registry.Receipt
	metrics *metrics
	running sync.WaitGroup

	mu     sync.RWMutex // held for reading while sending to waiting
	closed bool
}

// pending is a delivery whose request waits for the commit.
type pending struct {
	submission registry.Submission
	receipt    chan registry.Receipt // buffered: the committer never waits for a request
}

func newGroups(committers int, timeout time.Duration, submit func(context.Context, []registry.Submission) []registry.Receipt, m *metrics) *groups {
	g := &groups{waiting: make(chan *pending, maxWaiting), timeout: timeout, submitG: submit, metrics: m}
	for range committers {
		g.running.Go(g.commit)
	}
	return g
}

// submit waits until the delivery's group has committed, whatever becomes of the request: a sender that
// has closed its side of the connection may still read the answer, and must not read one that came before
// the commit. The commit has its own deadline.
func (g *groups) submit(s registry.Submission) registry.Receipt {
	p := &pending{submission: s, receipt: make(chan registry.Receipt, 1)}
	if err := g.enqueue(p); err != nil {
		return registry.Receipt{Err: err}
	}
	return <-p.receipt
}

func (g *groups) enqueue(p *pending) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errClosing
	}
	select {
	case g.waiting <- p:
		return nil
	default:
		return errBusy
	}
}

func (g *groups) commit() {
	for first := range g.waiting {
		group := g.gather(first)
		submissions := make([]registry.Submission, len(group))
		for i, p := range group {
			submissions[i] = p.submission
		}
		// A deadline of its own: the group must not fail because one of its senders went away.
		ctx, cancel := context.WithTimeout(context.Background(), g.timeout)
		started := time.Now()
		receipts := g.submitG(ctx, submissions)
		cancel()
		g.metrics.committed(len(group), time.Since(started))
		for i, p := range group {
			p.receipt <- receipts[i]
		}
	}
}

// gather takes what waits already, without waiting for more.
func (g *groups) gather(first *pending) []*pending {
	group := []*pending{first}
	for len(group) < maxGroup {
		select {
		case p, ok := <-g.waiting:
			if !ok {
				return group
			}
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// close takes no more and waits until what was taken is committed and answered.
func (g *groups) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.waiting)
	}
	g.mu.Unlock()
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
