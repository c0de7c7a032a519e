package secrets

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

// A patience is a context for reading the store: it ends with the call's own, and once a call has waited for as long as it may
// be held for a window, since the keychain may be asking the person to unlock it. Its timer starts when somebody first waits for
// its end. Most reads are over before: of a call that is granted, a timer would be the most expensive part.
type patience struct {
	context.Context
	timed atomic.Pointer[timer]
}

type timer struct {
	context.Context
	stop context.CancelFunc
}

// patient returns a patience for a call's context, even for one that has ended: a task's handler has such a one, and what is
// granted can still be read. It is to be ended.
func patient(ctx context.Context) *patience {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return &patience{Context: ctx}
}

func (p *patience) timer() *timer {
	if t := p.timed.Load(); t != nil {
		return t
	}
	ctx, stop := context.WithTimeout(p.Context, consent.Patience)
	if t := (&timer{ctx, stop}); p.timed.CompareAndSwap(nil, t) {
		return t
	}
	stop() // somebody else was first
	return p.timed.Load()
}

// Done implements [context.Context].
func (p *patience) Done() <-chan struct{} { return p.timer().Done() }

// Deadline implements [context.Context].
func (p *patience) Deadline() (time.Time, bool) { return p.timer().Deadline() }

// Err implements [context.Context].
func (p *patience) Err() error {
	if t := p.timed.Load(); t != nil {
		return t.Err()
	}
	return p.Context.Err()
}

// isOver reports whether the call has waited for too long, and not ended itself.
func (p *patience) isOver() bool { return p.Err() != nil && p.Context.Err() == nil }

// end stops the timer.
func (p *patience) end() {
	if t := p.timed.Load(); t != nil {
		t.stop()
	}
}
