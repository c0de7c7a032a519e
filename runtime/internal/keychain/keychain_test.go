package keychain

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience bounds a wait that ends much sooner when all is well.
const patience = time.Minute

func TestNamesThatAreRefused(t *testing.T) {
	m := newMemory(100)
	s := overMemory(m)
	for _, test := range []struct{ service, account string }{
		{"", "key"}, {"svc", ""},
		{"svc\n", "key"}, {"svc", "key\nadd-generic-password"}, {"svc", "a\x00b"}, {"svc", "a\tb"},
		{"a", "b:c"}, {"a:b", "c"}, {"svc", "it's"}, {"it's", "key"}, {"svc", `a\b`}, {`a\b`, "key"},
		{"svc", "\u202egnp"}, {"svc", "a\u2028b"}, {"svc", "\xff"}, {"\xff", "key"},
		{"svc", indexAccount}, {"svc", partAccount("a", 0, "key")},
		{"svc", strings.Repeat("a", maxEntry+1)}, {strings.Repeat("a", maxName+1), "key"},
	} {
		err := s.Set(t.Context(), test.service, test.account, "v")
		if !errors.Is(err, ErrStore) {
			t.Errorf("Set(%q, %q): %v, want ErrStore", test.service, test.account, err)
		}
		if _, err := s.Get(t.Context(), test.service, test.account); !errors.Is(err, ErrStore) {
			t.Errorf("Get(%q, %q): %v, want ErrStore", test.service, test.account, err)
		}
		if err := s.Delete(t.Context(), test.service, test.account); !errors.Is(err, ErrStore) {
			t.Errorf("Delete(%q, %q): %v, want ErrStore", test.service, test.account, err)
		}
	}
	for _, service := range []string{"", "a:b", "a\nb"} {
		if _, err := s.Names(t.Context(), service); !errors.Is(err, ErrStore) {
			t.Errorf("Names(%q): %v, want ErrStore", service, err)
		}
		if err := s.Clear(t.Context(), service); !errors.Is(err, ErrStore) {
			t.Errorf("Clear(%q): %v, want ErrStore", service, err)
		}
	}
	if len(m.values) != 0 {
		t.Errorf("something was stored: %q", m.values)
	}
	for _, good := range []string{"key", "a_b-c.d", "is \"quoted\" $(x)", "schlüssel", "-x"} {
		if err := s.Set(t.Context(), "com.mcp.Pet Store", good, "v"); err != nil {
			t.Errorf("Set(%q): %v", good, err)
		}
	}
}

// Where the system ignores case, a name that another framework used elsewhere is never there, and takes no other with it.
func TestNamesThatAreFolded(t *testing.T) {
	if !foldsCase {
		t.Skip("this system tells names by their case")
	}
	s := overMemory(newMemory(100))
	if err := s.Set(t.Context(), "svc", "api_key", "v"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "svc", "API_KEY"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Get: %v, want ErrNotSet", err)
	}
	if err := s.Delete(t.Context(), "svc", "API_KEY"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Delete: %v, want ErrNotSet", err)
	}
	if err := s.Set(t.Context(), "svc", "API_KEY", "w"); !errors.Is(err, ErrStore) {
		t.Errorf("Set: %v, want ErrStore", err)
	}
	if got, err := s.Get(t.Context(), "svc", "api_key"); err != nil || got != "v" {
		t.Errorf("the other: %q, %v", got, err)
	}
}

func TestDecodeIndex(t *testing.T) {
	for text, want := range map[string][]string{
		`["b","a","b"]`: {"a", "b"},
		`[]`:            {},
		``:              nil,
		`{"a": "b"}`:    nil,
		`["a", 1]`:      nil,
		`["a"`:          nil,
	} {
		if diff := cmp.Diff(want, decodeIndex(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if got := encodeIndex(nil); got != "[]" {
		t.Errorf("no names: %s", got)
	}
}

// stuck is a store that never answers by itself.
type stuck struct {
	backend
	entered chan struct{}
	prompt  bool
}

func (s *stuck) get(ctx context.Context, _, _ string) (string, error) {
	s.entered <- struct{}{}
	<-ctx.Done()
	return "", gaveUp(ctx)
}
func (s *stuck) asking() bool { return s.prompt }
func (s *stuck) close()       {}

// Callers wait for their turn no longer than for the keychain itself, and hear why.
func TestWaitingForATurn(t *testing.T) {
	for _, test := range []struct {
		prompt bool
		want   error
	}{{false, ErrTimeout}, {true, ErrLocked}} {
		store := &stuck{entered: make(chan struct{}, 1), prompt: test.prompt}
		s := newSystem(Options{Timeout: 20 * time.Millisecond, PromptTimeout: 20 * time.Millisecond,
			Logger: slog.New(slog.DiscardHandler)}, store)
		first := make(chan error, 1)
		go func() { _, err := s.Get(context.Background(), "svc", "key"); first <- err }()
		<-store.entered

		if _, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, test.want) {
			t.Errorf("prompt %v: %v, want %v", test.prompt, err, test.want)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Get(ctx, "svc", "key"); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}

		// Close ends the call under way, and all after it.
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-first; !errors.Is(err, ErrNoStore) {
			t.Errorf("call under way at Close: %v, want ErrNoStore", err)
		}
		if _, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrNoStore) {
			t.Errorf("call after Close: %v, want ErrNoStore", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestContextsOwnDeadline(t *testing.T) {
	store := &stuck{entered: make(chan struct{}, 1)}
	s := newSystem(Options{Timeout: patience, PromptTimeout: patience}, store)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, "svc", "key"); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want ErrTimeout and DeadlineExceeded", err)
	}
}

// eventually polls until done is true.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
