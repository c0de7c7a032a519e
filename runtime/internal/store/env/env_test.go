package env_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/env"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

var in = store.Scope{Server: "petstore"}

var fields = []field.Field{
	{Name: "api_key", Env: []string{"MCPSECRETS_TEST_KEY", "MCPSECRETS_TEST_OLD_KEY"}},
	{Name: "base_url", Env: []string{"MCPSECRETS_TEST_URL"}},
	{Name: "other"},
}

// open opens a store, whose log it returns.
func open(t *testing.T) (*env.Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := env.New(fields, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &log
}

func want(t *testing.T, s *env.Store, name, value string) {
	t.Helper()
	got, err := s.Get(t.Context(), in, name)
	if got != value || (value == "") != errors.Is(err, store.ErrNotSet) {
		t.Errorf("%s is %q, %v, want %q", name, got, err, value)
	}
}

// The first variable that is set counts, and an empty one is not set.
func TestVariablesAreValues(t *testing.T) {
	t.Setenv("MCPSECRETS_TEST_KEY", "")
	t.Setenv("MCPSECRETS_TEST_OLD_KEY", "old")
	s, _ := open(t)
	want(t, s, "api_key", "old")
	want(t, s, "base_url", "")
	want(t, s, "other", "")
	want(t, s, "unknown", "")
	t.Setenv("MCPSECRETS_TEST_KEY", "new")
	next, _ := open(t)
	want(t, next, "api_key", "new")
	want(t, s, "api_key", "old")
	entries, err := next.List(t.Context(), in)
	if err != nil || !slices.Equal(entries, []store.Entry{{Name: "api_key"}}) {
		t.Errorf("listed are %v, %v", entries, err)
	}
	for _, other := range []store.Scope{{Server: "petstore", Account: "work"}, {Server: "petstore", Principal: "ada"}} {
		if _, err := next.Get(t.Context(), other, "api_key"); !errors.Is(err, store.ErrNotSet) {
			t.Errorf("%+v: %v", other, err)
		}
	}
}

// No program that the server starts gets a variable, and the log names each, without its value.
func TestVariablesAreTakenAway(t *testing.T) {
	t.Setenv("MCPSECRETS_TEST_KEY", "canary-1")
	t.Setenv("MCPSECRETS_TEST_OLD_KEY", "canary-2")
	t.Setenv("MCPSECRETS_TEST_UNRELATED", "stays")
	_, log := open(t)
	program := exec.Command(os.Args[0], "-test.run=^TestPrintEnvironment$")
	program.Env = append(os.Environ(), "MCPSECRETS_TEST_PRINT=1")
	out, err := program.Output()
	if err != nil || !strings.Contains(string(out), "stays") || strings.Contains(string(out), "canary") {
		t.Errorf("a child has %q, %v", out, err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "canary") ||
		!strings.Contains(text, `variables="MCPSECRETS_TEST_KEY, MCPSECRETS_TEST_OLD_KEY"`) {
		t.Errorf("the log says %s", text)
	}
	if _, log := open(t); strings.Contains(log.String(), "canary") {
		t.Errorf("the log says %s", log)
	}
}

// TestPrintEnvironment is the program that a server starts.
func TestPrintEnvironment(t *testing.T) {
	if os.Getenv("MCPSECRETS_TEST_PRINT") == "" {
		t.Skip("it is run by another test")
	}
	os.Stdout.WriteString(strings.Join(os.Environ(), "\n"))
}

// Nothing is warned of where nothing is taken.
func TestNothingIsTaken(t *testing.T) {
	if _, log := open(t); log.Len() > 0 {
		t.Errorf("the log says %s", log)
	}
}

// Two servers in one process may have the same variable, while one of them is open.
func TestServersOfOneProcess(t *testing.T) {
	t.Setenv("MCPSECRETS_TEST_KEY", "shared")
	first, _ := open(t)
	second, _ := open(t)
	t.Setenv("MCPSECRETS_TEST_URL", "later") // which neither of them has
	url, _ := open(t)
	want(t, url, "base_url", "later")
	url.Close()
	if err := errors.Join(first.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}
	want(t, second, "api_key", "shared")
	third, _ := open(t)
	want(t, third, "api_key", "shared")
	want(t, third, "base_url", "")
	if _, err := first.Get(t.Context(), in, "api_key"); !errors.Is(err, store.ErrNoStore) {
		t.Errorf("closed: %v", err)
	}
	second.Close()
	third.Close()
	last, _ := open(t)
	want(t, last, "api_key", "")
}

func TestEnvironmentIsOnlyRead(t *testing.T) {
	t.Setenv("MCPSECRETS_TEST_KEY", "value")
	s, _ := open(t)
	for name, err := range map[string]error{
		"set":     s.Set(t.Context(), in, "base_url", "x"),
		"delete":  s.Delete(t.Context(), in, "api_key"),
		"prepare": s.Prepare(t.Context(), in),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Delete(t.Context(), in, "base_url"); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("nothing to delete: %v", err)
	}
	for name, want := range map[string]string{
		"api_key": "set the environment variable MCPSECRETS_TEST_KEY where the server is started",
		"other":   "use another store: no environment variable is for other",
	} {
		if got := s.Guide(in, name); got != want {
			t.Errorf("the guide is %q, want %q", got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, in, "api_key"); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that has ended: %v", err)
	}
}

// The generator refuses these; keys may be written by hand.
func TestVariablesOfTwo(t *testing.T) {
	for name, fields := range map[string][]field.Field{
		"one for two":   {{Name: "a", Env: []string{"X"}}, {Name: "b", Env: []string{"Y", "X"}}},
		"by capitals":   {{Name: "a", Env: []string{"X"}}, {Name: "b", Env: []string{"x"}}},
		"no variable":   {{Name: "a", Env: []string{"A=B"}}},
		"an empty name": {{Name: "a", Env: []string{""}}},
		"a digit first": {{Name: "a", Env: []string{"1A"}}},
	} {
		if _, err := env.New(fields, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestEnvironmentKeepsTheContract(t *testing.T) {
	runtimetest.TestReadOnlyStore(t, func(t testing.TB, values map[store.Entry]string) store.Store {
		t.Setenv("MCPSECRETS_TEST_KEY", values[store.Entry{Name: "api_key"}])
		t.Setenv("MCPSECRETS_TEST_URL", values[store.Entry{Name: "base_url"}])
		s, err := env.New(fields, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}
