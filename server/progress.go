package main

import (
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is a bar on standard error for whoever watches. In a pipe or a file there is none.
type progress struct {
	all *mpb.Progress
	bar *mpb.Bar
}

// logOutput is where the log goes: to standard error, or above the bar while there is one.
type logOutput struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (o *logOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

func (o *logOutput) to(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = w
}

// bytesProgress counts bytes; total is 0 when it is not known.
func (t *terminal) bytesProgress(name string, total int64) progress {
	count := decor.Counters(decor.SizeB1000(0), "% .1f / % .1f")
	if total == 0 {
		count = decor.Current(decor.SizeB1000(0), "% .1f")
	}
	return t.progress(name, total, count)
}

// countProgress counts things.
func (t *terminal) countProgress(name string, total int64) progress {
	return t.progress(name, total, decor.CountersNoUnit("%d / %d"))
}

func (t *terminal) progress(name string, total int64, count decor.Decorator) progress {
	if !t.interactive() {
		return progress{}
	}
	all := mpb.New(mpb.WithOutput(t.err), mpb.WithWidth(60))
	bar := all.AddBar(total,
		mpb.PrependDecorators(decor.Name(name+" ")),
		mpb.AppendDecorators(count, decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "done")),
	)
	t.logTo.to(all)
	return progress{all: all, bar: bar}
}

// set moves the bar to n. It may be called from several goroutines.
func (p progress) set(n int64) {
	if p.bar != nil {
		p.bar.SetCurrent(n)
	}
}

// of moves the bar to n of a total that has become known. It may be called from several goroutines.
func (p progress) of(n, total int64) {
	if p.bar != nil {
		p.bar.SetTotal(total, false)
		p.bar.SetCurrent(n)
	}
}

// add moves the bar by one. It may be called from several goroutines.
func (p progress) add() {
	if p.bar != nil {
		p.bar.Increment()
	}
}

// end leaves the bar as it is and gives the line back.
func (p progress) end(t *terminal) {
	if p.bar == nil {
		return
	}
	t.logTo.to(t.err)
	p.bar.Abort(false)
	p.all.Wait()
}
