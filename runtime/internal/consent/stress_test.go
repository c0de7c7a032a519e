package consent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever calls, cancellations, refusals, renewed values and Close do at the same time: each "Allow" lets one call in, and
// all ends.
func TestEachAllowLetsOneCallIn(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) { newStorm(t).rage() })
	}
}

// A storm is calls of all kinds to one desk.
type storm struct {
	*Desk
	t              *testing.T
	allowed, letIn atomic.Int64
}

func newStorm(t *testing.T) *storm {
	return &storm{t: t, Desk: NewDesk(Config{
		Lock:      func(context.Context) (unlock func(), err error) { return func() {}, nil },
		Bypass:    func() bool { return false },
		IsRefusal: func(err error) bool { return errors.Is(err, ErrDenied) },
	})}
}

func (s *storm) rage() {
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() { s.client(n) })
	}
	all.Go(func() {
		for range 20 {
			time.Sleep(20 * time.Second)
			s.Renew("odd")
			s.Accept(Permission, named("0"), "odd", "even")
			s.Grants()
		}
		if rand.IntN(2) == 0 {
			s.Close()
		}
	})
	all.Wait()
	s.Close()
	if s.letIn.Load() > s.allowed.Load() {
		s.t.Errorf("%d calls were let in by %d answers", s.letIn.Load(), s.allowed.Load())
	}
	if s.allowed.Load() == 0 {
		s.t.Error("nothing was allowed")
	}
	if s.posed != 0 || s.waiting.Load() != 0 || len(s.queues) != 0 || len(s.screen) != 0 {
		s.t.Errorf("left over: %d posed, %d waiting, %d queues, %d screens", s.posed, s.waiting.Load(), len(s.queues), len(s.screen))
	}
}

// client makes calls, of which some are rounds of the one before.
func (s *storm) client(n int) {
	who, tool, secret := named(fmt.Sprint(rand.IntN(2))), fmt.Sprint(rand.IntN(2)), []string{"even", "odd"}[n%2]
	state, got := "", false
	for range 6 {
		ctx, c := roundCall(s.t.Context(), who, tool)
		switch n % 5 {
		case 0, 1:
			s.Resume(c, state, func(Form) Reply { return Reply{Chosen: s.choice()} })
		case 2, 3:
			c = NewCall(who, c.Tool)
			c.Ask = s.answer
		default:
			c = NewCall(Who{Kind: Local}, c.Tool)
		}
		ctx, cancel := context.WithCancel(ctx)
		if rand.IntN(3) == 0 {
			time.AfterFunc(time.Duration(rand.IntN(60))*time.Second, cancel)
		}
		var once atomic.Bool
		var getters sync.WaitGroup
		for range 2 {
			getters.Go(func() {
				if _, err := s.Permit(ctx, c, []Use{useOf(secret)}, s.words); err == nil {
					once.Store(true)
				}
			})
		}
		getters.Wait()
		cancel()
		got = got || once.Load()
		if _, state = s.End(c); state == "" && got { // the call is over
			s.letIn.Add(1)
			got = false
		}
		time.Sleep(time.Duration(rand.IntN(100)) * time.Second)
	}
	if got {
		s.letIn.Add(1)
	}
}

func (s *storm) words([]Use) Words {
	return Words{
		Form: Form{Message: "?", Choices: []string{"Allow", "Allow for session", "Deny"}}, OnlyDialog: rand.IntN(4) == 0,
		Dialog: func(ctx context.Context) (Answer, error) {
			if r := s.answer(ctx, Form{}); r.Chosen == 0 {
				return AllowOnce, nil
			}
			return Deny, ctx.Err()
		},
	}
}

func (s *storm) answer(ctx context.Context, _ Form) Reply {
	select {
	case <-time.After(time.Duration(rand.IntN(90)) * time.Second):
		return Reply{Chosen: s.choice()}
	case <-ctx.Done():
		return Nobody
	}
}

// choice is never "Allow for session".
func (s *storm) choice() int {
	if n := rand.IntN(10); n < 3 {
		return []int{-1, -1, 2}[n]
	}
	s.allowed.Add(1)
	return 0
}
