package remind

import (
	"context"
	"time"
)

// SetPause replaces the waiting between messages.
func (s *Sender) SetPause(pause func(ctx context.Context, d time.Duration) error) { s.pause = pause }

// MaxUntaken is after how many messages in a row that are not taken a worker stops.
const MaxUntaken = maxUntaken
