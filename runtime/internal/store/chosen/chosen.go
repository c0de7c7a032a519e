// Package chosen is where a server's values are, by the choice of whoever runs it and of its author. Begin with [Open]; several
// stores in an order are a [chain].
//
// Nothing is used that was not chosen: a store that is not there, or fails, is never replaced by another.
package chosen

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/env"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/files"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Variable has the choice of whoever runs a server: kinds of stores, with commas between them, in the order in which they are
// read.
const Variable = "MCP_SECRETS_STORE"

// A Kind is a kind of store.
type Kind string

// The kinds.
const (
	Keychain Kind = "keychain" // the operating system's
	Files    Kind = "files"    // a folder of files, which are only read
	Env      Kind = "env"      // the environment's variables, which are only read
	Age      Kind = "age"      // a file that is encrypted by age
)

// Options say what there is to choose from.
type Options struct {
	Allowed []Kind        // by the author; nil is all
	Fields  []field.Field // whose values are wanted
	Log     *slog.Logger

	Keychain func() store.Store
	Age      func(file string) (store.Store, error)
}

// A choice is one store of an order.
type choice struct {
	kind Kind
	what string // after the colon
}

func (c choice) String() string {
	if c.what == "" {
		return string(c.kind)
	}
	return string(c.kind) + ":" + c.what
}

// Open opens the stores that [Variable] names, or the keychain where it is not set or empty. If the author allows one kind alone,
// which needs no more words, that is the one. The error says what the variable may be.
func Open(o Options) (store.Store, error) {
	choices, err := o.choices(os.Getenv(Variable))
	if err != nil {
		return nil, err
	}
	var stores []store.Store
	for _, c := range choices {
		s, err := o.open(c)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %s: %w", Variable, c.kind, err), chain(stores).Close())
		}
		stores = append(stores, s)
	}
	if len(stores) == 1 {
		return stores[0], nil
	}
	return chain(stores), nil
}

// OpenOne opens the one store that text names, as a part of [Variable] does, whatever the author allows: its values are to leave it.
func (o Options) OpenOne(text string) (store.Store, error) {
	o.Allowed = nil
	c, err := o.choice(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if c.kind == Env {
		o.Log = slog.New(slog.DiscardHandler) // of variables that stay set: the one who asks is told which to remove
	}
	return o.open(c)
}

// All returns the stores of which a store is an order, or the store alone.
func All(s store.Store) []store.Store {
	if stores, ok := s.(chain); ok {
		return stores
	}
	return []store.Store{s}
}

func (o Options) open(c choice) (store.Store, error) {
	switch c.kind {
	case Files:
		return files.New(c.what, o.names())
	case Env:
		return env.New(o.Fields, o.Log)
	case Age:
		return o.Age(c.what)
	default:
		return o.Keychain(), nil
	}
}

// names returns the names under which there may be values, former ones too.
func (o Options) names() (names []string) {
	for _, f := range o.Fields {
		names = append(names, f.Names()...)
	}
	return names
}

// choices reads the variable.
func (o Options) choices(text string) ([]choice, error) {
	if err := o.checkAllowed(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return o.without()
	}
	var choices []choice
	for part := range strings.SplitSeq(text, ",") {
		c, err := o.choice(strings.TrimSpace(part))
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", Variable, err)
		case slices.Contains(choices, c):
			return nil, fmt.Errorf("%s: %s is there twice", Variable, c)
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// choice reads one part of the variable.
func (o Options) choice(text string) (choice, error) {
	name, what, hasMore := strings.Cut(text, ":")
	c := choice{Kind(name), what}
	form, ok := forms[c.kind]
	switch {
	case !ok:
		return c, fmt.Errorf("there is no store %q, but %s; a path has no comma", name, o.there())
	case !o.allows(c.kind):
		return c, fmt.Errorf("this server does not use the store %q, but %s", name, o.there())
	case form == string(c.kind) && hasMore, form != string(c.kind) && what == "":
		return c, fmt.Errorf("the store %q is written as %s", name, form)
	}
	return c, nil
}

// without is what is chosen where the variable says nothing.
func (o Options) without() ([]choice, error) {
	switch {
	case o.allows(Keychain):
		return []choice{{kind: Keychain}}, nil
	case len(o.Allowed) == 1 && o.Allowed[0] == Env:
		return []choice{{kind: Env}}, nil
	}
	return nil, fmt.Errorf("%s has to say where this server's secrets are: in %s", Variable, o.there())
}

// forms are how each kind is written.
var forms = map[Kind]string{Keychain: "keychain", Files: "files:DIR", Env: "env", Age: "age:FILE"}

func (o Options) allows(kind Kind) bool { return o.Allowed == nil || slices.Contains(o.Allowed, kind) }

func (o Options) checkAllowed() error {
	if o.Allowed != nil && len(o.Allowed) == 0 {
		return errors.New("no kind of store is allowed")
	}
	for _, kind := range o.Allowed {
		if forms[kind] == "" {
			return fmt.Errorf("there is no kind of store %q to allow", kind)
		}
	}
	return nil
}

// there says what there is: "keychain, files:DIR, env or age:FILE".
func (o Options) there() string { return o.list(Keychain, Files, Env, Age) }

// Elsewhere says what there is besides the keychain: "files:DIR, env or age:FILE". It is "" if that is nothing.
func (o Options) Elsewhere() string { return o.list(Files, Env, Age) }

// list says how those of some kinds are written that the author allows.
func (o Options) list(kinds ...Kind) string {
	var list []string
	for _, kind := range kinds {
		if o.allows(kind) {
			list = append(list, forms[kind])
		}
	}
	return field.List(list, "or")
}
