package outbox

import (
	"context"
	"time"

	"gelombang/webhooks/outbound"
)

const (
	// perEndpoint is how many messages to one endpoint are under way at once, on one server.
	perEndpoint = 8
	// silentAfter is how many attempts in a row have to run into their time limit before an endpoint gets one at a time:
	// while it hangs, messages do not use up their attempts on it.
	silentAfter = perEndpoint
	// batch is how many due messages are taken up at a time.
	batch = 64
	// restAfterFailure is how long a message is left alone that could not be begun or recorded. The fault is ours, and
	// may be the message's own: those behind it go on.
	restAfterFailure = time.Minute
	// maxKnown bounds how many messages rest: when the fault is not theirs, there is no use in trying all of them.
	maxKnown = batch
)

// lane is what one server has at hand of one endpoint's messages.
type lane struct {
	waiting  []int // taken up and not begun, in the order in which they are due
	more     bool  // there may be more that is due than what was taken up
	underWay map[int]bool
	resting  map[int]time.Time // until when
	silent   int               // attempts in a row that ran into their time limit
}

func newLane() *lane { return &lane{underWay: map[int]bool{}, resting: map[int]time.Time{}} }

// width is how many messages may be under way.
func (l *lane) width() int {
	if l.silent >= silentAfter {
		return 1
	}
	return perEndpoint
}

// occupied reports whether the lane has no use for more messages now.
func (l *lane) occupied() bool { return len(l.waiting) > 0 || len(l.underWay) >= l.width() }

// next takes the message that is to begin now, if there is one and room for it.
func (l *lane) next() (message int, ok bool) {
	if len(l.waiting) == 0 || len(l.underWay) >= l.width() {
		return 0, false
	}
	message, l.waiting = l.waiting[0], l.waiting[1:]
	l.underWay[message] = true
	return message, true
}

// end notes what became of a message that was under way.
func (l *lane) end(d delivery, now time.Time) {
	delete(l.underWay, d.message)
	switch {
	case d.timedOut:
		l.silent++
	case d.answered:
		l.silent = 0
	}
	if d.failed {
		l.resting[d.message] = now.Add(restAfterFailure)
	}
}

// known are the messages that are not to be taken up: they are under way, or rest.
func (l *lane) known(now time.Time) []int {
	var ids []int
	for id := range l.underWay {
		ids = append(ids, id)
	}
	for id, until := range l.resting {
		if !now.Before(until) {
			delete(l.resting, id)
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// witness is a sender that remembers what came of the message it sent.
type witness struct {
	Sender
	sent, timedOut bool
}

// Send implements [Sender].
func (w *witness) Send(ctx context.Context, e outbound.Endpoint, m outbound.Message) outbound.Result {
	result := w.Sender.Send(ctx, e, m)
	w.sent, w.timedOut = true, result.Problem == outbound.ProblemTimeout
	return result
}
