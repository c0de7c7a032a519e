package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// locked is a keychain that is locked, and counts its prompts.
type locked struct {
	*memory
	asksAnyway bool // as the keychains do that know nothing of quiet contexts
	answer     error
	prompts    int
	open       bool
}

func (s *locked) unlock(ctx context.Context) error {
	switch {
	case s.open:
		return nil
	case keychain.IsQuiet(ctx) && !s.asksAnyway:
		return fmt.Errorf("wrapped, as an author's store may do: %w", keychain.ErrUnasked)
	}
	s.prompts++
	s.open = s.answer == nil
	return s.answer
}

func (s *locked) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	if err := s.unlock(ctx); err != nil {
		return "", err
	}
	return s.memory.Get(ctx, in, name)
}

func (s *locked) Set(ctx context.Context, in store.Scope, name, text string) error {
	if err := s.unlock(ctx); err != nil {
		return err
	}
	return s.memory.Set(ctx, in, name, text)
}

func openLockedStore(t *testing.T) (*Manager, *locked, Key[Secret], Key[Secret]) {
	t.Helper()
	one, other := Password("one", Field{Required: true}), Password("other", Field{Required: true})
	m, store := victim(t, answers{ask: always(AllowOnce)}, one, other)
	s := &locked{memory: store, answer: keychain.ErrDismissed}
	m.values.store = s
	return m, s, one, other
}

// However often and for whichever secret the keychain is needed, its prompt comes again after 1, 5, 30, 30 minutes, and after a
// prompt that was answered the next refusal is the first again.
func TestDismissedPromptBacksOff(t *testing.T) {
	for _, asksAnyway := range []bool{false, true} {
		for _, dismissed := range []error{keychain.ErrDismissed, ErrDismissed, fmt.Errorf("%w: %w", ErrStoreLocked, ErrDismissed)} {
			t.Run(fmt.Sprint(asksAnyway, dismissed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m, s, one, other := openLockedStore(t)
					s.asksAnyway, s.answer = asksAnyway, dismissed
					ctx := m.Background(t.Context())
					nag := func() {
						for _, key := range []Key[Secret]{one, other} {
							if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrStoreLocked) || !errors.Is(err, ErrDismissed) {
								t.Fatal(err)
							}
							if err := m.Set(ctx, key, "another-value"); !errors.Is(err, ErrStoreLocked) {
								t.Fatal(err)
							}
							if _, err := m.Stored(ctx, key); !errors.Is(err, ErrStoreLocked) {
								t.Fatal(err)
							}
						}
					}
					for i, minutes := range []time.Duration{1, 5, 30, 30} {
						nag()
						time.Sleep(minutes*time.Minute - time.Second)
						nag()
						if s.prompts != i+1 {
							t.Fatalf("%d prompts, want %d", s.prompts, i+1)
						}
						time.Sleep(2 * time.Second)
					}
					s.answer = nil // the user unlocks it in the prompt
					if _, err := Get(ctx, m, one, "Read"); err != nil || s.prompts != 5 {
						t.Fatal(err, s.prompts)
					}
					s.open, s.answer = false, dismissed
					nag()
					time.Sleep(time.Minute + time.Second)
					nag()
					if s.prompts != 7 {
						t.Errorf("%d prompts, want 7", s.prompts)
					}
				})
			})
		}
	}
}

// A prompt that nobody could be shown, or that is still open, is nobody's refusal.
func TestLockedKeychainIsNobodysRefusal(t *testing.T) {
	for _, why := range []error{keychain.ErrLocked, fmt.Errorf("%w: its prompt can't be shown", keychain.ErrLocked)} {
		m, s, one, _ := openLockedStore(t)
		s.answer = why
		for i := 1; i <= 3; i++ {
			if _, err := Get(m.Background(t.Context()), m, one, "Read"); !errors.Is(err, ErrStoreLocked) || errors.Is(err, ErrDismissed) || s.prompts != i {
				t.Errorf("%v: got %v, %d prompts", why, err, s.prompts)
			}
		}
	}
}

// What the user has unlocked by other means is used while the refusal of the prompt holds.
func TestUnlockedMeanwhileIsUsed(t *testing.T) {
	m, s, one, _ := openLockedStore(t)
	ctx := m.Background(t.Context())
	if _, err := Get(ctx, m, one, "Read"); !errors.Is(err, ErrDismissed) {
		t.Fatal(err)
	}
	s.open = true
	if _, err := Get(ctx, m, one, "Read"); err != nil || s.prompts != 1 {
		t.Errorf("got %v, %d prompts", err, s.prompts)
	}
}

// readOnly is a store that says so.
type readOnly struct{ *memory }

func (readOnly) Prepare(context.Context, store.Scope) error {
	return errors.New("the folder is only read")
}

func TestNobodyTypesForAStoreThatIsOnlyRead(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
		t.Error("a dialog opens")
		return "", ErrDismissed
	}, ask: always(AllowOnce)}, key)
	m.values.store = readOnly{store}
	ctx := m.Background(t.Context())
	if _, err := Get(ctx, m, key, "Read"); err != nil { // what is there is handed out
		t.Error(err)
	}
	if err := useTool(ctx, m, "secrets_set", "api_key"); !errors.Is(err, ErrStore) {
		t.Error(err)
	}
	store.Map.Clear()
	if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrStore) {
		t.Error(err)
	}
}

// What is wrong with one value is said of that one. What is wrong with the keychain is, once.
func TestStatusOfOthers(t *testing.T) {
	for err, want := range map[error]string{
		keychain.ErrUnasked: `"name":"one","label":"one","required":true,"set":null,"problem":"one can't be used: memory is locked.`,
		keychain.ErrStore:   `"name":"one","label":"one","required":true,"set":null,"problem":"one can't be used: memory reported an error.`,
		keychain.ErrNoStore: "",
		keychain.ErrTimeout: "",
	} {
		m, values := victim(t, answers{}, Password("one", Field{Required: true}), Password("other", Field{Required: true}))
		if err := values.Set(t.Context(), store.Scope{Server: "x"}, "other", attacked); err != nil {
			t.Fatal(err)
		}
		m.values.store = FailsForOne{values, "one", err}
		said, failure := m.tools()[0].Run(m.Background(t.Context()), "")
		if want == "" {
			if !errors.Is(failure, errors.Unwrap(err)) {
				t.Errorf("%v: got %v, %v", err, said, failure)
			}
			continue
		}
		text, _ := json.Marshal(said)
		if failure != nil || !strings.Contains(string(text), want) || !strings.Contains(string(text), `"name":"other","label":"other","required":true,"set":true}`) {
			t.Errorf("%v: got %s, %v\nwant %s", err, text, failure, want)
		}
	}
}
