package runtimetest_test

import (
	"errors"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The zero Store is as good as one of NewStore, whatever is done with it first.
func TestZeroStore(t *testing.T) {
	for name, first := range map[string]func(*runtimetest.Store) error{
		"get": func(s *runtimetest.Store) error {
			_, err := s.Get(t.Context(), store.Scope{Server: "x"}, "a")
			if errors.Is(err, secrets.ErrNotSet) {
				return nil
			}
			return errors.Join(errors.New("something is there"), err)
		},
		"set": func(s *runtimetest.Store) error { return s.Set(t.Context(), store.Scope{Server: "x"}, "b", "value") },
		"delete": func(s *runtimetest.Store) error {
			if err := s.Delete(t.Context(), store.Scope{Server: "x"}, "a"); !errors.Is(err, secrets.ErrNotSet) {
				return errors.Join(errors.New("something was there"), err)
			}
			return nil
		},
		"list": func(s *runtimetest.Store) error {
			_, err := s.List(t.Context(), store.Scope{Server: "x"})
			return err
		},
		"put":  func(s *runtimetest.Store) error { s.Put("x", "b", "value"); return nil },
		"fail": func(s *runtimetest.Store) error { s.Fail(nil); return nil },
	} {
		var zero runtimetest.Store
		if err := first(&zero); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := zero.Set(t.Context(), store.Scope{Server: "x"}, "a", "value"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if value, ok := zero.Value("x", "a"); !ok || value != "value" {
			t.Errorf("%s: %q", name, value)
		}
	}
}

func TestStoreInMemoryIsAStore(t *testing.T) {
	runtimetest.TestStore(t, func(testing.TB) store.Store { return runtimetest.NewStore() })
}
