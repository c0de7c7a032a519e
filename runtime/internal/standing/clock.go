package standing

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Clock says what time it is, for permissions that must not last longer because a clock is set back: for one that has ended it is
// never earlier than it was before in this process. The zero Clock is ready, and safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	latest time.Time
}

// Counts returns why p counts for nothing now, or nil. What was made later than now was made by another clock, or this one was
// set back.
func (c *Clock) Counts(p Permission) error {
	now := time.Now()
	switch {
	case now.Before(p.Made):
		return errors.New("it is of a time to come: a clock is wrong")
	case !c.noEarlier(now).Before(p.Until):
		return errors.New("it is over")
	case p.Until.Sub(p.Made) > MaxFor:
		return fmt.Errorf("it is for longer than %d days", MaxFor/(24*time.Hour))
	}
	return nil
}

// noEarlier returns now, or what it would be if the clock had not been set back. The monotonic clock stands still while the computer
// sleeps, and the other one can be set: the later of them counts.
func (c *Clock) noEarlier(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if latest := c.latest.Add(max(0, now.Sub(c.latest))); !c.latest.IsZero() && latest.Round(0).After(now.Round(0)) {
		now = latest
	}
	c.latest = now
	return now.Round(0)
}
