// Package env is the store of whoever hands secrets over in environment variables: those that the schema names with env. Begin
// with [New].
//
// The variables are read once, and taken out of the process's environment, so that no program that it starts gets them. What
// the operating system shows of the process's first environment stays: on Linux /proc/PID/environ, which this user and root
// can read. The values are in memory while the store is open.
package env

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Store has the values that were in the environment. They are those of the account without a name.
type Store struct {
	variables map[string][]string // of each secret, in the order in which they count
	set       map[string][]string // those of them that were in the environment

	mu     sync.Mutex
	values map[string]string // by the secret; nil once the store is closed
}

// New takes the variables of these fields out of the environment, and warns in the log that they were there, by their names. Of
// several that one field has, the first that is set counts; one that is empty is not. The error is that of two fields with one
// variable, or of a name that no variable has.
func New(fields []field.Field, log *slog.Logger) (*Store, error) {
	if err := check(fields); err != nil {
		return nil, err
	}
	s := &Store{variables: map[string][]string{}, set: map[string][]string{}, values: map[string]string{}}
	var found []string
	for _, f := range fields {
		s.variables[f.Name] = f.Env
		for _, variable := range f.Env {
			if value := take(variable); value != "" {
				s.values[f.Name] = cmp.Or(s.values[f.Name], value)
				s.set[f.Name] = append(s.set[f.Name], variable)
				found = append(found, variable)
			}
		}
	}
	if len(found) > 0 {
		log.LogAttrs(context.Background(), slog.LevelWarn,
			"secrets are taken from environment variables, where each program of this user can read them while the server runs",
			slog.String("variables", strings.Join(found, ", ")))
	}
	return s, nil
}

// check refuses variables that could be two secrets' on any system: Windows tells no capital letters apart.
func check(fields []field.Field) error {
	owners := map[string]string{}
	for _, f := range fields {
		for _, variable := range f.Env {
			key := strings.ToUpper(variable)
			switch owner, ok := owners[key]; {
			case !field.ValidEnv(variable):
				return fmt.Errorf("the environment variable %q of %s can't be one", variable, f.Name)
			case ok && owner != f.Name:
				return fmt.Errorf("%s and %s have one environment variable, %s", owner, f.Name, variable)
			}
			owners[key] = f.Name
		}
	}
	return nil
}

// Place implements [store.Store].
func (*Store) Place() string { return "the environment" }

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	values, err := s.valuesOf(ctx, in)
	if err != nil {
		return "", err
	}
	value, ok := values[name]
	if !ok {
		return "", store.ErrNotSet
	}
	return value, nil
}

// valuesOf returns the values of a scope, which nobody changes.
func (s *Store) valuesOf(ctx context.Context, in store.Scope) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.values == nil:
		return nil, fmt.Errorf("%w: it was closed", store.ErrNoStore)
	case in.Account != "" || in.Principal != "":
		return nil, nil
	}
	return s.values, nil
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	in.Account = ""
	values, err := s.valuesOf(ctx, in)
	var entries []store.Entry
	for _, name := range slices.Sorted(maps.Keys(values)) {
		entries = append(entries, store.Entry{Name: name})
	}
	return entries, err
}

// Variables returns which variables of a secret were in the environment, also those that did not count.
func (s *Store) Variables(name string) []string { return s.set[name] }

// Set implements [store.Store].
func (s *Store) Set(context.Context, store.Scope, string, string) error { return s.readOnly() }

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, in store.Scope, name string) error {
	if _, err := s.Get(ctx, in, name); err != nil {
		return err
	}
	return s.readOnly()
}

// Prepare implements [store.Preparer].
func (s *Store) Prepare(context.Context, store.Scope) error { return s.readOnly() }

func (s *Store) readOnly() error { return fmt.Errorf("%w: %s", store.ErrReadOnly, s.Place()) }

// Guide implements [store.Guide].
func (s *Store) Guide(in store.Scope, name string) string {
	switch variables := s.variables[name]; {
	case in.Account != "":
		return "use another store: the environment has no accounts"
	case len(variables) == 0:
		return "use another store: no environment variable is for " + name
	default:
		return "set the environment variable " + variables[0] + " where the server is started"
	}
}

// HeedsQuietly reports that nobody is ever asked for anything.
func (*Store) HeedsQuietly() bool { return true }

// Examine implements [store.Examiner].
func (s *Store) Examine(ctx context.Context, in store.Scope) (state string, err error) {
	entries, err := s.List(ctx, in)
	if err != nil {
		return "", err
	}
	var set []string
	for _, e := range entries {
		set = append(set, e.Name)
	}
	return "has had, at the start: " + cmp.Or(strings.Join(set, ", "), "nothing"), nil
}

// Close implements [store.Closer].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		return nil
	}
	s.values = nil
	for _, variables := range s.set {
		for _, variable := range variables {
			release(variable)
		}
	}
	return nil
}

// taken are the variables that are in no environment any more. The process may have several servers: each store that is
// opened gets what an earlier one took, while that is open.
var taken = struct {
	sync.Mutex
	variables map[string]*holding
}{variables: map[string]*holding{}}

// A holding is a variable's value, and how many open stores took it. A store that found none keeps none for others.
type holding struct {
	value  string
	stores int
}

// take returns a variable's value, which the environment then has no more. It is "" if there is none.
func take(variable string) string {
	taken.Lock()
	defer taken.Unlock()
	value, held := os.Getenv(variable), taken.variables[variable]
	_ = os.Unsetenv(variable) // fails for no name of a variable
	switch {
	case held == nil && value == "":
		return ""
	case held == nil:
		held = &holding{value: value}
		taken.variables[variable] = held
	case value != "":
		held.value = value // it is newer
	}
	held.stores++
	return held.value
}

func release(variable string) {
	taken.Lock()
	defer taken.Unlock()
	held := taken.variables[variable]
	if held.stores--; held.stores == 0 {
		delete(taken.variables, variable)
	}
}
