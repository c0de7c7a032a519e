package runtimetest

import (
	"context"
	"sync"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A Store keeps values in memory. It is safe for concurrent use. Its zero value is an empty store.
type Store struct {
	mu     sync.Mutex
	values map[item]string
	err    error
}

type item struct{ service, account string }

// NewStore returns an empty Store.
func NewStore() *Store { return &Store{} }

// Put stores value for a server without any check, as another program might.
func (s *Store) Put(server, name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(item{"com.mcp." + server, name}, value)
}

// Value returns what is stored for a server under a secret's name, and whether there is anything.
func (s *Store) Value(server, name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[item{"com.mcp." + server, name}]
	return value, ok
}

// Fail makes every method of [secrets.Store] return err from now on; nil ends that.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Get implements [secrets.Store].
func (s *Store) Get(ctx context.Context, service, account string) (string, error) {
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
func (s *Store) Set(ctx context.Context, service, account, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(ctx); err != nil {
		return err
	}
	s.put(item{service, account}, value)
	return nil
}

// Delete implements [secrets.Store].
func (s *Store) Delete(ctx context.Context, service, account string) error {
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
func (s *Store) Clear(ctx context.Context, service string) error {
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

func (s *Store) fault(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	return ctx.Err()
}

func (s *Store) put(i item, value string) {
	if s.values == nil {
		s.values = map[item]string{}
	}
	s.values[i] = value
}
