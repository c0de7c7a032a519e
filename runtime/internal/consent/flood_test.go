package consent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Each test of this file floods the desk with what a table is kept of, by callers who never come back.

func TestUnansweredQuestionsKeepNobodyFromBeingAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(AllowOnce))
		for i := range 2 * maxHandles {
			ctx, c := roundCall(t.Context(), named(fmt.Sprint("user", i)), "tool")
			if err := b.permit(ctx, c, "api_key"); !errors.Is(err, ErrPending) || len(c.end()) != 1 {
				t.Fatalf("user %d is not asked: %v", i, err)
			}
		}
		if n := len(b.questions.open); n > maxHandles {
			t.Errorf("%d questions", n)
		}
		// A job of the server, without a client.
		if err := b.permit(t.Context(), NewCall(named("carol"), Tool{}), "api_key"); err != nil {
			t.Error(err)
		}
	})
}

// A round that comes back without an answer goes on in a dialog: of those, only so many wait for their turn.
func TestDialogsThatWaitForTheirTurnAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(ctx context.Context) (Answer, error) { <-ctx.Done(); return Deny, ctx.Err() })
		for i := range 3 * maxWaiting {
			ctx, c := roundCall(t.Context(), named(fmt.Sprint("user", i)), "tool")
			_ = b.permit(ctx, c, "api_key")
			_, state := b.End(c)
			time.Sleep(time.Second)
			ctx, c = roundCall(t.Context(), named(fmt.Sprint("user", i)), "tool")
			b.Resume(c, state, func(Form) Reply { return Nobody })
			go func() { _ = b.permit(ctx, c, "api_key") }()
		}
		posed := func() int {
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.posed
		}
		if n := posed(); n > maxWaiting {
			t.Errorf("%d dialogs wait for their turn", n)
		}
		time.Sleep(2 * OpenFor)
		if n := posed(); n != 0 {
			t.Errorf("%d dialogs still wait", n)
		}
	})
}

func TestRoundsAreBounded(t *testing.T) {
	b := newBench(t, nil)
	for i := range 3 * maxHandles {
		_, c := roundCall(t.Context(), named(fmt.Sprint("user", i)), "tool")
		b.openHandle(c, nil)
	}
	if len(b.handles) > maxHandles {
		t.Errorf("%d handles", len(b.handles))
	}
}

func TestGrantsAndRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		visit := func(name string) {
			b.grant(&question{
				uses: []Use{useOf("api_key")}, who: named(name), tool: Tool{"tool", "tool"}, words: Words{Remember: time.Hour},
			})
			b.Refuse(Permission, named(name), []store.Entry{{Name: "api_key"}}, ErrDenied)
		}
		for i := range maxKept - 1 {
			visit(fmt.Sprint("early", i))
		}
		time.Sleep(2 * time.Hour) // all of those have ended
		visit("alice")
		visit("bob")
		if len(b.grants) != 2 || len(b.backoffs) != 2 {
			t.Errorf("%d grants and %d refusals are kept though they have ended", len(b.grants), len(b.backoffs))
		}
		for i := range 2 * maxKept {
			visit(fmt.Sprint("late", i))
		}
		if len(b.grants) > maxKept || len(b.backoffs) > maxKept {
			t.Errorf("%d grants, %d refusals", len(b.grants), len(b.backoffs))
		}
	})
}

// A new table must be thought about.
func TestEveryTableIsBounded(t *testing.T) {
	bounded := []string{"questions", "silent", "grants", "backoffs", "handles", "queues"} // see the other tests
	desk := reflect.TypeFor[Desk]()
	for i := range desk.NumField() {
		f := desk.Field(i)
		isTable := f.Type.Kind() == reflect.Map || strings.HasPrefix(f.Type.String(), "*consent.Table[")
		if isTable && !slices.Contains(bounded, f.Name) {
			t.Errorf("what bounds %s?", f.Name)
		}
	}
}

// What a question left behind that no client answered is kept for an hour, and not for more than so many questions.
func TestSilentQuestionsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		note := func(name string) {
			b.noteSilent(&openQuestion{Subject: &question{topic: name}})
		}
		for i := range maxHandles - 1 {
			note(fmt.Sprint("early", i))
		}
		time.Sleep(silentFor + time.Second)
		note("one")
		note("two")
		if len(b.silent) != 2 {
			t.Errorf("%d silent questions", len(b.silent))
		}
		for i := range 3 * maxHandles {
			note(fmt.Sprint("late", i))
		}
		if len(b.silent) > maxHandles {
			t.Errorf("%d silent questions", len(b.silent))
		}
	})
}

// One principal's form stays open: its next question waits, and everybody else is asked.
func TestFormThatStaysOpenHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(AllowOnce))
		closeForm, err := b.Queue(t.Context(), named("alice"))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := b.permit(t.Context(), NewCall(named("bob"), Tool{}), "api_key"); err != nil || time.Since(begin) > time.Second {
			t.Errorf("bob: %v after %v", err, time.Since(begin))
		}
		if err := b.permit(t.Context(), NewCall(named("alice"), Tool{}), "api_key"); !errors.Is(err, ErrPending) {
			t.Errorf("alice: %v", err)
		}
		closeForm()
		if err := b.permit(t.Context(), NewCall(named("alice"), Tool{}), "api_key"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(b.queues) != 0 {
			t.Errorf("%d queues are kept with nobody in them", len(b.queues))
		}
	})
}
