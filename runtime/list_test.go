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

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

func TestListAndClear(t *testing.T) {
	key := Password("api_key", Field{Required: true, RenamedFrom: []string{"key_of_old"}})
	m, values := victim(t, answers{ask: always(AllowSession)}, key, Text("note", Field{}), URL("unset", Field{}))
	values.Map.Delete("unset")
	values.Map.Store("key_of_old", "pets-9876543210fedcba")
	ctx := m.Background(t.Context())
	if _, err := Get(ctx, m, key, "Read"); err != nil || len(m.Grants()) != 1 {
		t.Fatal(err, m.Grants())
	}
	if names, err := m.List(ctx); err != nil || !slices.Equal(names, []string{"api_key", "key_of_old", "note"}) {
		t.Errorf("List: %q, %v", names, err)
	}
	if err := m.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if names, err := m.List(ctx); err != nil || len(names) != 0 {
		t.Errorf("after Clear: %q, %v", names, err)
	}
	values.Range(func(name, value any) bool { t.Errorf("left: %v", name); return true })
	if grants := m.Grants(); len(grants) != 0 {
		t.Errorf("grants left: %v", grants)
	}
	_ = m.Close()
	if _, err := m.List(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: List: %v", err)
	}
	if err := m.Clear(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: Clear: %v", err)
	}
}

// broken is a store that has names and fails, with a value in its words.
type broken struct{ *memory }

func (broken) Clear(context.Context, store.Scope) error { return errors.New("no: " + attacked) }
func (broken) List(context.Context, store.Scope) ([]store.Entry, error) {
	return nil, errors.New("no: " + attacked)
}

func TestListAndClearOfABrokenStore(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, values := victim(t, answers{ask: always(AllowSession)}, key)
	m.values.store = broken{values}
	ctx := m.Background(t.Context())
	if _, err := Get(ctx, m, key, "Read"); err != nil || len(m.Grants()) != 1 {
		t.Fatal(err, m.Grants())
	}
	if names, err := m.List(ctx); !errors.Is(err, ErrStore) || names != nil {
		t.Errorf("List: %q, %v", names, err)
	}
	if err := m.Clear(ctx); !errors.Is(err, ErrStore) {
		t.Errorf("Clear: %v", err)
	}
	if grants := m.Grants(); len(grants) != 0 { // some of it may be gone, and stored again by another process
		t.Errorf("grants left: %v", grants)
	}
}

// named is a store in which another program has chosen a name.
type named struct{ *memory }

func (named) List(context.Context, store.Scope) ([]store.Entry, error) {
	return []store.Entry{{Name: "api_key"}, {Name: "left\nover"}}, nil
}

func TestListHasWhatOthersStored(t *testing.T) {
	m, values := victim(t, answers{}, Password("api_key", Field{Required: true}))
	m.values.store = named{values}
	names, err := m.List(t.Context())
	if want := []string{"api_key", "left over"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("got %q, %v, want %q", names, err, want)
	}
}

// together is a store of which each reading waits until all that are wanted have begun.
type together struct {
	*memory
	heeds   bool
	reading sync.WaitGroup
	most    atomic.Int32
	now     atomic.Int32
}

func (s *together) HeedsQuietly() bool { return s.heeds }

func (s *together) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	if n := s.now.Add(1); n > s.most.Load() {
		s.most.Store(n)
	}
	defer s.now.Add(-1)
	if s.heeds {
		s.reading.Done()
		s.reading.Wait()
	}
	return s.memory.Get(ctx, in, name)
}

// A secret and where it goes are read at once, but from a store that may ask a person for each.
func TestDestinationIsReadAlong(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			key := Password("api_key", Field{Required: true, SentTo: "base_url"})
			m, values := victim(t, answers{}, key, URL("base_url", Field{Required: true, Permission: NoAsking}))
			s := &together{memory: values, heeds: heeds}
			s.reading.Add(2)
			m.values.store = s
			found, err := m.read(t.Context(), m.withNeeded([]*definition{key.definition()}), nil)
			if err != nil || len(found) != 2 || found[0].text.Reveal() != attacked || found[1].value == nil {
				t.Errorf("got %v, %v", found, err)
			}
			if want := map[bool]int32{true: 2, false: 1}[heeds]; s.most.Load() != want {
				t.Errorf("%d readings at once, want %d", s.most.Load(), want)
			}
		})
	}
}

// hoard is a store that keeps a former name under lock.
type hoard struct {
	*memory
	asked bool
}

func (s *hoard) Delete(ctx context.Context, in store.Scope, name string) error {
	if keychain.IsQuiet(ctx) {
		return fmt.Errorf("%w", keychain.ErrUnasked)
	}
	s.asked = true
	return keychain.ErrDismissed
}

// What a former name has is no reason to ask for the password of a keyring while a new value is stored. To forget it is one.
func TestFormerNameUnderLock(t *testing.T) {
	key := Password("api_key", Field{Required: true, RenamedFrom: []string{"former"}})
	m, values := victim(t, answers{}, key)
	s := &hoard{memory: values}
	m.values.store = s
	if err := m.Set(t.Context(), key, "pets-9876543210fedcba"); err != nil || s.asked {
		t.Errorf("Set: %v, asked: %t", err, s.asked)
	}
	if err := m.Forget(t.Context(), key); !errors.Is(err, ErrDismissed) || !s.asked {
		t.Errorf("Forget: %v, asked: %t", err, s.asked)
	}
}
