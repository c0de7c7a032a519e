package keychain

import (
	"context"
	"runtime"
	"sync"
)

// reads are the readings under way: of each name the latest. Calls that want the same value share one reading. None gets what
// is older than itself, whoever wrote the value meanwhile and in whichever process: a call joins a reading only before that
// begins. So of each name at most one reading runs, and one waits for its end.
type reads struct {
	mu     sync.Mutex
	latest map[string]*reading
}

// A reading reads a value for all calls that wait for it.
type reading struct {
	begun  bool // too late to join it; guarded by reads.mu, as calls is
	calls  int  // that wait for it
	ctx    context.Context
	giveUp context.CancelFunc
	done   chan struct{} // closed when value and err are there
	value  string
	err    error
}

// share returns what read returns, of a reading that begins after the call of share. A call whose context ends leaves the others
// their reading.
func (s *System) share(ctx context.Context, name string, read func(context.Context) (string, error)) (string, error) {
	r, earlier := s.reads.join(s.closed, name)
	if earlier != nil { // else it is somebody else's, who has started it
		go func() {
			if r.err = s.await(r.ctx, earlier); r.err == nil {
				// The calls that the reading before has just woken want their next value: they join this one first.
				runtime.Gosched()
				s.reads.begin(r)
				r.value, r.err = read(r.ctx)
			}
			s.reads.end(name, r)
		}()
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		s.reads.leave(r)
		return "", gaveUp(ctx)
	}
}

// noneEarlier is ready.
var noneEarlier = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// join returns a reading of name that has not begun. One that the caller has to start comes with what it has to wait for.
func (s *reads) join(ctx context.Context, name string) (r *reading, earlier <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest := s.latest[name]
	if latest != nil && !latest.begun {
		latest.calls++
		return latest, nil
	}
	earlier = noneEarlier
	if latest != nil {
		earlier = latest.done
	}
	r = &reading{calls: 1, done: make(chan struct{})}
	r.ctx, r.giveUp = context.WithCancel(ctx)
	if s.latest == nil {
		s.latest = map[string]*reading{}
	}
	s.latest[name] = r
	return r, earlier
}

// leave takes a call from a reading, which ends if it was the last one.
func (s *reads) leave(r *reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.calls--; r.calls == 0 {
		r.begun = true
		r.giveUp()
	}
}

func (s *reads) begin(r *reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.begun = true
}

func (s *reads) end(name string, r *reading) {
	r.giveUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest[name] == r {
		delete(s.latest, name)
	}
	close(r.done)
}
