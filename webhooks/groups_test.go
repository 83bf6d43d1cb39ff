package webhooks

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"gelombang/internal/registry"
)

// committer records the groups that it is given and holds each until it is let go.
type committer struct {
	groups chan int
	letGo  chan struct{}
}

func (c *committer) submit(_ context.Context, group []registry.Submission) []registry.Receipt {
	c.groups <- len(group)
	<-c.letGo
	receipts := make([]registry.Receipt, len(group))
	for i := range group {
		receipts[i] = registry.Receipt{Status: registry.Applied, DeliveryID: group[i].PlatformID}
	}
	return receipts
}

func newTestGroups(t *testing.T, c *committer) *groups {
	t.Helper()
	m, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	return newGroups(1, time.Minute, c.submit, m)
}

// TestTheNextGroupGathersWhileOneCommits: a delivery that comes alone is committed at once; those that come
// while it commits go together, and each gets its own receipt.
func TestTheNextGroupGathersWhileOneCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committer{groups: make(chan int, 10), letGo: make(chan struct{})}
		g := newTestGroups(t, c)
		results := make(chan [2]int, 400)
		send := func(id int) {
			r := g.submit(registry.Submission{PlatformID: id})
			results <- [2]int{id, r.DeliveryID}
		}
		go send(1)
		synctest.Wait()
		for id := 2; id <= 1+maxGroup+44; id++ {
			go send(id)
		}
		synctest.Wait()
		for range 3 {
			c.letGo <- struct{}{}
			synctest.Wait()
		}
		if err := g.close(t.Context()); err != nil {
			t.Error(err)
		}
		for i, want := range []int{1, maxGroup, 44} {
			if got := <-c.groups; got != want {
				t.Errorf("group %d has %d deliveries, want %d", i, got, want)
			}
		}
		for range 1 + maxGroup + 44 {
			if r := <-results; r[0] != r[1] {
				t.Errorf("delivery %d got the receipt of %d", r[0], r[1])
			}
		}
	})
}

func TestClosingFinishesWhatWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committer{groups: make(chan int, 10), letGo: make(chan struct{})}
		g := newTestGroups(t, c)
		taken := make(chan registry.Receipt, 2)
		for range 2 {
			go func() { taken <- g.submit(registry.Submission{}) }()
			synctest.Wait()
		}
		closed := make(chan error, 1)
		go func() { closed <- g.close(t.Context()) }()
		synctest.Wait()
		if r := g.submit(registry.Submission{}); !errors.Is(r.Err, errClosing) {
			t.Errorf("a delivery after the close: %v, want errClosing", r.Err)
		}
		close(c.letGo)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		for range 2 {
			if r := <-taken; r.Err != nil {
				t.Errorf("a delivery taken before the close: %v", r.Err)
			}
		}
	})
}

func TestAFullQueueAsksForARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committer{groups: make(chan int, 100), letGo: make(chan struct{})}
		g := newTestGroups(t, c)
		for range 1 + maxWaiting {
			go g.submit(registry.Submission{})
			if len(g.waiting) == 0 {
				synctest.Wait() // the first is being committed, the others wait
			}
		}
		synctest.Wait()
		if r := g.submit(registry.Submission{}); !errors.Is(r.Err, errBusy) {
			t.Errorf("one too many: %v, want errBusy", r.Err)
		}
		close(c.letGo)
		if err := g.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
