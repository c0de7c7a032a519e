package runtimetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// TestStore fails t where a store breaks the contract of [store.Store]. Its function opens one that is empty, and has it closed
// when its test ends.
func TestStore(t *testing.T, open func(testing.TB) store.Store) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"KeepsValuesWhole":     keepsValuesWhole,
		"ForgetsWhatIsDeleted": forgetsWhatIsDeleted,
		"KeepsScopesApart":     keepsScopesApart,
		"Lists":                lists,
		"Clears":               clears,
		"LosesNothing":         losesNothing,
		"EndsWithItsContext":   endsWithItsContext,
		"Closes":               closes,
		"HasAPlace":            hasAPlace,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// TestReadOnlyStore is [TestStore] of a store that is only read. Its function opens one that has values, of the server "petstore".
func TestReadOnlyStore(t *testing.T, open func(t testing.TB, values map[store.Entry]string) store.Store) {
	has := map[store.Entry]string{{Name: "api_key"}: "k-0123456789", {Name: "base_url"}: "https://pets.example"}
	s, in := open(t, has), store.Scope{Server: "petstore"}
	for e, want := range has {
		if got, err := s.Get(t.Context(), in, e.Name); err != nil || got != want {
			t.Errorf("Get(%s): %q, %v", e.Name, got, err)
		}
	}
	wantNotSet(t, s, in, "password")
	if err := s.Set(t.Context(), in, "api_key", "other"); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Set: %v", err)
	}
	if err := s.Delete(t.Context(), in, "api_key"); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Delete: %v", err)
	}
	if p, ok := s.(store.Preparer); !ok || !errors.Is(p.Prepare(t.Context(), in), store.ErrReadOnly) {
		t.Error("nobody is told before they type that nothing can be stored: see store.Preparer")
	}
	if g, ok := s.(store.Guide); !ok || g.Guide(in, "password") == "" {
		t.Error("nobody is told how to put a value there: see store.Guide")
	}
	wantList(t, s, in, store.Entry{Name: "api_key"}, store.Entry{Name: "base_url"})
	endsWithItsContext(t, s)
	hasAPlace(t, s)
}

// petstore is a scope, and theirs are others, which share no value with it or with each other.
var (
	petstore = store.Scope{Server: "petstore"}
	theirs   = []store.Scope{
		{Server: "petstore", Account: "work"}, {Server: "petstore", Account: "api_key"}, {Server: "petstore.work"}, {Server: "pet"},
		{Server: "petstore.api_key"}, {Server: "work", Account: "petstore"},
	}
)

func keepsValuesWhole(t *testing.T, s store.Store) {
	wantNotSet(t, s, petstore, "api_key")
	for _, value := range []string{
		"k-0123456789", "k", " spaces around ", "two\nlines\r\n", "\"quotes\", \\ and {braces}", "schlüssel 鍵 \U0001f511", "tab\tand\u00a0more",
		strings.Repeat("0123456789abcdef", 4<<10),
	} {
		set(t, s, petstore, "api_key", value)
		wantValue(t, s, petstore, "api_key", value)
	}
	set(t, s, petstore, "a.name-with_all.2", "v")
	wantValue(t, s, petstore, "a.name-with_all.2", "v")
}

func forgetsWhatIsDeleted(t *testing.T, s store.Store) {
	if err := s.Delete(t.Context(), petstore, "api_key"); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("Delete of nothing: %v, want ErrNotSet", err)
	}
	set(t, s, petstore, "api_key", "k-0123456789")
	set(t, s, petstore, "other", "stays")
	if err := s.Delete(t.Context(), petstore, "api_key"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	wantNotSet(t, s, petstore, "api_key")
	wantValue(t, s, petstore, "other", "stays")
}

func keepsScopesApart(t *testing.T, s store.Store) {
	all := append([]store.Scope{petstore}, theirs...)
	for i, in := range all {
		for _, later := range all[i:] {
			wantNotSet(t, s, later, "api_key")
		}
		set(t, s, in, "api_key", fmt.Sprint("value ", i))
	}
	for i, in := range all {
		wantValue(t, s, in, "api_key", fmt.Sprint("value ", i))
	}
	if err := s.Delete(t.Context(), petstore, "api_key"); err != nil {
		t.Fatal(err)
	}
	for i, in := range theirs {
		wantValue(t, s, in, "api_key", fmt.Sprint("value ", i+1))
	}
}

