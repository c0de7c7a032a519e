//go:build darwin || windows

package keychain

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// On the real keychain of this user, under a service of its own.
func TestRealKeychain(t *testing.T) {
	service := fmt.Sprintf("com.mcp.test.%d", time.Now().UnixNano())
	s := New(Options{})
	defer s.Close()
	ctx := context.Background()
	if err := s.Set(ctx, service, "key", "value"); errors.Is(err, ErrNoStore) || errors.Is(err, ErrLocked) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Clear(ctx, service); err != nil {
			t.Error(err)
		}
	}()
	for name, value := range testValues {
		if err := s.Set(ctx, service, "key", value); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got, err := s.Get(ctx, service, "key"); err != nil || got != value {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(value), err)
		}
	}
	if err := s.Delete(ctx, service, "key"); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(ctx, service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("after Delete: %v", err)
	}
}
