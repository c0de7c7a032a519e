package consent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Whatever calls, cancellations, deadlines, refusals, renewed values, slow clients and Close do at the same time: each "Allow"
// lets one call in, with the arguments that it was for, and all ends.
func TestEachAllowLetsOneCallIn(t *testing.T) {
	if raceDetector {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	for range 50 {
		synctest.Test(t, func(t *testing.T) { newStorm(t).rage() })
	}
}

// The race detector crashes where two threads run timers of one bubble: https://go.dev/issue/78156. On one thread it sees
// the same races, since it goes by what happens before what.
var raceDetector bool

// A storm is calls of all kinds to one desk.
type storm struct {
	*Desk
	t *testing.T

	mu             sync.Mutex
	allowed, letIn map[string]int // by what was asked: principal, tool, secret and arguments
}

func (s *storm) count(what map[string]int, asked string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what[asked]++
}

func newStorm(t *testing.T) *storm {
	return &storm{t: t, allowed: map[string]int{}, letIn: map[string]int{}, Desk: NewDesk(Config{
		Lock:      func(context.Context) (unlock func(), err error) { return func() {}, nil },
		Bypass:    func() bool { return false },
		IsRefusal: func(err error) bool { return errors.Is(err, ErrDenied) },
	})}
}

// beats returns up to n beats. All that happens happens on a beat, so that much happens at the same instant.
func beats(n int) time.Duration { return time.Duration(rand.IntN(n)) * Patience / 3 }

func (s *storm) rage() {
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() { s.client(n) })
	}
	all.Go(func() {
		for range 20 {
			time.Sleep(beats(3))
			s.Renew(func(e store.Entry) bool { return e.Name == "odd" })
			s.Accept(Permission, named("0"), store.Entry{Name: "odd"}, store.Entry{Name: "even"})
			s.Grants()
		}
		if rand.IntN(2) == 0 {
			s.Close()
		}
	})
	all.Wait()
	s.Close()
	for asked, n := range s.letIn {
		if n > s.allowed[asked] {
			s.t.Errorf("%s: %d calls were let in by %d answers", asked, n, s.allowed[asked])
		}
	}
	if len(s.allowed) == 0 {
		s.t.Error("nothing was allowed")
	}
	if s.posed != 0 || s.waiting.Load() != 0 || len(s.queues) != 0 || len(s.screen) != 0 {
		s.t.Errorf("left over: %d posed, %d waiting, %d queues, %d screens", s.posed, s.waiting.Load(), len(s.queues), len(s.screen))
	}
}

// client makes calls, of which some are rounds of the one before.
func (s *storm) client(n int) {
	who, tool, secret, to := named(fmt.Sprint(rand.IntN(2))), fmt.Sprint(rand.IntN(2)), []string{"even", "odd"}[n%2], fmt.Sprint(rand.IntN(2))
	if n%5 == 4 {
		who = Who{Kind: Local}
	}
	asked := fmt.Sprintf("%v %s %s to %s", who, tool, secret, to)
	state, got := "", false
	for range 6 {
		ctx, c := roundCall(s.t.Context(), who, tool)
		digest := func() [sha256.Size]byte { return sha256.Sum256([]byte(to)) }
		switch n % 5 {
		case 0, 1:
			c.Digest = digest
			s.Resume(c, state, func(Form) Reply { return Reply{Chosen: s.choice(asked)} })
		case 2, 3:
			c = NewCall(who, c.Tool)
			c.Digest, c.Ask = digest, func(ctx context.Context, _ Form) Reply { return s.answer(ctx, asked) }
		default:
			c = NewCall(who, c.Tool)
			c.Digest = digest
		}
		if rand.IntN(2) == 0 {
			c.Progress = func() { time.Sleep(beats(6)) }
		}
		ctx, cancel := context.WithCancel(ctx)
		if rand.IntN(3) == 0 {
			time.AfterFunc(beats(4), cancel)
		}
		var once atomic.Bool
		var getters sync.WaitGroup
		for range 2 {
			getters.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, beats(6)+1)
				defer cancel()
				if _, err := s.Permit(ctx, c, []Use{useOf(secret)}, s.words(asked), nil); err == nil {
					once.Store(true)
				}
			})
		}
		getters.Wait()
		cancel()
		got = got || once.Load()
		if _, state = s.End(c); state == "" && got { // the call is over
			s.count(s.letIn, asked)
			got = false
		}
		time.Sleep(beats(7))
	}
	if got {
		s.count(s.letIn, asked)
	}
}

func (s *storm) words(asked string) func([]Use) Words {
	return func(uses []Use) Words {
		return Words{
			Uses: uses,
			Form: Form{Message: "?", Choices: []string{"Allow", "Allow for session", "Deny"}}, OnlyDialog: rand.IntN(4) == 0,
			Dialog: func(ctx context.Context) (Answer, error) {
				if r := s.answer(ctx, asked); r.Chosen == 0 {
					return AllowOnce, nil
				}
				return Deny, ctx.Err()
			},
		}
	}
}

func (s *storm) answer(ctx context.Context, asked string) Reply {
	select {
	case <-time.After(beats(6)):
		return Reply{Chosen: s.choice(asked)}
	case <-ctx.Done():
		return Nobody
	}
}

// choice is never "Allow for session".
func (s *storm) choice(asked string) int {
	if n := rand.IntN(10); n < 3 {
		return []int{-1, -1, 2}[n]
	}
	s.count(s.allowed, asked)
	return 0
}
