package consent

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// thinking is a bench with a person who answers after some time, and counts how often the person was asked.
func thinking(t *testing.T, after time.Duration, answer Answer) (b bench, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	return newBench(t, func(ctx context.Context) (Answer, error) {
		asked.Add(1)
		time.Sleep(after)
		return answer, ctx.Err()
	}), asked
}

// The tests down to the next comment of this kind are runs of laws/permission_test.go that broke a law, made small.

func TestCallIsHeldNoLongerForTwoQuestionsThanForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := thinking(t, 30*time.Second, AllowOnce)
		c, begun := bareCall("tool"), time.Now()
		if err := b.permit(t.Context(), c, "one"); err != nil {
			t.Fatal(err)
		}
		if err := b.permit(t.Context(), c, "two"); !errors.Is(err, ErrPending) || time.Since(begun) != Patience {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.Sleep(time.Minute)
		if err := b.permit(t.Context(), bareCall("tool"), "two"); err != nil { // the answer was kept
			t.Error(err)
		}
	})
}

// Who says no once is asked again after a minute, however many questions waited for their turn.
func TestOneNoIsOneRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, asked := thinking(t, 10*time.Second, Deny)
		var calls sync.WaitGroup
		for _, tool := range []string{"a", "b", "c"} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // nobody fetches the answers
			defer cancel()
			calls.Go(func() { _ = b.permit(ctx, bareCall(tool), "api_key") })
			time.Sleep(time.Second)
		}
		calls.Wait()
		time.Sleep(10*time.Second + pauses[0])
		for i, tool := range []string{"b", "c"} {
			_ = b.permit(t.Context(), bareCall(tool), "api_key")
			if asked.Load() != int32(2+i) {
				t.Errorf("%s is not asked about", tool)
			}
			time.Sleep(pauses[1])
		}
	})
}

func TestWaitingQuestionDoesNotExtendAGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, asked := thinking(t, 20*time.Second, AllowSession)
		words := func(uses []Use) Words {
			w := b.words(uses)
			if uses[0].Entry.Name == "key" {
				w.Remember = 10 * time.Minute
			}
			return w
		}
		var calls sync.WaitGroup
		for _, call := range []struct{ tool, secret string }{{"a", "key"}, {"b", "other"}, {"c", "key"}} {
			calls.Go(func() {
				if _, err := b.Permit(t.Context(), bareCall(call.tool), []Use{useOf(call.secret)}, words, nil); err != nil {
					t.Errorf("%s: %v", call.tool, err)
				}
			})
			time.Sleep(time.Second)
		}
		time.Sleep(20 * time.Second)
		until := b.Grants()[0].Until
		calls.Wait()
		if grants := b.Grants(); asked.Load() != 2 || len(grants) != 2 || !grants[0].Until.Equal(until) {
			t.Errorf("%d questions, grants %v, the first was until %v", asked.Load(), grants, until)
		}
	})
}

// A call may wait for what another call's client is asked. If the user answers something else meanwhile that answers this
// too, nobody is asked once more.
func TestAnswerToAnotherQuestionIsHeardWhileACallWaits(t *testing.T) {
	for name, row := range map[string]struct {
		answer func(bench)
		want   error
	}{
		"no": {func(b bench) { b.Refuse(Permission, process, []store.Entry{{Name: "api_key"}}, ErrDenied) }, ErrDenied},
		"yes": {func(b bench) {
			b.grant(&question{uses: []Use{useOf("api_key")}, who: process, tool: Tool{"tool", "other"}})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, nil)
				ctx, c := roundCall(t.Context(), process, "tool")
				_ = b.permit(ctx, c, "api_key")
				ctx, c = roundCall(t.Context(), process, "tool")
				c.Digest = func() [sha256.Size]byte { return sha256.Sum256([]byte("other arguments")) }
				time.AfterFunc(30*time.Second, func() { row.answer(b) })
				if err := b.permit(ctx, c, "api_key"); !errors.Is(err, row.want) {
					t.Errorf("%v, want %v", err, row.want)
				}
				if wants := c.end(); len(wants) != 0 {
					t.Errorf("%d questions more", len(wants))
				}
			})
		})
	}
}

// An SDK may say why it cancels a call. A getter's error is the context's all the same.
func TestCallThatIsCancelledForAReasonIsCancelled(t *testing.T) {
	b := newBench(t, func(ctx context.Context) (Answer, error) { <-ctx.Done(); return Deny, ctx.Err() })
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(errors.New("the server is closing")) })
	if err := b.permit(ctx, bareCall("tool"), "api_key"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNobodysTurnAfterTheTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := hold(ctx, make(chan struct{}, 1)); err == nil {
			t.Fatal("a form would be sent whose answer nobody hears")
		}
	}
}

// A client that never answers leads to the dialog at the next call, however many tools are used meanwhile.

func TestClientThatNeverAnswersInPlaceLeadsToTheDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := thinking(t, time.Second, AllowOnce)
		var forms atomic.Int32
		call := func(tool string) error {
			c := bareCall(tool)
			c.Ask = func(ctx context.Context, _ Form) Reply { forms.Add(1); <-ctx.Done(); return Nobody }
			return b.permit(t.Context(), c, "api_key")
		}
		for i, tool := range []string{"a", "b"} {
			if err := call(tool); !errors.Is(err, ErrPending) || int(forms.Load()) != i+1 || dialogs.Load() != 0 {
				t.Errorf("%s: %v, %d forms, %d dialogs", tool, err, forms.Load(), dialogs.Load())
			}
			time.Sleep(OpenFor)
		}
		for i, tool := range []string{"a", "b", "a"} {
			if err := call(tool); err != nil || forms.Load() != 2 || int(dialogs.Load()) != i+1 {
				t.Errorf("%s again: %v, %d forms, %d dialogs", tool, err, forms.Load(), dialogs.Load())
			}
		}
		time.Sleep(silentFor + time.Second)
		if err := call("a"); !errors.Is(err, ErrPending) || forms.Load() != 3 {
			t.Errorf("after an hour: %v, %d forms", err, forms.Load())
		}
	})
}

func TestClientThatNeverAnswersInputRequestsLeadsToTheDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := thinking(t, time.Second, AllowOnce)
		call := func(tool string) (forms int, err error) {
			ctx, c := roundCall(t.Context(), process, tool)
			err = b.permit(ctx, c, "api_key")
			asked, _ := b.End(c) // whose state the client drops
			return len(asked), err
		}
		for _, tool := range []string{"a", "b"} {
			if forms, err := call(tool); !errors.Is(err, ErrPending) || forms != 1 || dialogs.Load() != 0 {
				t.Errorf("%s: %v, %d forms, %d dialogs", tool, err, forms, dialogs.Load())
			}
			time.Sleep(OpenFor + time.Second)
		}
		for i, tool := range []string{"a", "b", "a"} {
			if forms, err := call(tool); err != nil || forms != 0 || int(dialogs.Load()) != i+1 {
				t.Errorf("%s again: %v, %d forms, %d dialogs", tool, err, forms, dialogs.Load())
			}
		}
		time.Sleep(silentFor + time.Second)
		if forms, err := call("a"); !errors.Is(err, ErrPending) || forms != 1 {
			t.Errorf("after an hour: %v, %d forms", err, forms)
		}
	})
}
