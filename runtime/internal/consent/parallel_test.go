package consent

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The getters of these tests run at once, in one call: as those of a client do that sends several requests.

// A getter that came to its question while another one of the call was answered does not ask again: "once" is for the call.
func TestAnswerThatAnotherGetterOfTheCallGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, asked := thinking(t, time.Second, AllowOnce)
		c := bareCall("tool")
		uses, isFirst := []Use{useOf("api_key")}, true
		_, err := b.Permit(t.Context(), c, uses, func(needed []Use) Words { // what is needed has been found out by now
			if isFirst {
				isFirst = false
				if err := b.permit(t.Context(), c, "api_key"); err != nil {
					t.Error(err)
				}
			}
			return b.words(needed)
		}, nil)
		if err != nil || asked.Load() != 1 {
			t.Errorf("%v, asked %d times", err, asked.Load())
		}
	})
}

// An input request has each question once, however many getters of the call want its answer, which is for all of them.
func TestGettersOfACallShareItsInputRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		_, c := roundCall(t.Context(), process, "tool")
		uses := []Use{useOf("api_key")}
		q := newQuestion(c, uses, b.words(uses))
		var wanted []*openQuestion
		for range 3 { // all have come before the first one ends the round
			open, _, err := b.join(c, q, true)
			if err != nil {
				t.Fatal(err)
			}
			wanted = append(wanted, open)
		}
		for _, open := range wanted {
			if err := b.pend(c, open); !errors.Is(err, ErrPending) {
				t.Fatal(err)
			}
		}
		forms, state := b.End(c)
		if len(forms) != 1 || forms[0].Message != b.words(uses).Form.Message {
			t.Fatalf("the input request has %q, want the question once", forms)
		}
		time.Sleep(time.Second)
		ctx, c := roundCall(t.Context(), process, "tool")
		b.Resume(c, state, chooses(0))
		var getters sync.WaitGroup
		for range 3 {
			getters.Go(func() {
				if err := b.permit(ctx, c, "api_key"); err != nil {
					t.Error(err)
				}
			})
		}
		getters.Wait()
		if forms, _ := b.End(c); len(forms) > 0 {
			t.Errorf("asked again: %q", forms)
		}
	})
}
