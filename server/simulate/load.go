package simulate

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Load is many deliveries at a time.
type Load struct {
	Sender      *Sender
	Concurrency int // at least 1
	// OnDelivered is told of every delivery that has come to an end, acknowledged or not. Optional;
	// called from one goroutine at a time. Its error ends the load.
	OnDelivered func(Message, Answer) error
}

// Run sends the messages and tallies the answers. When ctx ends it stops, with what was tallied so
// far and the error of ctx.
func (l Load) Run(ctx context.Context, messages []Message) (Tally, error) {
	if l.Concurrency < 1 {
		return Tally{}, errors.New("the number of deliveries at a time is not positive")
	}
	tally := newTally()
	began := time.Now()
	var mu sync.Mutex // guards tally and orders OnDelivered
	queue := make(chan Message)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(queue)
		for _, m := range messages {
			select {
			case queue <- m:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range l.Concurrency {
		group.Go(func() error {
			for m := range queue {
				answer, err := l.Sender.Deliver(ctx, m, func(a Answer) {
					mu.Lock()
					defer mu.Unlock()
					tally.answered(a)
				})
				if err != nil {
					return err
				}
				mu.Lock()
				err = l.delivered(&tally, m, answer)
				mu.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	tally.Took = time.Since(began)
	return tally, err
}

func (l Load) delivered(tally *Tally, m Message, a Answer) error {
	tally.Deliveries++
	if a.Acknowledged() {
		tally.Acknowledged++
	}
	if l.OnDelivered == nil {
		return nil
	}
	return l.OnDelivered(m, a)
}
