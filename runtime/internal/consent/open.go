package consent

import (
	"context"
	"slices"
	"time"
)

// An Open is something that people are asked once, for all calls that want to know it: a question, a missing value, a
// removal. It belongs to the desk: a call that gives up and comes again finds it, or its result.
type Open[S, R any] struct {
	Subject S

	keys   []string
	begun  time.Time
	posed  bool          // somebody is being asked by the server, not only by an input request
	done   chan struct{} // closed once result is there
	result R
}

// Done is closed once there is a result.
func (o *Open[S, R]) Done() <-chan struct{} { return o.done }

// Result returns what came of it. It is valid once Done is closed.
func (o *Open[S, R]) Result() R { return o.result }

// isSettled reports whether there is a result.
func (o *Open[S, R]) isSettled() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// expired reports whether nobody can join it any more, or fetch its result.
func (o *Open[S, R]) expired() bool { return time.Since(o.begun) > OpenFor }

// A Table has what is open, by what calls know it by.
type Table[S, R any] struct {
	desk *Desk
	open map[string]*Open[S, R] // guarded by Desk.mu
}

// NewTable returns an empty table.
func NewTable[S, R any](desk *Desk) *Table[S, R] {
	return &Table[S, R]{desk, map[string]*Open[S, R]{}}
}

// Join returns what is open under one of the keys, or begins it under all of them: work asks the people and returns the
// result. It is not begun where admit, which is called with the desk locked, returns an error.
func (t *Table[S, R]) Join(keys []string, admit func() error, subject func() S, work func(context.Context, S) R) (o *Open[S, R], begun bool, err error) {
	t.desk.mu.Lock()
	defer t.desk.mu.Unlock()
	for _, key := range keys {
		if o := t.open[key]; o != nil {
			return o, false, nil
		}
	}
	if err := admit(); err != nil {
		return nil, false, err
	}
	o = t.addLocked(keys, subject())
	if err := t.poseLocked(o, work); err != nil {
		t.withdrawLocked(o)
		return nil, false, err
	}
	return o, true, nil
}

func (t *Table[S, R]) addLocked(keys []string, subject S) *Open[S, R] {
	o := &Open[S, R]{Subject: subject, keys: keys, begun: time.Now(), done: make(chan struct{})}
	for _, key := range keys {
		t.open[key] = o
	}
	return o
}

// poseLocked begins to ask people. When work returns, the result is there and o is not open any more.
func (t *Table[S, R]) poseLocked(o *Open[S, R], work func(context.Context, S) R) error {
	o.posed = true
	return t.desk.goLocked(OpenFor, func(ctx context.Context) {
		result := work(ctx, o.Subject)
		t.desk.mu.Lock()
		t.withdrawLocked(o)
		t.desk.mu.Unlock()
		o.settle(result)
	})
}

// settle releases the calls that wait. What follows from the result must have been recorded before.
func (o *Open[S, R]) settle(result R) {
	o.result = result
	close(o.done)
}

// withdrawLocked has o not joined any more. It reports false where o was withdrawn before.
func (t *Table[S, R]) withdrawLocked(o *Open[S, R]) (wasOpen bool) {
	for _, key := range o.keys {
		if t.open[key] == o {
			delete(t.open, key)
			wasOpen = true
		}
	}
	return wasOpen
}

// sweepLocked drops what has expired, and makes room for one more.
func (t *Table[S, R]) sweepLocked(limit int) {
	for _, o := range t.open {
		if o.expired() {
			t.withdrawLocked(o)
		}
	}
	MakeRoom(t.open, limit, (*Open[S, R]).expired)
}

// isOpenLocked reports whether o can still be joined.
func (t *Table[S, R]) isOpenLocked(o *Open[S, R]) bool {
	return slices.ContainsFunc(o.keys, func(key string) bool { return t.open[key] == o })
}
