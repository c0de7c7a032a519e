package secrets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Each test of this file is a mistake that was made once.

// An older client is told to call again while the dialog is open, and does so when it is done: that is no second wish.
func TestSetToolIsOneDialogForAnOlderClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			time.Sleep(consent.Patience + 10*time.Second)
			return fmt.Sprint("another-value-", dialogs.Add(1)), nil
		}}, key)
		set := func() error { return useTool(bareCall(t.Context(), m, "secrets_set"), m, "secrets_set", "api_key") }
		for number := 1; number <= 2; number++ { // the second is another wish
			if err := set(); !errors.Is(err, ErrPending) {
				t.Fatalf("wish %d: %v, want to be told to call again", number, err)
			}
			time.Sleep(time.Minute)
			if err := set(); err != nil || int(dialogs.Load()) != number {
				t.Errorf("wish %d: %v after %d dialogs", number, err, dialogs.Load())
			}
			if text, _ := store.Load("api_key"); text != fmt.Sprint("another-value-", number) {
				t.Errorf("wish %d: stored %v", number, text)
			}
		}
	})
}

// The dialog of secrets_set offers what is stored of a setting: agreeing to it changes nothing, where the default would have
// taken its place. A value that may hold a password is never offered, since a dialog's prefill is in the process list.
func TestSetToolOffersWhatIsStored(t *testing.T) {
	for _, row := range []struct {
		key            AnyKey
		stored, offers string
	}{
		{URL("s", Field{Default: "https://default.example"}), "https://stored.example/api", "https://stored.example/api"},
		{URL("s", Field{Default: "https://default.example"}), " https://stored.example ", "https://stored.example"},
		{URL("s", Field{Default: "https://default.example"}), "stored by somebody else", "https://default.example"},
		{URL("s", Field{Default: "https://default.example"}), "", "https://default.example"},
		{URL("s", Field{UserInfo: true}), "https://app:hunter2@stored.example", ""},
		{Text("s", Field{}), "ann", "ann"},
		{Email("s", Field{}), "ann@stored.example", "ann@stored.example"},
		{Integer("s", Field{}), "7", "7"},
		{Boolean("s", Field{Default: "true"}), "No", "false"},
		{Duration("s", Field{}), "30s", "30s"},
		{Password("s", Field{}), "hunter2", ""},
		{Multiline("s", Field{}), "hunter2", ""},
	} {
		var prefill string
		m, store := victim(t, answers{enter: func(_ context.Context, e Entry) (string, error) {
			prefill = e.Prefill
			return "", ErrDismissed
		}}, row.key)
		store.Store("s", row.stored)
		if err := useTool(bareCall(t.Context(), m, "secrets_set"), m, "secrets_set", "s"); !errors.Is(err, ErrDismissed) {
			t.Error(err)
		}
		if prefill != row.offers {
			t.Errorf("%s, stored %q: offers %q, want %q", row.key.Describe().Type, row.stored, prefill, row.offers)
		}
	}
}

// A url that may hold a password is not offered for correction either.
func TestUserInfoIsNotOfferedForCorrection(t *testing.T) {
	var prefills []string
	m, store := victim(t, answers{enter: func(_ context.Context, e Entry) (string, error) {
		prefills = append(prefills, e.Prefill)
		return []string{"https://app:p@s#s@good.example", "https://app:p%40s%23s@good.example"}[len(prefills)-1], nil
	}}, URL("dsn", Field{UserInfo: true}))
	if err := useTool(bareCall(t.Context(), m, "secrets_set"), m, "secrets_set", "dsn"); err != nil {
		t.Fatal(err)
	}
	if text, _ := store.Load("dsn"); text != "https://app:p%40s%23s@good.example" || !slices.Equal(prefills, []string{"", ""}) {
		t.Errorf("stored %v, offered %q", text, prefills)
	}
}

// recording is a store that knows which accounts were written, in order.
type recording struct {
	*memory
	written []string
}

func (s *recording) Set(ctx context.Context, in store.Scope, name, text string) error {
	s.written = append(s.written, name)
	return s.memory.Set(ctx, in, name, text)
}

func (s *recording) Delete(ctx context.Context, in store.Scope, name string) error {
	if _, ok := s.Load(name); ok {
		s.written = append(s.written, name)
	}
	return s.memory.Delete(ctx, in, name)
}

