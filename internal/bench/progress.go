package main

import (
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// steps shows how far the steps of some work have come: a bar for each to whoever watches, and a line for each, with
// the time it took, in a pipe or a file.
type steps struct {
	t   *terminal
	all *mpb.Progress // nil where nobody watches

	mu    sync.Mutex
	bars  map[string]*mpb.Bar
	began map[string]time.Time
}

func newSteps(t *terminal) *steps {
	s := &steps{t: t, bars: map[string]*mpb.Bar{}, began: map[string]time.Time{}}
	if term.IsTerminal(int(t.err.Fd())) {
		s.all = mpb.New(mpb.WithOutput(t.err), mpb.WithWidth(60))
	}
	return s
}

// set moves the bar of a step to done of total. It may be called from several goroutines.
func (s *steps) set(step string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.began[step]; !known {
		s.began[step] = time.Now()
	}
	if s.all == nil {
		if done == total {
			s.t.say("%s: %d in %v", step, done, time.Since(s.began[step]).Round(100*time.Millisecond))
		}
		return
	}
	bar := s.bars[step]
	if bar == nil {
		bar = s.all.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name(step+" ", decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "done")))
		s.bars[step] = bar
	}
	bar.SetTotal(int64(total), false)
	bar.SetCurrent(int64(done))
}

// end leaves the bars as they are and gives the lines back.
func (s *steps) end() {
	if s.all == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, bar := range s.bars {
		bar.Abort(false)
	}
	s.all.Wait()
}
