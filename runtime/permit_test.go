package secrets

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

// Each test of this file is a run of laws/permission_test.go that broke a law, made small. Those that are about questions
// alone are in package consent.

func TestNoIsHeardWhileAValueIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{
			enter: func(context.Context, Entry) (string, error) { time.Sleep(10 * time.Second); return attacked, nil },
			ask:   always(AllowOnce),
		}, key)
		store.Map.Clear()
		go func() { _, _ = Get(m.Background(t.Context()), m, key, "Read") }()
		synctest.Wait()
		time.AfterFunc(5*time.Second, func() {
			m.desk.Refuse(consent.Permission, consent.Who{Kind: consent.Named, Name: "bob"}, m.values.entries(t.Context(), []*definition{key.def}), ErrDenied)
		})
		bob := come(t.Context(), m, Named("bob"), "tool")
		_, err := Get(bob, m, key, "Read")
		if forms, _ := bob.End(); !errors.Is(err, ErrDenied) || len(forms) != 0 {
			t.Errorf("%v, and %d questions more", err, len(forms))
		}
	})
}

func TestLateRejectionLeavesTheNextValuesAlone(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{
		enter: func(context.Context, Entry) (string, error) { return "", ErrDismissed },
		ask:   always(AllowOnce),
	}, key)
	slow, quick := bareCall(t.Context(), m, "slow"), bareCall(t.Context(), m, "quick")
	_, _ = Get(slow, m, key, "Read")
	if err := m.Set(t.Context(), key, "another-value"); err != nil {
		t.Fatal(err)
	}
	_, _ = Get(quick, m, key, "Read")
	_ = m.Reject(quick, key, "Wrong.")
	_ = m.Reject(slow, key, "Wrong.")
	if v, err := Get(m.Background(t.Context()), m, key, "Read"); !errors.Is(err, ErrDismissed) { // it is asked for again
		t.Errorf("got %q, %v", v.Reveal(), err)
	}
}

// A client may give its call up once the getter was told to come again, and the handler is still at work.
func TestCallGivenUpAfterItsPatienceLeavesNoDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, dialog := Password("api_key", Field{Required: true}), make(chan context.Context, 1)
		m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			dialog <- ctx
			<-ctx.Done()
			return Deny, ctx.Err()
		}}, key)
		request, giveUp := context.WithCancel(t.Context())
		ctx, turn := m.Begin(request, Call{Kind: "tool", Name: "tool", Principal: Process()}, "", nil)
		if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		giveUp()
		turn.End()
		synctest.Wait()
		if shown := <-dialog; shown.Err() == nil {
			t.Error("the dialog is still open")
		}
	})
}
