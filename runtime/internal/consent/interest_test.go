package consent

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// An "Allow" is for one call, with its arguments, as long as anybody wants to know it.

// pay is a call of the tool pay by a client that can't be asked.
func pay(to string) *Call {
	c := bareCall("pay")
	c.Digest = func() [sha256.Size]byte { return sha256.Sum256([]byte(to)) }
	return c
}

// payRound is pay by a client that is asked by input requests.
func payRound(request context.Context, to string) (context.Context, *Call) {
	ctx, c := roundCall(request, process, "pay")
	c.Digest = pay(to).Digest
	return ctx, c
}

// A dialogs is a person who answers dialogs by hand.
type dialogs struct {
	open   chan context.Context // of each dialog that opens
	answer chan Answer
}

func newDialogs(t *testing.T) (bench, dialogs) {
	d := dialogs{make(chan context.Context, 10), make(chan Answer)}
	return newBench(t, func(ctx context.Context) (Answer, error) {
		d.open <- ctx
		select {
		case answer := <-d.answer:
			return answer, nil
		case <-ctx.Done():
			return Deny, ctx.Err()
		}
	}), d
}

// wantsNext wants the next call for the same to be asked about, and refuses it. broken says what it means if it is not.
func (d dialogs) wantsNext(t *testing.T, b bench, broken string) {
	t.Helper()
	next := b.begin(t.Context(), pay("electricity"))
	select {
	case err := <-next:
		t.Errorf("%s: %v", broken, err)
	case <-d.open:
		d.answer <- Deny
		<-next
	}
}

func (d dialogs) wantClosed(t *testing.T, dialog context.Context) {
	t.Helper()
	synctest.Wait()
	if dialog.Err() == nil {
		t.Error("the dialog is still open")
	}
}

func (d dialogs) wantNone(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(d.open) != 0 {
		t.Error("a dialog opens")
	}
}

// begin begins to want a secret for a call.
func (b bench) begin(ctx context.Context, c *Call) (result chan error) {
	result = make(chan error, 1)
	go func() { result <- b.permit(ctx, c, "purse") }()
	synctest.Wait()
	return result
}

func TestCancelledCallTakesItsDialogAway(t *testing.T) {
	for _, to := range []string{"mallory", "electricity"} {
		synctest.Test(t, func(t *testing.T) {
			b, dialogs := newDialogs(t)
			ctx, cancel := context.WithCancel(t.Context())
			paid := b.begin(ctx, pay("electricity"))
			dialog := <-dialogs.open
			cancel()
			if err := <-paid; !errors.Is(err, context.Canceled) {
				t.Errorf("the cancelled call: %v", err)
			}
			dialogs.wantClosed(t, dialog)
			next := b.begin(t.Context(), pay(to))
			<-dialogs.open // it is asked anew
			dialogs.answer <- Deny
			if err := <-next; !errors.Is(err, ErrDenied) {
				t.Errorf("pay %s: %v", to, err)
			}
		})
	}
}

// A yes at the very moment at which the call is given up is nobody's, for one use and for the session.
func TestYesToACancelledCallAllowsNothing(t *testing.T) {
	for _, answer := range []Answer{AllowOnce, AllowSession} {
		synctest.Test(t, func(t *testing.T) {
			var b bench
			opens := make(chan bool, 1)
			b = newBench(t, func(ctx context.Context) (Answer, error) { opens <- true; <-ctx.Done(); return answer, nil })
			ctx, cancel := context.WithCancel(t.Context())
			paid := b.begin(ctx, pay("electricity"))
			<-opens
			cancel()
			<-paid
			synctest.Wait()
			if len(b.Grants()) != 0 || len(b.questions.open) != 0 {
				t.Errorf("grants %v, %d questions", b.Grants(), len(b.questions.open))
			}
		})
	}
}

func TestCancelledCallWithdrawsItsForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always(Deny))
		c := pay("electricity")
		shown := make(chan context.Context, 1)
		c.Ask = func(form context.Context, _ Form) Reply { shown <- form; <-form.Done(); return Nobody }
		ctx, cancel := context.WithCancel(t.Context())
		paid := b.begin(ctx, c)
		form := <-shown
		cancel()
		<-paid
		synctest.Wait()
		if form.Err() == nil {
			t.Error("the form is still shown")
		}
		// That is no silence of the client.
		c = pay("electricity")
		c.Ask = func(context.Context, Form) Reply { return Reply{Chosen: 0} }
		if err := b.permit(t.Context(), c, "purse"); err != nil {
			t.Errorf("the client is not asked: %v", err)
		}
	})
}

// Another call wants to know the answer too, or will come again.
func TestQuestionStaysForWhoeverElseWantsToKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := newDialogs(t)
		first, cancelFirst := context.WithCancel(t.Context())
		one := b.begin(first, pay("electricity"))
		dialog := <-dialogs.open
		two := b.begin(t.Context(), pay("electricity"))
		cancelFirst()
		<-one
		time.Sleep(Patience)
		if err := <-two; !errors.Is(err, ErrPending) {
			t.Errorf("the second call: %v", err)
		}
		synctest.Wait()
		if dialog.Err() != nil {
			t.Fatal("the dialog was taken away while a call waited, or was told to come again")
		}
		// It comes again, and is given up.
		again, cancelAgain := context.WithCancel(t.Context())
		three := b.begin(again, pay("electricity"))
		dialogs.wantNone(t)
		cancelAgain()
		<-three
		dialogs.wantClosed(t, dialog)
	})
}

func TestUnfetchedAllowIsForTheSameCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := newDialogs(t)
		if err := <-b.begin(t.Context(), pay("electricity")); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		<-dialogs.open
		dialogs.answer <- AllowOnce
		synctest.Wait()
		other := b.begin(t.Context(), pay("mallory"))
		<-dialogs.open
		dialogs.answer <- Deny
		if err := <-other; !errors.Is(err, ErrDenied) {
			t.Errorf("pay mallory: %v", err)
		}
		b.Accept(Permission, process, store.Entry{Name: "purse"})
		c := pay("electricity")
		if err := b.permit(t.Context(), c, "purse"); err != nil {
			t.Errorf("pay electricity: %v", err)
		}
		if how := c.How(store.Entry{Name: "purse"}); how != byDialog+byRetry {
			t.Errorf("the audit says %q", how)
		}
	})
}

// Of calls that can't be told from one another, the one that has waited longest gets the answer. The other is asked about anew.
func TestAllowGoesToTheCallThatWaitedLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := newDialogs(t)
		for range 60 {
			one, two := pay("electricity"), pay("electricity")
			first := b.begin(t.Context(), one)
			second := b.begin(t.Context(), two)
			<-dialogs.open
			dialogs.answer <- AllowOnce
			if err := <-first; err != nil {
				t.Fatalf("the first call: %v", err)
			}
			<-dialogs.open
			if two.allows(useOf("purse")) {
				t.Fatal("the second call took the answer of the first")
			}
			dialogs.answer <- Deny
			if err := <-second; !errors.Is(err, ErrDenied) {
				t.Fatalf("the second call: %v", err)
			}
			b.Accept(Permission, process, store.Entry{Name: "purse"})
		}
	})
}

