package consent

import (
	"context"
	"errors"
	"slices"
	"time"
)

// An Open is something that people are asked once, for all calls that want to know it: a question, a missing value, a
// removal. It belongs to the desk: a call that had to go and comes again finds it, or its result. It ends with the last call
// that wants to know it, where that was given up by its client.
type Open[K comparable, S, R any] struct {
	Subject S

	desk   *Desk
	keys   []known[K]
	begun  time.Time     // or when its latest step was
	posed  time.Time     // the same since the server asks somebody, not only an input request; zero: it does not yet
	cancel func()        // takes away what is shown; nil until it is posed
	done   chan struct{} // closed once result is there
	result R

	// The rest is guarded by Desk.mu.

	waiting []waiter   // in the order in which they came
	absent  []*absence // of calls that are expected to come again, in the order in which they went
	kept    bool       // it stays, whoever wants to know it
	left    bool       // nobody wants to know it
}

// A waiter is a call that waits for a result, by one getter or several.
type waiter struct {
	call    *Call
	getters int
}

// Result returns what came of it. It is valid once a call has waited for it.
func (o *Open[K, S, R]) Result() R { return o.result }

// isSettled reports whether there is a result.
func (o *Open[K, S, R]) isSettled() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// expired reports whether nobody can join it any more, or fetch its result.
func (o *Open[K, S, R]) expired() bool { return Passed(o.begun, OpenFor) }

// tooLate reports whether it has been shown for too long: an answer that comes now allows nothing.
func (o *Open[K, S, R]) tooLate() bool { return Passed(o.posed, OpenFor) }

// Step gives what comes next, such as a turn or a window, all of [OpenFor], however long it took to come to that. Each step has
// its own deadline, so that only a window that was open for so long is one that nobody answered.
func (o *Open[K, S, R]) Step(ctx context.Context) (context.Context, context.CancelFunc) {
	o.desk.mu.Lock()
	defer o.desk.mu.Unlock()
	o.begun = time.Now()
	o.posed = o.begun
	return context.WithTimeout(ctx, OpenFor)
}

// Keep has what is open stay even if all calls that wait for it are given up. It reports false where they are already.
func (o *Open[K, S, R]) Keep() bool {
	o.desk.mu.Lock()
	defer o.desk.mu.Unlock()
	o.kept = !o.left
	return o.kept
}

// enterLocked notes that a call waits. isRetry says that it may be one that was told to come again.
func (o *Open[K, S, R]) enterLocked(c *Call, isRetry bool) {
	o.returnLocked(c, isRetry)
	i := slices.IndexFunc(o.waiting, func(w waiter) bool { return w.call == c })
	if i < 0 {
		o.waiting = append(o.waiting, waiter{call: c})
		i = len(o.waiting) - 1
	}
	o.waiting[i].getters++
}

// leaveLocked notes that a getter of the call waits no more, and reports whether it was the call's last.
func (o *Open[K, S, R]) leaveLocked(c *Call) bool {
	i := slices.IndexFunc(o.waiting, func(w waiter) bool { return w.call == c })
	if i < 0 {
		return false
	}
	if o.waiting[i].getters--; o.waiting[i].getters > 0 {
		return false
	}
	o.waiting = slices.Delete(o.waiting, i, i+1)
	return true
}

// A Table has what is open, by what calls know it by: keys such as the [store.Entry] of a missing value.
type Table[K comparable, S, R any] struct {
	desk   *Desk
	shared bool                        // by all callers
	open   map[known[K]]*Open[K, S, R] // guarded by Desk.mu
}

// NewTable returns an empty table of what is each caller's own.
func NewTable[K comparable, S, R any](desk *Desk) *Table[K, S, R] {
	return &Table[K, S, R]{desk: desk, open: map[known[K]]*Open[K, S, R]{}}
}

// NewSharedTable returns an empty table of what callers have in common, such as a missing value.
func NewSharedTable[K comparable, S, R any](desk *Desk) *Table[K, S, R] {
	t := NewTable[K, S, R](desk)
	t.shared = true
	return t
}

// known is by what a caller knows what is open.
type known[K comparable] struct {
	by   Who
	call uint64 // of callers that nobody verified: they may be different processes, so each call of theirs is a caller
	key  K
}

// keysOf returns by what the call's caller knows what it knows by keys.
func (t *Table[K, S, R]) keysOf(c *Call, keys []K) []known[K] {
	var caller known[K]
	if !t.shared {
		caller.by = c.Who
		if c.Who.Kind == Local {
			caller.call = c.id
		}
	}
	own := make([]known[K], len(keys))
	for i, key := range keys {
		own[i] = known[K]{caller.by, caller.call, key}
	}
	return own
}

// canReturn reports whether a call that goes can come again and find what it waited for.
func (t *Table[K, S, R]) canReturn(c *Call) bool { return t.shared || c.Who.Kind != Local }

// wait is [Desk.wait]. A call that can't come again is held for as long as a window is open: with it the window goes.
func (t *Table[K, S, R]) wait(ctx context.Context, c *Call, done <-chan struct{}) error {
	if !t.canReturn(c) {
		return t.desk.wait(ctx, c, done, OpenFor)
	}
	return t.desk.wait(ctx, c, done, Patience)
}

