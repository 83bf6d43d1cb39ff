package main

import (
	"log/slog"
	"time"
)

// steps tell how far work in several steps has come: with bars one after the other for whoever watches,
// and otherwise with lines in the log, one when a step begins, one every few seconds and one at its end.
type steps struct {
	t     *terminal
	clock func() time.Time
	name  string
	bar   progress
	told  time.Time // when the last line was written
	began time.Time
	ended bool
}

// tellEvery is how long the log is silent about a step.
const tellEvery = 5 * time.Second

func (t *terminal) stepProgress() *steps { return &steps{t: t, clock: time.Now} }

// set says that a step is at done of total. A new name begins a new step.
func (s *steps) set(name string, done, total int) {
	now := s.clock()
	if name != s.name {
		s.bar.end(s.t)
		s.name, s.bar, s.began, s.told, s.ended = name, s.t.countProgress(name, int64(total)), now, now, false
		s.tell(done, total)
	}
	s.bar.set(int64(done))
	switch {
	case done >= total && !s.ended:
		s.ended = true
		s.tell(done, total, slog.Duration("took", now.Sub(s.began).Round(time.Millisecond)))
	case now.Sub(s.told) >= tellEvery:
		s.told = now
		s.tell(done, total)
	}
}

// tell writes a line, unless there is a bar.
func (s *steps) tell(done, total int, more ...slog.Attr) {
	if s.t.interactive() || total == 0 {
		return
	}
	const percent = 100
	attrs := append([]slog.Attr{slog.Int("done", done), slog.Int("of", total), slog.Int("percent", done*percent/total)}, more...)
	s.t.log.LogAttrs(s.t.ctx, slog.LevelInfo, s.name, attrs...)
}

func (s *steps) end() { s.bar.end(s.t) }
