package consent

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// Each test of this file is an attack that once worked.

func TestAnswerCountsOnlyForWhatItsFormShowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(Deny))
		ctx, c := roundCall(t.Context(), process, "tool")
		_ = b.permit(ctx, c, "harmless")
		wants := c.end()                                     // the form is made
		_ = b.permit(context.WithoutCancel(ctx), c, "jewel") // a goroutine that the handler left behind
		state := b.openHandle(c, wants)
		time.Sleep(time.Second)
		ctx, c = roundCall(t.Context(), process, "tool")
		b.Resume(c, state, chooses(0))
		if err := b.permit(ctx, c, "harmless"); err != nil {
			t.Errorf("what was asked is not allowed: %v", err)
		}
		if err := b.permit(ctx, c, "jewel"); err == nil {
			t.Error("the jewel was never asked for")
		}
	})
}

func TestQuestionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(ctx context.Context) (Answer, error) { <-ctx.Done(); return Deny, ctx.Err() })
		before := runtime.NumGoroutine()
		for i := range 20 * maxWaiting {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_ = b.permit(ctx, NewCall(process, Tool{"resource", fmt.Sprint("pets://", i)}), "api_key")
		}
		time.Sleep(time.Second) // the timers' own goroutines are gone
		if grown := runtime.NumGoroutine() - before; grown > 2*maxWaiting {
			t.Errorf("%d goroutines more", grown)
		}
		if n := len(b.questions.open); n > maxWaiting {
			t.Errorf("%d questions", n)
		}
		if b.Close(); len(b.questions.open) != 0 {
			t.Errorf("%d questions after Close", len(b.questions.open))
		}
	})
}

func TestCallersNobodyVerifiedShareNoQuestion(t *testing.T) {
	b := newBench(t, nil)
	keys := map[known[string]]bool{}
	for range 1000 {
		c := NewCall(Who{Kind: Local}, Tool{"tool", "tool"})
		keys[b.questions.keysOf(c, []string{newQuestion(c, nil, Words{}).key(c)})[0]] = true
		runtime.GC() // the address may come again, the call does not
	}
	if len(keys) != 1000 {
		t.Errorf("%d keys of 1000 calls", len(keys))
	}
}

func TestSessionThatWasNotOfferedIsNo(t *testing.T) {
	b := newBench(t, nil)
	q := &question{uses: []Use{useOf(once)}, words: b.words([]Use{useOf(once)})}
	open := &openQuestion{Subject: q, done: make(chan struct{})}
	b.settle(open, verdict{answer: AllowSession})
	if v := open.Result(); !errors.Is(v.err, ErrDenied) || len(b.Grants()) != 0 {
		t.Errorf("%v, grants %v", v.err, b.Grants())
	}
}
