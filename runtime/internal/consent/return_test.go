package consent

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A call that waits for its input request may have other questions open beside it, in dialogs. They are open as long as the call
// is expected to come again.

// A pair is a call by rounds whose handler wants two secrets at a time: a dialog asks for one, and the input request for the other.
type pair struct {
	bench
	dialogs
	call   *Call
	ctx    context.Context // of its handler
	giveUp context.CancelFunc
	dialog context.Context
	asked  chan error // what came of the one in the dialog
}

func beginPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{}
	p.bench, p.dialogs = newDialogs(t)
	p.begin(t)
	p.dialog = <-p.open
	if err := p.permit(p.ctx, p.call, "round"); !errors.Is(err, ErrPending) {
		t.Fatalf("the input request: %v", err)
	}
	if err := <-p.asked; !errors.Is(err, ErrPending) {
		t.Fatalf("beside the input request: %v", err)
	}
	return p
}

// begin begins a round of the call, and to want what the dialog asks for.
func (p *pair) begin(t *testing.T) {
	request, giveUp := context.WithCancel(t.Context())
	p.giveUp = giveUp
	p.ctx, p.call = payRound(request, "electricity")
	p.asked = p.wantInDialog()
}

// wantInDialog begins to want what only a dialog may ask for.
func (p *pair) wantInDialog() chan error {
	asked, ctx, c := make(chan error, 1), p.ctx, p.call
	go func() {
		_, err := p.Permit(ctx, c, []Use{useOf("dialog")}, func(uses []Use) Words {
			words := p.words(uses)
			words.OnlyDialog = true
			return words
		}, nil)
		asked <- err
	}()
	synctest.Wait()
	return asked
}

// comesAgain ends the round, and begins the next one with an answer to the form.
func (p *pair) comesAgain(t *testing.T, choice int) {
	t.Helper()
	forms, state := p.End(p.call)
	if len(forms) != 1 {
		t.Fatalf("%d forms", len(forms))
	}
	time.Sleep(time.Second)
	request, giveUp := context.WithCancel(t.Context())
	p.giveUp = giveUp
	p.ctx, p.call = payRound(request, "electricity")
	p.Resume(p.call, state, chooses(choice))
}

func (p *pair) wantOpen(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if p.dialog.Err() != nil {
		t.Fatal("the dialog is gone")
	}
}

// Its client gives a call up while its handler is still at the end of its work, for which no getter waits any more.
func TestCallGivenUpBesideItsInputRequestTakesItsDialogAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := beginPair(t)
		p.wantOpen(t)
		p.giveUp()
		p.End(p.call)
		p.wantClosed(t, p.dialog)
	})
}

// The same, where the call is given up in its second round.
func TestCallGivenUpInItsNextRoundTakesItsDialogAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := beginPair(t)
		p.comesAgain(t, 0)
		p.wantOpen(t)
		p.giveUp() // before its handler wants the secret again
		p.End(p.call)
		p.wantClosed(t, p.dialog)
	})
}

// A call that has its result does not come again, whatever its handler wanted in an earlier round.
func TestCallThatEndsTakesTheDialogOfAnEarlierRoundAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := beginPair(t)
		p.comesAgain(t, 2)
		if err := p.permit(p.ctx, p.call, "round"); !errors.Is(err, ErrDenied) {
			t.Fatal(err)
		}
		p.wantOpen(t)
		p.End(p.call)
		p.wantClosed(t, p.dialog)
	})
}

// A getter goes when its call has ended already, since its handler did not wait for it.
func TestGetterThatGoesAfterItsCallTakesItsDialogAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dialogs := newDialogs(t)
		request, giveUp := context.WithCancel(t.Context())
		defer giveUp()
		ctx, c := payRound(request, "electricity")
		open, _, err := b.join(c, newQuestion(c, []Use{useOf("dialog")}, Words{OnlyDialog: true, Dialog: b.answer}), true)
		if err != nil {
			t.Fatal(err)
		}
		dialog := <-dialogs.open
		_ = b.permit(ctx, c, "round")
		giveUp()
		b.End(c)
		_ = b.questions.Leave(c, open, ErrPending)
		dialogs.wantClosed(t, dialog)
	})
}

// Until then the dialog stays, and what is allowed in it is for the call.
func TestDialogBesideAnInputRequestIsForTheNextRound(t *testing.T) {
	for _, early := range []bool{true, false} { // the answer, before the call comes again
		synctest.Test(t, func(t *testing.T) {
			p := beginPair(t)
			if early {
				p.dialogs.answer <- AllowOnce
			}
			p.comesAgain(t, 0)
			asked := p.wantInDialog()
			if !early {
				p.dialogs.answer <- AllowOnce
			}
			if err := errors.Join(<-asked, p.permit(p.ctx, p.call, "round")); err != nil {
				t.Error(err)
			}
			p.wantNone(t)
		})
	}
}

// One that was told to come again without an input request may come again with a new one.
func TestDialogStaysForACallThatIsToldToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := beginPair(t)
		p.comesAgain(t, 0)
		if err := <-p.wantInDialog(); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		p.End(p.call)
		p.wantOpen(t)
	})
}

// Another call waits for what a call is given up for, or took its place.
func TestDialogBesideAnInputRequestStaysForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := beginPair(t)
		first, giveUp := p.call, p.giveUp
		p.begin(t) // the same call again, by another request
		if err := <-p.asked; !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		giveUp()
		p.End(first)
		p.wantOpen(t)
	})
}

// A client that is asked in place may give its call up once the getter was told to come again, and the handler is still at work.
func TestCallGivenUpAfterItsPatienceTakesItsDialogAway(t *testing.T) {
	for _, givenUp := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b, dialogs := newDialogs(t)
			c := pay("electricity")
			c.Gone = func() bool { return givenUp }
			if err := <-b.begin(t.Context(), c); !errors.Is(err, ErrPending) {
				t.Fatal(err)
			}
			dialog := <-dialogs.open
			b.End(c)
			synctest.Wait()
			if isClosed := dialog.Err() != nil; isClosed != givenUp {
				t.Errorf("given up: %t; the dialog is closed: %t", givenUp, isClosed)
			}
		})
	}
}
