package runtimetest

import (
	"context"
	"sync"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A Store is a [secrets.Store] that keeps values in memory. Its own methods are the test's side of it. The zero Store is
// empty. It is safe for concurrent use, and must not be copied.
type Store struct{ memory }

// NewStore returns an empty Store.
func NewStore() *Store { return &Store{} }

var _ secrets.Store = (*Store)(nil)

// Put stores value for a server without any check, as another program might.
func (s *Store) Put(server, name, value string) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.put(item{"com.mcp." + server, name}, value)
}

// Value returns what is stored for a server under a secret's name, and whether there is anything.
func (s *Store) Value(server, name string) (string, bool) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	value, ok := s.memory.values[item{"com.mcp." + server, name}]
	return value, ok
}

// Fail makes every method of [secrets.Store] return err from now on; nil ends that.
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

type item struct{ service, account string }

// Get implements [secrets.Store].
func (s *memory) Get(ctx context.Context, service, account string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return "", err
	}
	value, ok := s.values[item{service, account}]
	if !ok {
		return "", secrets.ErrNotSet
	}
	return value, nil
}

// Set implements [secrets.Store].
func (s *memory) Set(ctx context.Context, service, account, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	s.put(item{service, account}, value)
	return nil
}

// Delete implements [secrets.Store].
func (s *memory) Delete(ctx context.Context, service, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	if _, ok := s.values[item{service, account}]; !ok {
		return secrets.ErrNotSet
	}
	delete(s.values, item{service, account})
	return nil
}

// Clear implements [secrets.Store].
func (s *memory) Clear(ctx context.Context, service string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	for i := range s.values {
		if i.service == service {
			delete(s.values, i)
		}
	}
	return nil
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
