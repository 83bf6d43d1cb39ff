package jobs

import "context"

// goOn begins the steady work, which ends with ctx or when we stop.
func (j *Jobs) goOn(ctx context.Context) {
	ctx, j.halt = context.WithCancel(ctx)
	for _, work := range j.steady {
		j.under.Go(func() { work(ctx) })
	}
}

// halted waits for the steady work, which was told to end, or returns ctx's error when that ends first.
func (j *Jobs) halted(ctx context.Context) error {
	if len(j.steady) == 0 {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		j.under.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