// Values that were typed under another code than the client shows are taken back, the last one first: of a secret that was
// asked for twice, the first value is back.
func TestValuesAreTakenBackInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, absent := Password("set", Field{Required: true}), Password("absent", Field{Required: true})
		renamed := Password("renamed", Field{Required: true, RenamedFrom: []string{"former"}})
		typed := []string{"first", "second", "third", "fourth"}
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			text := typed[0]
			typed = typed[1:]
			return text, nil
		}}, set, absent, renamed)
		store.Map.Clear()
		store.Store("set", "set-before")
		store.Store("former", "former-before")
		// What is stored is asked for again.
		m.values.reject(m.values.entry(t.Context(), set.def), rejected{text: NewSecret("set-before"), why: "Wrong."})
		m.values.reject(m.values.entry(t.Context(), renamed.def), rejected{text: NewSecret("former-before"), why: "Wrong."})
		recorded := &recording{memory: store}
		m.values.store = recorded

		first := come(t.Context(), m, Process(), "tool")
		if err := m.intake.Collect(first, first.call(), intake.Secrets{Names: []string{"set", "absent", "renamed", "set"}}); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		_, state := first.End()
		time.Sleep(time.Second)
		if text, err := m.values.lookup(t.Context(), set.def); err != nil || text != "fourth" {
			t.Fatalf("stored %q, %v", text, err)
		}

		recorded.written = nil
		again := comeBack(t.Context(), m, Process(), "tool", state, accepts("codes0", m.sentences.Form.Differ))
		if want := []string{"set", "renamed", "absent", "set"}; !slices.Equal(recorded.written, want) {
			t.Errorf("taken back in the order %q, want %q", recorded.written, want)
		}
		for def, want := range map[*definition]string{set.def: "set-before", renamed.def: "former-before"} {
			if text, err := m.values.lookup(t.Context(), def); err != nil || text != want {
				t.Errorf("%s is %q, %v", def.Name, text, err)
			}
		}
		if text, err := m.values.lookup(t.Context(), absent.def); !errors.Is(err, ErrNotSet) {
			t.Errorf("absent is %q, %v", text, err)
		}
		if _, err := Get(again, m, absent, "Read"); !errors.Is(err, ErrDenied) {
			t.Errorf("asked again at once: %v", err)
		}
	})
}

// closable is a store that has to be closed.
type closable struct {
	*memory
	closed atomic.Int32
}

func (s *closable) Close() error {
	s.closed.Add(1)
	return nil
}

func TestCloseClosesTheStoreOnce(t *testing.T) {
	m, store := victim(t, answers{}, Password("api_key", Field{}))
	counting := &closable{memory: store}
	m.values.store = counting
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := m.Close(); err != nil || counting.closed.Load() != 1 {
		t.Errorf("%v, the store was closed %d times", err, counting.closed.Load())
	}
}

// "Allow" covers one tool call. A goroutine that the handler left behind is in none.
func TestAllowOnceEndsWithTheCall(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	questions := 0
	m, _ := victim(t, answers{ask: func(context.Context, Question) (Answer, error) {
		if questions++; questions == 1 {
			return AllowOnce, nil
		}
		return Deny, nil
	}}, key)
	ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "tool", Principal: Process()}, "", nil)
	for range 2 { // both within the call
		if v, err := Get(ctx, m, key, "Read"); err != nil || v.Reveal() != attacked {
			t.Error(err)
		}
	}
	if forms, _ := turn.End(); len(forms) != 0 || questions != 1 {
		t.Fatalf("%d questions in the call, and %d forms", questions, len(forms))
	}
	if v, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrDenied) || questions != 2 {
		t.Errorf("after the call: %q, %v, %d questions", v.Reveal(), err, questions)
	}
}

// slow is a store whose writes wait, once it is told to, until they are let go on.
type slow struct {
	*memory
	waits       atomic.Bool
	begun, goOn chan struct{}
}

func (s *slow) Set(ctx context.Context, in store.Scope, name, text string) error {
	if s.waits.Load() {
		s.begun <- struct{}{}
		<-s.goOn
	}
	return s.memory.Set(ctx, in, name, text)
}

// A keychain may keep a taking back waiting. The retry of the call that asked for the value then waits too, but nothing else
// does. See also package intake.
func TestSlowTakingBackHoldsNobodyElse(t *testing.T) {
	key, other := Password("api_key", Field{Required: true}), Password("other", Field{Required: true})
	m, store := victim(t, answers{
		enter: func(context.Context, Entry) (string, error) { return "another-value", nil },
		ask:   always(AllowSession),
	}, key, other)
	waiting := &slow{memory: store, begun: make(chan struct{}, 1), goOn: make(chan struct{})}
	m.values.store = waiting
	first := come(t.Context(), m, Process(), "secrets_set")
	if err := useTool(first, m, "secrets_set", "api_key"); !errors.Is(err, ErrPending) {
		t.Fatal(err)
	}
	_, state := first.End()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if text, err := m.values.lookup(t.Context(), key.def); err == nil && text == "another-value" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("stored %q, %v", text, err)
		}
	}
	time.Sleep(m.fast) // a quicker answer does not count
	waiting.waits.Store(true)

	retried := make(chan error)
	go func() {
		retry := comeBack(t.Context(), m, Process(), "secrets_set", state, accepts("codes0", m.sentences.Form.Differ))
		retried <- useTool(retry, m, "secrets_set", "api_key")
	}()
	<-waiting.begun
	others := make(chan struct{})
	go func() {
		defer close(others)
		_ = m.Grants()
		ctx := bareCall(t.Context(), m, "tool")
		if err := useTool(ctx, m, "secrets_status", ""); err != nil {
			t.Errorf("status: %v", err)
		}
		if _, err := Get(ctx, m, other, "Read"); err != nil {
			t.Error(err)
		}
		if err := m.Revoke(key); err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-others:
	case <-time.After(time.Minute):
		t.Error("others wait for the keychain")
	}
	close(waiting.goOn)
	if err := <-retried; !errors.Is(err, ErrDenied) {
		t.Errorf("the retry takes for stored what was taken back: %v", err)
	}
	<-others
	if text, err := m.values.lookup(t.Context(), key.def); err != nil || text != attacked {
		t.Errorf("stored %q, %v", text, err)
	}
	if err := useTool(bareCall(t.Context(), m, "secrets_set"), m, "secrets_set", "api_key"); !errors.Is(err, ErrDenied) {
		t.Errorf("so does the next call: %v", err)
	}
}
