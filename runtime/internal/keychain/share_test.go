package keychain

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
)

// isUnderWay reports whether a value is being read, and no later call waits for another reading.
func (s *reads) isUnderWay(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest[name] != nil && s.latest[name].begun
}

// isIdle reports whether nothing is being read, nor waits for that.
func (s *reads) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.latest) == 0
}

// callers are how many calls wait for the next reading of a name.
func (s *reads) callers(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest[name] == nil || s.latest[name].begun {
		return 0
	}
	return s.latest[name].calls
}

// slow is a store that reads when it is told to. A value is what it was when its reading began.
type slow struct {
	backend
	value atomic.Value
	began atomic.Int64
	ended atomic.Int64 // readings that were given up
	goOn  chan struct{}
}

func newSlow() (*slow, *System) {
	store := &slow{goOn: make(chan struct{})}
	store.value.Store("old")
	return store, newSystem(Options{Timeout: patience, PromptTimeout: patience, Logger: slog.New(slog.DiscardHandler)}, store)
}

func (s *slow) get(ctx context.Context, _, account string) (string, error) {
	s.began.Add(1)
	value := s.value.Load().(string)
	if account == "fast" {
		return value, nil
	}
	select {
	case <-s.goOn:
		return value, nil
	case <-ctx.Done():
		s.ended.Add(1)
		return "", gaveUp(ctx)
	}
}

func (s *slow) set(_ context.Context, _, _, value string) error { s.value.Store(value); return nil }
func (s *slow) asking() bool                                    { return false }
func (s *slow) close()                                          {}

// begin begins to read the slow value.
func begin(ctx context.Context, s *System) <-chan string {
	result := make(chan string, 1)
	go func() {
		value, err := s.Get(ctx, "svc", "key")
		if err != nil {
			value = err.Error()
		}
		result <- value
	}()
	return result
}

func TestCallsShareAReading(t *testing.T) {
	store, s := newSlow()
	defer s.Close()
	first := begin(t.Context(), s)
	eventually(t, "the first reading", func() bool { return store.began.Load() == 1 })
	var results []<-chan string
	for range 63 {
		results = append(results, begin(t.Context(), s))
	}
	eventually(t, "all calls", func() bool { return s.reads.callers("svc:key") == 63 })
	close(store.goOn)
	for _, result := range append(results, first) {
		if got := <-result; got != "old" {
			t.Error(got)
		}
	}
	if n := store.began.Load(); n != 2 {
		t.Errorf("64 calls made %d readings, want 2", n)
	}
	if len(s.reads.latest) != 0 {
		t.Errorf("left: %v", s.reads.latest)
	}
}

// What is stored while a value is read, by this process or another one, is what later calls get.
func TestReadingIsNoOlderThanItsCalls(t *testing.T) {
	for name, change := range map[string]func(*slow, *System) error{
		"this process":    func(_ *slow, s *System) error { return s.Set(t.Context(), "svc", "key", "new") },
		"another process": func(store *slow, _ *System) error { store.value.Store("new"); return nil },
	} {
		store, s := newSlow()
		early := begin(t.Context(), s)
		eventually(t, "the first reading", func() bool { return store.began.Load() == 1 })
		if err := change(store, s); err != nil {
			t.Fatal(err)
		}
		late := begin(t.Context(), s)
		eventually(t, "the later call", func() bool { return s.reads.callers("svc:key") == 1 })
		close(store.goOn)
		if got := <-early; got != "old" {
			t.Errorf("%s: the early call got %q", name, got)
		}
		if got := <-late; got != "new" {
			t.Errorf("%s: the later call got %q", name, got)
		}
		s.Close()
	}
}

// A call that is cancelled, the one that began the reading too, takes it from nobody. The last one ends it.
func TestCancelledCallLeavesTheReading(t *testing.T) {
	store, s := newSlow()
	defer s.Close()
	running := begin(t.Context(), s)
	eventually(t, "the first reading", func() bool { return store.began.Load() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	starter := begin(ctx, s)
	eventually(t, "the call that starts the next", func() bool { return s.reads.callers("svc:key") == 1 })
	other := begin(t.Context(), s)
	eventually(t, "another one", func() bool { return s.reads.callers("svc:key") == 2 })
	cancel()
	if got := <-starter; got != "keychain: context canceled" {
		t.Error(got)
	}
	close(store.goOn)
	for _, result := range []<-chan string{running, other} {
		if got := <-result; got != "old" {
			t.Error(got)
		}
	}

	store.goOn = make(chan struct{})
	ctx, cancel = context.WithCancel(t.Context())
	one, two := begin(ctx, s), begin(ctx, s)
	eventually(t, "the third reading, which one of them may have missed", func() bool { return store.began.Load() == 3 })
	cancel()
	<-one
	<-two
	eventually(t, "its end", func() bool { return store.ended.Load() > 0 && s.reads.isIdle() })
	close(store.goOn)
	if got := <-begin(t.Context(), s); got != "old" {
		t.Errorf("after a reading that was given up: %s", got)
	}
}

// A value is read while another one is, and while something is stored.
func TestReadingTakesNoTurn(t *testing.T) {
	store, s := newSlow()
	defer s.Close()
	result := begin(t.Context(), s)
	eventually(t, "the slow reading", func() bool { return store.began.Load() == 1 })
	<-s.turn // as who stores something does
	if got, err := s.Get(t.Context(), "svc", "fast"); err != nil || got != "old" {
		t.Errorf("got %q, %v", got, err)
	}
	s.turn <- struct{}{}
	close(store.goOn)
	<-result
}

// Close ends the readings under way, for all their calls.
func TestCloseEndsReadings(t *testing.T) {
	store, s := newSlow()
	var results []<-chan string
	for range 3 {
		results = append(results, begin(t.Context(), s))
	}
	eventually(t, "a reading", func() bool { return store.began.Load() > 0 })
	s.Close()
	for _, result := range results {
		if got := <-result; got != errClosed.Error() {
			t.Error(got)
		}
	}
	if _, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrNoStore) {
		t.Error(err)
	}
}

// Whoever reads what, and whoever leaves early, each gets a value that was there during its own call.
func TestSharedReadingsAreLinear(t *testing.T) {
	_, s := newSlow()
	defer s.Close()
	var stored atomic.Int64 // the length of what was stored last
	var group sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	mustStore := func(n int) {
		if err := s.Set(ctx, "svc", "fast", string(make([]byte, n))); err != nil {
			t.Error(err)
		}
		stored.Store(int64(n))
	}
	mustStore(1)
	for n := range 16 {
		group.Go(func() {
			for ctx.Err() == nil {
				before := stored.Load()
				mine, leave := context.WithCancel(ctx)
				if n%4 == 0 {
					go leave()
				}
				value, err := s.Get(mine, "svc", "fast")
				if err == nil && int64(len(value)) < before {
					t.Errorf("got value %d, and %d was stored before", len(value), before)
				}
				if err != nil && mine.Err() == nil {
					t.Error(err)
				}
				leave()
			}
		})
	}
	for n := range 300 {
		mustStore(n + 2)
	}
	cancel()
	group.Wait()
}
