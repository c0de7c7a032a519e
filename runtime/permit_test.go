package secrets

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each test of this file is a run of laws/permission_test.go that broke a law, made small.

// asking opens a manager of keys with a person who answers after some time, and returns how often the person was asked.
func asking(t *testing.T, after time.Duration, answer Answer, keys ...AnyKey) (m *Manager, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	m, _ = victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
		asked.Add(1)
		time.Sleep(after)
		return answer, ctx.Err()
	}}, keys...)
	return m, asked
}

func TestCallIsHeldNoLongerForTwoQuestionsThanForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := Password("one", Field{Required: true}), Password("two", Field{Required: true})
		m, _ := asking(t, 30*time.Second, AllowOnce, one, two)
		ctx, begun := withRequest(t.Context(), "tool", "tool"), time.Now()
		if _, err := Get(ctx, m, one, "Read"); err != nil {
			t.Fatal(err)
		}
		if _, err := Get(ctx, m, two, "Read"); !errors.Is(err, ErrPending) || time.Since(begun) != patience {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.Sleep(time.Minute)
		ctx = withRequest(t.Context(), "tool", "tool")
		if _, err := Get(ctx, m, two, "Read"); err != nil { // the answer was kept
			t.Error(err)
		}
	})
}

// Who says no once is asked again after a minute, however many questions waited for their turn.
func TestOneNoIsOneRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, asked := asking(t, 10*time.Second, Deny, key)
		var calls sync.WaitGroup
		for _, tool := range []string{"a", "b", "c"} {
			ctx, cancel := context.WithTimeout(withRequest(t.Context(), "tool", tool), 5*time.Second) // nobody fetches the answers
			defer cancel()
			calls.Go(func() { _, _ = Get(ctx, m, key, "Read") })
			time.Sleep(time.Second)
		}
		calls.Wait()
		time.Sleep(10*time.Second + backOff[0])
		for i, tool := range []string{"b", "c"} {
			_, _ = Get(withRequest(t.Context(), "tool", tool), m, key, "Read")
			if asked.Load() != int32(2+i) {
				t.Errorf("%s is not asked about", tool)
			}
			time.Sleep(backOff[1])
		}
	})
}

func TestWaitingQuestionDoesNotExtendAGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true, Remember: 10 * time.Minute})
		other := Password("other", Field{Required: true})
		m, asked := asking(t, 20*time.Second, AllowSession, key, other)
		var calls sync.WaitGroup
		for _, call := range []struct {
			tool string
			key  Key[Secret]
		}{{"a", key}, {"b", other}, {"c", key}} {
			calls.Go(func() {
				if _, err := Get(withRequest(t.Context(), "tool", call.tool), m, call.key, "Read"); err != nil {
					t.Errorf("%s: %v", call.tool, err)
				}
			})
			time.Sleep(time.Second)
		}
		time.Sleep(20 * time.Second)
		until := m.Grants()[0].Until
		calls.Wait()
		if grants := m.Grants(); asked.Load() != 2 || len(grants) != 2 || !grants[0].Until.Equal(until) {
			t.Errorf("%d questions, grants %v, the first was until %v", asked.Load(), grants, until)
		}
	})
}

// A call may wait for what another call's client is asked. If the user answers something else meanwhile that answers this
// too, nobody is asked once more.
func TestAnswerToAnotherQuestionIsHeardWhileACallWaits(t *testing.T) {
	for name, row := range map[string]struct {
		answer func(*Manager, use)
		want   error
	}{
		"no": {func(m *Manager, u use) {
			m.refuse(permission, principal{kind: process}, []*definition{u.def}, ErrDenied)
		}, ErrDenied},
		"yes": {func(m *Manager, u use) { m.grant(principal{kind: process}, []use{u}, tool{"tool", "other"}) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := Password("api_key", Field{Required: true})
				m, _ := victim(t, answers{}, key)
				ctx, _ := toolCall(t.Context(), m, "tool")
				_, _ = Get(ctx, m, key, "Read")
				ctx, c := toolCall(t.Context(), m, "tool")
				c.digest = func() [sha256.Size]byte { return sha256.Sum256([]byte("other arguments")) }
				time.AfterFunc(30*time.Second, func() { row.answer(m, use{def: key.def, value: value{text: NewSecret(attacked)}}) })
				if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, row.want) {
					t.Errorf("%v, want %v", err, row.want)
				}
				if wants := c.end(); len(wants) != 0 {
					t.Errorf("%d questions more", len(wants))
				}
			})
		})
	}
}

func TestNoIsHeardWhileAValueIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{
			enter: func(context.Context, Entry) (string, error) { time.Sleep(10 * time.Second); return attacked, nil },
			ask:   always(AllowOnce),
		}, key)
		store.Map.Clear()
		go func() { _, _ = Get(t.Context(), m, key, "Read") }()
		synctest.Wait()
		time.AfterFunc(5*time.Second, func() {
			m.refuse(permission, principal{named, "bob"}, []*definition{key.def}, ErrDenied)
		})
		ctx, c := toolCall(WithPrincipal(t.Context(), "bob"), m, "tool")
		if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrDenied) || len(c.end()) != 0 {
			t.Errorf("%v, and %d questions more", err, len(c.wants))
		}
	})
}

func TestLateRejectionLeavesTheNextValuesAlone(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{
		enter: func(context.Context, Entry) (string, error) { return "", ErrDismissed },
		ask:   always(AllowOnce),
	}, key)
	slow, quick := withRequest(t.Context(), "tool", "slow"), withRequest(t.Context(), "tool", "quick")
	_, _ = Get(slow, m, key, "Read")
	if err := m.Set(t.Context(), key, "another-value"); err != nil {
		t.Fatal(err)
	}
	_, _ = Get(quick, m, key, "Read")
	_ = m.Reject(quick, key, "Wrong.")
	_ = m.Reject(slow, key, "Wrong.")
	if v, err := Get(t.Context(), m, key, "Read"); !errors.Is(err, ErrDismissed) { // it is asked for again
		t.Errorf("got %q, %v", v.Reveal(), err)
	}
}

func TestNobodysTurnAfterTheTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := take(ctx, make(chan struct{}, 1)); err == nil {
			t.Fatal("a form would be sent whose answer nobody hears")
		}
	}
}
