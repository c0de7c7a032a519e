package keychain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Store is the keychain as a [store.Store]. The service of a server is "com.mcp." and its name, and nothing else is in it, or it
// could be another server's. The entry of a secret bears its name, and "@" and the account after it where it has one: no
// secret's name has that character. All principals share the keychain of the one who started the server.
type Store struct{ *System }

var _ store.Store = Store{}

// Service returns the keychain's name for the values of a server.
func Service(server string) string { return "com.mcp." + server }

// CheckServer returns why a server of this name can't have a service.
func CheckServer(server string) error {
	if service := Service(server); len(service) > maxName {
		return fmt.Errorf("%q is too long for a keychain: %d bytes at most", service, maxName)
	}
	return nil
}

// EntryName returns the name of a secret's entry among those of its server.
func EntryName(in store.Scope, name string) string {
	if in.Account == "" {
		return name
	}
	return name + "@" + in.Account
}

// EntryOf returns what has an entry of this name.
func EntryOf(name string) (e store.Entry) {
	e.Name, e.Account, _ = strings.Cut(name, "@")
	return e
}

// Place implements [store.Store].
func (Store) Place() string { return "the keychain" }

// Get implements [store.Store].
func (s Store) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	return s.System.Get(ctx, Service(in.Server), EntryName(in, name))
}

// Set implements [store.Store].
func (s Store) Set(ctx context.Context, in store.Scope, name, value string) error {
	return s.System.Set(ctx, Service(in.Server), EntryName(in, name), value)
}

// Delete implements [store.Store].
func (s Store) Delete(ctx context.Context, in store.Scope, name string) error {
	return s.System.Delete(ctx, Service(in.Server), EntryName(in, name))
}

// List implements [store.Store]. See [System.Names] for what it may miss.
func (s Store) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	names, err := s.Names(ctx, Service(in.Server))
	if err != nil {
		return nil, err
	}
	entries := make([]store.Entry, len(names))
	for i, name := range names {
		entries[i] = EntryOf(name)
	}
	slices.SortFunc(entries, store.Entry.Compare)
	return entries, nil
}

// Clear implements [store.Clearer].
func (s Store) Clear(ctx context.Context, in store.Scope) error {
	return s.System.Clear(ctx, Service(in.Server))
}

// Prepare implements [store.Preparer]: see [System.Prepare].
func (s Store) Prepare(ctx context.Context, _ store.Scope) error { return s.System.Prepare(ctx) }
