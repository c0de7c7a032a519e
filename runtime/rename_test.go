package secrets

import (
	"context"
	"errors"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	"testing"
)

// mover is a store in which another process renames a value when the present name has been looked up.
type mover struct{ *memory }

func (s mover) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	text, err := s.memory.Get(ctx, in, name)
	if former, ok := s.LoadAndDelete("former"); ok {
		s.Store("api_key", former)
	}
	return text, err
}

// A value that another process renames meanwhile is found under one of its names.
func TestValueThatIsRenamedMeanwhile(t *testing.T) {
	key := Password("api_key", Field{Required: true, RenamedFrom: []string{"older", "former"}})
	m, store := victim(t, answers{}, key)
	store.Map.Delete("api_key")
	store.Map.Store("former", attacked)
	m.values.store = mover{store}
	if stored, err := m.Stored(t.Context(), key); err != nil || !stored {
		t.Errorf("stored: %t, %v", stored, err)
	}
}

// mortal is a store of a process that is killed after it has deleted one value.
type mortal struct {
	*memory
	isDead bool
}

func (s *mortal) Delete(ctx context.Context, in store.Scope, name string) error {
	if s.isDead {
		return ErrStore
	}
	s.isDead = true
	return s.memory.Delete(ctx, in, name)
}

// Whenever a process is killed that forgets a value, the value under a former name, which was hidden, does not come back.
func TestFormerValueDoesNotComeBack(t *testing.T) {
	key := Password("api_key", Field{Required: true, RenamedFrom: []string{"former"}})
	m, store := victim(t, answers{}, key)
	store.Map.Store("former", "pets-9876543210fedcba")
	m.values.store = &mortal{memory: store}
	if err := m.Forget(t.Context(), key); !errors.Is(err, ErrStore) {
		t.Fatal(err)
	}
	m.values.store = store // as another process sees it
	if text, err := m.values.lookup(t.Context(), key.definition()); err == nil && text != attacked {
		t.Errorf("the value is %q now", text)
	}
}