// One getter of a call takes the answer, and another one, which was busy telling the client that the call lives, finds that its
// own time is over. The call has had its answer: the next one is asked about.
func TestAllowThatOneGetterTookIsNotKeptForAnother(t *testing.T) {
	for range 20 { // a getter to which two things happened goes by either
		synctest.Test(t, func(t *testing.T) {
			b, dialogs := newDialogs(t)
			c, busy := pay("electricity"), make(chan struct{})
			var told atomic.Bool
			c.Progress = func() {
				if told.CompareAndSwap(false, true) {
					<-busy
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			one, two := b.begin(ctx, c), b.begin(ctx, c)
			time.Sleep(11 * time.Second)
			<-dialogs.open
			dialogs.answer <- AllowOnce
			select { // the getter that is not busy
			case err := <-one:
				one = two
				if err != nil {
					t.Error(err)
				}
			case err := <-two:
				if err != nil {
					t.Error(err)
				}
			}
			time.Sleep(10 * time.Second)
			close(busy)
			<-one
			dialogs.wantsNext(t, b, "one answer let in two calls")
		})
	}
}

// A call that goes at the moment of its answer leaves none behind that would outlast the end of what was allowed.
func TestAnswerBeforeRevokeIsForNoCallAfterIt(t *testing.T) {
	for range 20 { // a getter to which two things happened goes by either
		synctest.Test(t, func(t *testing.T) {
			b, dialogs := newDialogs(t)
			c, busy := pay("electricity"), make(chan struct{})
			c.Progress = func() { <-busy }
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			paid := b.begin(ctx, c)
			time.Sleep(11 * time.Second)
			<-dialogs.open
			dialogs.answer <- AllowOnce
			synctest.Wait()
			b.Revoke("purse")
			time.Sleep(10 * time.Second)
			close(busy)
			<-paid
			dialogs.wantsNext(t, b, "the revoked answer counts")
		})
	}
}

func TestNothingIsAllowedOnceTheDeskIsClosed(t *testing.T) {
	b := newBench(t, nil)
	ctx, before := payRound(t.Context(), "electricity")
	before.allow([]Use{useOf("other")}, byDialog)
	if err := b.permit(ctx, before, "purse"); !errors.Is(err, ErrPending) {
		t.Fatal(err)
	}
	open := &openQuestion{Subject: newQuestion(before, []Use{useOf("purse")}, Words{}), posed: time.Now(), done: make(chan struct{})}
	b.Close()
	if b.settle(open, verdict{answer: AllowSession}); len(b.Grants()) != 0 {
		t.Errorf("a grant: %v", b.Grants())
	}
	_, state := b.End(before)
	_, again := payRound(t.Context(), "electricity")
	if b.Resume(again, state, chooses(0)); again.allows(useOf("other")) || again.allows(useOf("purse")) {
		t.Error("a request that comes again has what was allowed before")
	}
	ctx, after := payRound(t.Context(), "gas")
	if err := b.permit(ctx, after, "purse"); !errors.Is(err, ErrClosed) {
		t.Errorf("a new call: %v", err)
	}
}

// Two calls of a tool are two questions, one after the other. What is allowed for the session answers the second unasked.
func TestSessionReleasesCallsWithOtherArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := newDialogs(t)
		first, second := b.begin(t.Context(), pay("electricity")), b.begin(t.Context(), pay("water"))
		<-dialogs.open
		dialogs.wantNone(t)
		dialogs.answer <- AllowSession
		if err := errors.Join(<-first, <-second); err != nil {
			t.Error(err)
		}
		dialogs.wantNone(t)
	})
}

func TestRoundsOfATopicComeOneAfterTheOther(t *testing.T) {
	for choice, want := range map[int]int{0: 1, 1: 0} { // forms for the second call
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, nil)
			ctx, c := payRound(t.Context(), "electricity")
			<-b.begin(ctx, c)
			_, state := b.End(c)
			ctx, second := payRound(t.Context(), "water")
			waits := b.begin(ctx, second)
			select {
			case err := <-waits:
				t.Fatalf("the second call does not wait: %v", err)
			default:
			}
			time.Sleep(time.Second)
			_, c = payRound(t.Context(), "electricity")
			b.Resume(c, state, chooses(choice))
			err := <-waits
			forms, _ := b.End(second)
			if len(forms) != want || (err == nil) != (want == 0) {
				t.Errorf("choice %d: %v, %d forms", choice, err, len(forms))
			}
		})
	}
}

// Nobody is waited for who was given up.
func TestCancelledRoundIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		request, cancel := context.WithCancel(t.Context())
		ctx, c := payRound(request, "electricity")
		<-b.begin(ctx, c)
		water, second := payRound(t.Context(), "water")
		waits := b.begin(water, second)
		cancel()
		if forms, state := b.End(c); len(forms) != 0 || state != "" || len(b.handles) != 0 {
			t.Errorf("%d forms, state %q, %d handles", len(forms), state, len(b.handles))
		}
		synctest.Wait()
		select {
		case <-waits:
		default:
			t.Error("the second call still waits")
		}
		if forms, _ := b.End(second); len(forms) != 1 {
			t.Errorf("the second call is asked by %d forms", len(forms))
		}
	})
}