func lists(t *testing.T, s store.Store) {
	wantList(t, s, petstore)
	for _, in := range append(theirs, petstore) {
		set(t, s, in, "b", "value")
		set(t, s, in, "a", "value")
	}
	for _, account := range []string{"", "work"} {
		wantList(t, s, store.Scope{Server: "petstore", Account: account},
			store.Entry{Name: "a"}, store.Entry{Name: "b"}, store.Entry{Account: "api_key", Name: "a"}, store.Entry{Account: "api_key", Name: "b"},
			store.Entry{Account: "work", Name: "a"}, store.Entry{Account: "work", Name: "b"})
	}
}

func clears(t *testing.T, s store.Store) {
	clearer, ok := s.(store.Clearer)
	if !ok {
		t.Skip("it has no Clear of its own")
	}
	for _, in := range append(theirs, petstore) {
		set(t, s, in, "a", "value")
	}
	for range 2 { // there is nothing the second time, which is no error
		if err := clearer.Clear(t.Context(), petstore); err != nil {
			t.Fatal(err)
		}
	}
	wantList(t, s, petstore)
	for _, in := range theirs {
		if in.Server != "petstore" {
			wantValue(t, s, in, "a", "value")
		}
	}
}

// losesNothing writes different values at once, and the same one.
func losesNothing(t *testing.T, s store.Store) {
	const writers = 20
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for _, name := range []string{fmt.Sprint("own.", i), "shared"} {
				if err := s.Set(t.Context(), petstore, name, fmt.Sprint("value ", i)); err != nil {
					t.Errorf("Set(%s): %v", name, err)
				}
			}
		})
	}
	all.Wait()
	for i := range writers {
		wantValue(t, s, petstore, fmt.Sprint("own.", i), fmt.Sprint("value ", i))
	}
	if got, err := s.Get(t.Context(), petstore, "shared"); err != nil || !strings.HasPrefix(got, "value ") {
		t.Errorf("shared: %q, %v", got, err)
	}
}

func endsWithItsContext(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const value = "canary-0123456789"
	_, get := s.Get(ctx, petstore, "api_key")
	_, list := s.List(ctx, petstore)
	for name, err := range map[string]error{
		"Get": get, "List": list, "Set": s.Set(ctx, petstore, "api_key", value), "Delete": s.Delete(ctx, petstore, "api_key"),
	} {
		switch {
		case err == nil:
			t.Errorf("%s works after its context has ended", name)
		case strings.Contains(err.Error(), value):
			t.Errorf("%s has a value in its error", name)
		}
	}
}

func closes(t *testing.T, s store.Store) {
	closer, ok := s.(store.Closer)
	if !ok {
		t.Skip("it has no Close")
	}
	set(t, s, petstore, "api_key", "k-0123456789")
	for range 2 {
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Get(t.Context(), petstore, "api_key"); !errors.Is(err, store.ErrNoStore) {
		t.Errorf("Get after Close: %v, want ErrNoStore", err)
	}
}

func hasAPlace(t *testing.T, s store.Store) {
	if place := s.Place(); place == "" || strings.ContainsAny(place, "\r\n") || strings.HasSuffix(place, ".") {
		t.Errorf("Place: %q, which is no part of a sentence", place)
	}
}

func set(t *testing.T, s store.Store, in store.Scope, name, value string) {
	t.Helper()
	if err := s.Set(t.Context(), in, name, value); err != nil {
		t.Fatalf("Set(%+v, %s): %v", in, name, err)
	}
}

func wantValue(t *testing.T, s store.Store, in store.Scope, name, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), in, name); err != nil || got != want {
		t.Errorf("Get(%+v, %s): %.60q, %v, want %.60q", in, name, got, err, want)
	}
}

func wantNotSet(t *testing.T, s store.Store, in store.Scope, name string) {
	t.Helper()
	if got, err := s.Get(t.Context(), in, name); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("Get(%+v, %s): %q, %v, want ErrNotSet", in, name, got, err)
	}
}

func wantList(t *testing.T, s store.Store, in store.Scope, want ...store.Entry) {
	t.Helper()
	if got, err := s.List(t.Context(), in); err != nil || !slices.Equal(got, want) {
		t.Errorf("List(%+v): %v, %v, want %v", in, got, err, want)
	}
}
