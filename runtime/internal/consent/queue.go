package consent

import (
	"context"
	"errors"
)

// Forms and dialogs come one after the other: dialogs in the process, since they open on one screen, and both together for
// each principal. A form that one principal leaves open keeps nobody else from being asked.

// A queue is of the questions of one principal. It is removed when it is empty.
type queue struct {
	head    chan struct{} // held by who is being asked
	members int
}

// Queue waits until no other form or dialog of the principal is open. The error is [ErrPending] when that took too long: it
// is nobody's refusal.
func (d *Desk) Queue(ctx context.Context, who Who) (leave func(), err error) {
	q := d.lineUp(who)
	pass, err := hold(ctx, q.head)
	leave = func() {
		if pass != nil {
			pass()
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if q.members--; q.members == 0 {
			delete(d.queues, who)
		}
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (d *Desk) lineUp(who Who) *queue {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.queues[who]
	if q == nil {
		q = &queue{head: make(chan struct{}, 1)}
		d.queues[who] = q
	}
	q.members++
	return q
}

// Screen waits until no other dialog is open, of this process or of another server of this user.
func (d *Desk) Screen(ctx context.Context) (leave func(), err error) {
	pass, err := hold(ctx, d.screen)
	if err != nil {
		return nil, err
	}
	unlock, err := d.config.Lock(ctx)
	if err != nil {
		pass()
		return nil, tooLong(err)
	}
	return func() {
		unlock()
		pass()
	}, nil
}

func hold(ctx context.Context, place chan struct{}) (pass func(), err error) {
	select {
	case place <- struct{}{}:
		if ctx.Err() != nil { // ctx ended at the same moment we got the place: give it back
			<-place
			return nil, tooLong(ctx.Err())
		}
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, tooLong(ctx.Err())
	}
}

// tooLong makes [ErrPending] of a deadline that passed while somebody waited for a turn.
func tooLong(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrPending
	}
	return err
}