// A client that answers one question and drops another has given up that call, and can still be asked.
func TestClientThatAnswersIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		ctx, dropped := payRound(t.Context(), "electricity")
		<-b.begin(ctx, dropped)
		b.End(dropped)
		ctx, c := payRound(t.Context(), "water")
		if err := <-b.begin(ctx, c); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		_, state := b.End(c)
		time.Sleep(time.Second)
		_, c = payRound(t.Context(), "water")
		b.Resume(c, state, chooses(0))
		time.Sleep(OpenFor)
		ctx, c = payRound(t.Context(), "gas")
		<-b.begin(ctx, c)
		if forms, _ := b.End(c); len(forms) != 1 {
			t.Error("the client is taken for one that can't be asked")
		}
	})
}

// sleeps has a time be as if the computer had slept since: the monotonic clock stood still meanwhile.
func sleeps(since *time.Time, d time.Duration) {
	*(*uint64)(unsafe.Pointer(since)) -= uint64(d/time.Second) << 30 // the seconds of the wall clock, see package time
}

// These tests are in no bubble, whose times have no monotonic clock.
func TestNothingOfTheEveningCountsInTheMorning(t *testing.T) {
	night := 10 * time.Hour
	now := time.Now()
	if sleeps(&now, night); time.Since(now) > time.Hour || time.Since(now.Round(0)) < night {
		t.Fatal("no night has passed")
	}
	changed := func(b bench, change func()) {
		b.mu.Lock()
		defer b.mu.Unlock()
		change()
	}
	t.Run("unfetched answer", func(t *testing.T) {
		b, dialogs := newDialogs(t)
		short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_ = b.permit(short, pay("electricity"), "purse")
		<-dialogs.open
		dialogs.answer <- AllowOnce
		b.work.Wait()
		changed(b, func() {
			for _, open := range b.questions.open {
				sleeps(&open.begun, night)
			}
		})
		go func() { _ = b.permit(t.Context(), pay("electricity"), "purse") }()
		<-dialogs.open // it is asked anew
	})
	t.Run("open dialog", func(t *testing.T) {
		b, dialogs := newDialogs(t)
		paid := make(chan error, 1)
		go func() { paid <- b.permit(t.Context(), pay("electricity"), "purse") }()
		<-dialogs.open
		changed(b, func() {
			for _, open := range b.questions.open {
				sleeps(&open.posed, night)
			}
		})
		dialogs.answer <- AllowSession
		if err := <-paid; !errors.Is(err, ErrPending) || len(b.Grants()) != 0 {
			t.Errorf("%v, grants %v", err, b.Grants())
		}
	})
	t.Run("input request", func(t *testing.T) {
		b := newBench(t, nil)
		ctx, c := payRound(t.Context(), "electricity")
		_ = b.permit(ctx, c, "purse")
		_, state := b.End(c)
		for _, h := range b.handles {
			sleeps(&h.asked, night)
		}
		_, c = payRound(t.Context(), "electricity")
		if b.Resume(c, state, chooses(0)); !c.stale {
			t.Error("an answer of the evening counts")
		}
	})
	t.Run("question in an input request", func(t *testing.T) {
		b := newBench(t, nil)
		ctx, c := payRound(t.Context(), "electricity")
		_ = b.permit(ctx, c, "purse")
		_, state := b.End(c)
		for _, open := range b.questions.open {
			sleeps(&open.begun, night)
		}
		for _, h := range b.handles {
			h.asked = h.asked.Add(-time.Second) // no faster than a person
		}
		_, c = payRound(t.Context(), "electricity")
		if b.Resume(c, state, chooses(0)); c.allows(useOf("purse")) {
			t.Error("an answer of the evening counts")
		}
	})
	t.Run("grant", func(t *testing.T) {
		b := newBench(t, nil)
		b.grant(&question{uses: []Use{useOf("purse")}, who: process, words: Words{Remember: 8 * time.Hour}})
		for key, g := range b.grants {
			sleeps(&g.until, night)
			b.grants[key] = g
		}
		if grants := b.Grants(); len(grants) != 0 {
			t.Errorf("grants %v", grants)
		}
	})
}
