package runtimetest

import (
	"context"
	"slices"
	"sync"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Store is a [store.Store] that keeps values in memory. Its own methods are the test's side of it. The zero Store is
// empty. It is safe for concurrent use, and must not be copied.
type Store struct{ memory }

// NewStore returns an empty Store.
func NewStore() *Store { return &Store{} }

var _ store.Store = (*Store)(nil)

// Put stores value for a server without any check, as another program might.
func (s *Store) Put(server, name, value string) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.put(item{store.Scope{Server: server}, name}, value)
}

// Value returns what is stored for a server under a secret's name, and whether there is anything.
func (s *Store) Value(server, name string) (string, bool) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	value, ok := s.memory.values[item{store.Scope{Server: server}, name}]
	return value, ok
}

// Fail makes every method of [store.Store] return err from now on; nil ends that.
func (s *Store) Fail(err error) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.err = err
}

// memory is the server's side of a [Store].
type memory struct {
	mu     sync.Mutex
	values map[item]string
	err    error
}

type item struct {
	in   store.Scope
	name string
}

// Place implements [store.Store].
func (*memory) Place() string { return "memory" }

// Get implements [store.Store].
func (s *memory) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return "", err
	}
	value, ok := s.values[item{in, name}]
	if !ok {
		return "", secrets.ErrNotSet
	}
	return value, nil
}

// Set implements [store.Store].
func (s *memory) Set(ctx context.Context, in store.Scope, name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	s.put(item{in, name}, value)
	return nil
}

// Delete implements [store.Store].
func (s *memory) Delete(ctx context.Context, in store.Scope, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	if _, ok := s.values[item{in, name}]; !ok {
		return secrets.ErrNotSet
	}
	delete(s.values, item{in, name})
	return nil
}

// List implements [store.Store].
func (s *memory) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return nil, err
	}
	var entries []store.Entry
	for i := range s.values {
		if i.in.Server == in.Server && i.in.Principal == in.Principal {
			entries = append(entries, store.Entry{Account: i.in.Account, Name: i.name})
		}
	}
	slices.SortFunc(entries, store.Entry.Compare)
	return entries, nil
}

func (s *memory) put(i item, value string) {
	if s.values == nil {
		s.values = map[item]string{}
	}
	s.values[i] = value
}

func (s *memory) fault(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	return ctx.Err()
}