// Join has a call wait for what is open under one of the keys that it knows it by, or begins it under all of them: work asks the people and
// returns the result. It is not begun where admit, which is called with the desk locked, returns an error. [Table.Wait] or
// [Table.Leave] must follow. The error may be [ErrPending]: not too much is open that is each caller's own.
func (t *Table[K, S, R]) Join(c *Call, by []K, admit func() error, subject func() S, work func(context.Context, *Open[K, S, R]) R) (o *Open[K, S, R], begun bool, err error) {
	keys := t.keysOf(c, by)
	t.desk.mu.Lock()
	defer t.desk.mu.Unlock()
	for _, key := range keys {
		if o := t.open[key]; o != nil {
			o.enterLocked(c, true)
			return o, false, nil
		}
	}
	if err := admit(); err != nil {
		return nil, false, err
	}
	if !t.shared && len(t.open) >= maxWaiting {
		return nil, false, ErrPending
	}
	o = t.addLocked(keys, subject())
	err = t.poseLocked(o, func(ctx context.Context) {
		result := work(ctx, o)
		t.desk.mu.Lock()
		defer t.desk.mu.Unlock()
		t.withdrawLocked(o)
		o.settleLocked(result)
	})
	if err != nil {
		t.withdrawLocked(o)
		return nil, false, err
	}
	o.enterLocked(c, false)
	return o, true, nil
}

// Wait waits for the result on behalf of a call, as [Desk.wait] does. It returns nil also where the result came as the call
// gave up.
func (t *Table[K, S, R]) Wait(ctx context.Context, c *Call, o *Open[K, S, R]) error {
	return t.Leave(c, o, t.wait(ctx, c, o.done))
}

// WaitUntil waits until something has happened to what is open, such as that its window opens, or the result is there. The call
// goes on waiting for the result, unless there is an error.
func (t *Table[K, S, R]) WaitUntil(ctx context.Context, c *Call, o *Open[K, S, R], happened <-chan struct{}) error {
	if err := t.wait(ctx, c, happened); err != nil {
		return t.Leave(c, o, err)
	}
	return nil
}

// Leave has a call wait no more. The error is why: nil where it has the result, [context.Canceled] where its client has given
// it up. Every other call is expected to come again, if it can. Leave returns the error, or nil where the result came
// before the call had left: then the call has its share of it, and nobody else can get that.
func (t *Table[K, S, R]) Leave(c *Call, o *Open[K, S, R], err error) error {
	t.desk.mu.Lock()
	defer t.desk.mu.Unlock()
	isLast := o.leaveLocked(c)
	isGivenUp := errors.Is(err, context.Canceled)
	switch {
	case err == nil:
	case o.isSettled() && !isGivenUp && !errors.Is(err, ErrClosed):
		return nil
	case !isLast:
	case isGivenUp, !t.canReturn(c):
		t.abandonLocked(o)
	default:
		t.expectLocked(c, o)
	}
	return err
}

// abandonLocked takes away what is open if nobody wants to know it any more.
func (t *Table[K, S, R]) abandonLocked(o *Open[K, S, R]) {
	if len(o.waiting) > 0 || len(o.absent) > 0 || o.kept {
		return
	}
	o.left = true
	t.withdrawLocked(o)
	switch {
	case o.isSettled():
	case o.cancel != nil:
		o.cancel()
	default: // nobody is asked: no more is to come of it
		o.settleLocked(*new(R))
	}
}

func (t *Table[K, S, R]) addLocked(keys []known[K], subject S) *Open[K, S, R] {
	o := &Open[K, S, R]{Subject: subject, desk: t.desk, keys: keys, begun: time.Now(), done: make(chan struct{})}
	for _, key := range keys {
		t.open[key] = o
	}
	return o
}

// poseLocked begins to ask people: ask has to settle o. Its context ends with the desk, and when nobody wants to know the answer
// any more; each [Open.Step] of it ends after [OpenFor].
func (t *Table[K, S, R]) poseLocked(o *Open[K, S, R], ask func(context.Context)) error {
	ctx, cancel := context.WithCancel(t.desk.life)
	o.posed, o.cancel = time.Now(), cancel
	err := t.desk.goLocked(func() {
		defer cancel()
		ask(ctx)
	})
	if err != nil {
		cancel()
		o.posed, o.cancel = time.Time{}, nil
	}
	return err
}

// settleLocked releases the calls that wait. What follows from the result must have been recorded before.
func (o *Open[K, S, R]) settleLocked(result R) {
	o.result = result
	close(o.done)
}

// withdrawLocked has o not joined any more. It reports false where o was withdrawn before.
func (t *Table[K, S, R]) withdrawLocked(o *Open[K, S, R]) (wasOpen bool) {
	for _, key := range o.keys {
		if t.open[key] == o {
			delete(t.open, key)
			wasOpen = true
		}
	}
	return wasOpen
}

// sweepLocked drops what has expired, and makes room for one more.
func (t *Table[K, S, R]) sweepLocked(limit int) {
	for _, o := range t.open {
		if o.expired() {
			t.withdrawLocked(o)
		}
	}
	MakeRoom(t.open, limit, (*Open[K, S, R]).expired)
}

// isOpenLocked reports whether o can still be joined.
func (t *Table[K, S, R]) isOpenLocked(o *Open[K, S, R]) bool {
	return slices.ContainsFunc(o.keys, func(key known[K]) bool { return t.open[key] == o })
}
