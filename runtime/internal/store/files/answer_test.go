package files

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A folder that does not answer, here by another call that waits for it, holds up no call beyond its context.
func TestFolderThatDoesNotAnswer(t *testing.T) {
	s, err := New(t.TempDir(), []string{"api_key"})
	if err != nil {
		t.Fatal(err)
	}
	s.folder.mu.Lock()
	t.Cleanup(s.folder.mu.Unlock)
	in := store.Scope{Server: "petstore"}
	for name, call := range map[string]func(context.Context) error{
		"get":     func(ctx context.Context) error { _, err := s.Get(ctx, in, "api_key"); return err },
		"list":    func(ctx context.Context) error { _, err := s.List(ctx, in); return err },
		"delete":  func(ctx context.Context) error { return s.Delete(ctx, in, "api_key") },
		"examine": func(ctx context.Context) error { _, err := s.Examine(ctx, in); return err },
	} {
		ended := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			ended <- call(ctx)
		}()
		select {
		case err := <-ended:
			if name != "delete" && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: it goes on", name)
		}
	}
}
