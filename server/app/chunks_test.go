package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"gelombang/internal/jobs"
	"gelombang/internal/registry"
)

// noPause is [registry.Registry.Pause] without the waiting.
func noPause(ctx context.Context, _ registry.Progress, _ time.Duration) error { return ctx.Err() }

// TestJobsForTheSameDoNotPileUp orders the same again, as the sweep does, while this process is at work on it: that job
// ends at once. Work on another goes on beside it, and when it is done the same can be worked on again.
func TestJobsForTheSameDoNotPileUp(t *testing.T) {
	begun, goOn := make(chan int, 10), make(chan struct{})
	run := chunks(func(_ context.Context, id int) (registry.Progress, error) {
		begun <- id
		if id == 7 {
			<-goOn
		}
		return registry.Progress{Finished: true}, nil
	}, noPause)
	first := make(chan error)
	work := func(id int) {
		t.Helper()
		if next, err := run(t.Context(), id); err != nil || next != jobs.Done() {
			t.Errorf("job for %d: %+v (%v)", id, next, err)
		}
	}
	go func() {
		_, err := run(t.Context(), 7)
		first <- err
	}()
	<-begun
	work(7)
	work(8)
	if got := <-begun; got != 8 || len(begun) != 0 {
		t.Errorf("began for %d, and %d times more", got, len(begun))
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	work(7)
	if len(begun) != 1 {
		t.Error("it was not worked on again")
	}
}

// TestHowAJobInChunksEnds tells River what each end means.
func TestHowAJobInChunksEnds(t *testing.T) {
	broken := errors.New("broken")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		err   error
		after registry.Progress
		want  jobs.Next
		fails error
	}{
		{"finished", t.Context(), nil, registry.Progress{Finished: true}, jobs.Done(), nil},
		{"held up", t.Context(), &registry.Error{Code: registry.NotPossible}, registry.Progress{}, jobs.Done(), nil},
		{"gone", t.Context(), &registry.Error{Code: registry.NotFound}, registry.Progress{}, jobs.Done(), nil},
		{"broken", t.Context(), broken, registry.Progress{}, jobs.Done(), broken},
		{"its turn is over", over, nil, registry.Progress{}, jobs.Again(0), nil},
		{"its turn is over in the middle of a chunk", over, context.Canceled, registry.Progress{}, jobs.Again(0), nil},
		{"its turn is over while another is at work", over, nil, registry.Progress{Busy: true}, jobs.Again(0), nil},
	}
	for _, tt := range tests {
		run := chunks(func(context.Context, int) (registry.Progress, error) { return tt.after, tt.err }, noPause)
		if next, err := run(tt.ctx, 1); next != tt.want || !errors.Is(err, tt.fails) {
			t.Errorf("%s: %+v (%v), want %+v", tt.name, next, err, tt.want)
		}
	}
}
