package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/registry"
)

const (
	// lookEvery is how often it is looked for what is due. A message waits for half of it on average.
	lookEvery = time.Second
	// lookRest is how much longer than a look the pause after it is at least: where very much waits, a look takes a while.
	lookRest = 9
	// lookTime bounds a look.
	lookTime = 10 * time.Second
	// deliverTime bounds an attempt with its beginning; its recording has a time of its own.
	deliverTime = registry.AttemptLease / 2
)

// CourierConfig is what a [Courier] needs. Every field is required.
type CourierConfig struct {
	Registry *registry.Registry
	Sender   Sender
	Log      *slog.Logger
}

// Courier makes the attempts that are due. Each endpoint has a lane of its own, with a bound of its own on what is under
// way at once, and only what can begin now is taken from the outbox: endpoints that do not answer, however many, keep
// nobody else waiting. Several servers may have a courier each; the registry gives an attempt to one of them.
type Courier struct {
	registry *registry.Registry
	sender   Sender
	log      *slog.Logger
	lanes    map[int]*lane // by endpoint; Run's own
	ended    chan delivery
}

// NewCourier returns a courier, to be [Courier.Run] once.
func NewCourier(c CourierConfig) *Courier {
	return &Courier{registry: c.Registry, sender: c.Sender, log: c.Log, lanes: map[int]*lane{}, ended: make(chan delivery)}
}

// delivery is what became of a message that was under way.
type delivery struct {
	endpoint, message int
	timedOut          bool // the endpoint was asked and did not answer in time
	answered          bool // the attempt ended in another way
	failed            bool // it could not be begun or recorded
}

// Run looks and delivers until ctx ends. Attempts that are under way then are cut short, recorded, and waited for.
func (c *Courier) Run(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			c.finish()
			return
		case <-next.C:
			began := time.Now()
			c.look(ctx)
			next.Reset(max(lookEvery, lookRest*time.Since(began)))
		case d := <-c.ended:
			l := c.lanes[d.endpoint]
			l.end(d, time.Now())
			if len(l.waiting) == 0 && l.more {
				c.fill(ctx, d.endpoint, l)
			}
			c.begin(ctx, d.endpoint, l)
		}
	}
}

// finish waits for what is under way.
func (c *Courier) finish() {
	for _, l := range c.lanes {
		for len(l.underWay) > 0 {
			d := <-c.ended
			c.lanes[d.endpoint].end(d, time.Now())
		}
	}
}

// look finds the endpoints for which something is due, and begins what their lanes have room for.
func (c *Courier) look(ctx context.Context) {
	var occupied []int
	for id, l := range c.lanes {
		if l.occupied() {
			occupied = append(occupied, id)
		}
	}
	slices.Sort(occupied)
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	due, err := c.registry.DueEndpoints(looking, occupied)
	if err != nil {
		c.complain(ctx, err)
		return
	}
	for _, endpoint := range due {
		l := c.lanes[endpoint]
		if l == nil {
			l = newLane()
			c.lanes[endpoint] = l
		}
		c.fill(ctx, endpoint, l)
		c.begin(ctx, endpoint, l)
	}
}

// fill takes up what is due for an endpoint, in a lane where nothing waits.
func (c *Courier) fill(ctx context.Context, endpoint int, l *lane) {
	known := l.known(time.Now())
	if len(known) >= maxKnown {
		return
	}
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	due, err := c.registry.DueMessages(looking, endpoint, batch, known)
	if err != nil {
		c.complain(ctx, err)
	}
	l.waiting, l.more = due, len(due) == batch
}

// complain tells of a look that failed; the next one may not.
func (c *Courier) complain(ctx context.Context, err error) {
	if ctx.Err() == nil {
		c.log.WarnContext(ctx, "it could not be looked for webhooks of ours that are due", db.LogError(err))
	}
}

// begin sends off what waits in a lane, as far as there is room.
func (c *Courier) begin(ctx context.Context, endpoint int, l *lane) {
	for ctx.Err() == nil {
		message, ok := l.next()
		if !ok {
			return
		}
		go func() { c.ended <- c.deliver(ctx, endpoint, message) }()
	}
}

// deliver makes an attempt. A panic is an error; its value, which may hold anything, is told to nobody.
func (c *Courier) deliver(ctx context.Context, endpoint, message int) (d delivery) {
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	which := []any{slog.Int("message_id", message), slog.Int("endpoint_id", endpoint)}
	defer func() {
		if v := recover(); v != nil {
			c.log.ErrorContext(ctx, "sending a webhook of ours panicked", append(which, slog.String("kind", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))...)
			d = delivery{endpoint: endpoint, message: message, failed: true}
		}
	}()
	w := &witness{Sender: c.sender}
	_, err := Deliver(ctx, c.registry, w, message)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		c.log.WarnContext(ctx, "an attempt to send a webhook of ours could not be begun or recorded, and is made again", append(which, db.LogError(err))...)
	}
	return delivery{endpoint: endpoint, message: message, timedOut: w.timedOut, answered: w.sent && !w.timedOut, failed: err != nil}
}
