// Package files is the store of whoever mounts secrets as files, one file a secret, into a folder that this program only reads:
// Docker, Kubernetes, systemd. Begin with [Store.Get]; how a file is found is in walk.go.
//
// The value api_key is the content of DIR/api_key, and the one of the account eu that of DIR/eu/api_key. It is read at each
// use, so that the next call sees a file that was replaced. No other file of the folder is looked at.
//
// What others can read, or could replace, is not used, and neither is what a link has from outside the folder:
//
//   - A file belongs to this user or root, and nobody else can read it. See package private, also for file systems in memory.
//   - Each folder on the way, those above DIR with them, belongs to this user or root, and nobody else can put anything into it. If
//     it is sticky, as where Kubernetes mounts it, everybody can: whatever is on the way belongs to this user or root too.
//   - A link leads down into the folder that it is in, as those of Kubernetes do: api_key to ..data/api_key, and ..data to the
//     folder of the present values. So a value is either wholly of the time before a change or wholly of the time after it.
//
// On macOS that is the same, without file systems in memory. On Windows nobody looks at who may read a file: links and kinds
// of files alone are checked.
package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Store reads the files of one folder.
type Store struct {
	folder folder
	names  map[string]bool
}

// New returns the store of the secrets of these names in the folder dir, which need not be there yet. The error is that of a dir
// that is no absolute path: what is relative depends on where an MCP client starts the server.
func New(dir string, names []string) (*Store, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the folder %q must be an absolute path, since MCP clients start servers anywhere", dir)
	}
	s := &Store{folder: folder{path: filepath.Clean(dir)}, names: make(map[string]bool, len(names))}
	for _, name := range names {
		s.names[name] = field.ValidName(name) && name[0] != '.' // such as Kubernetes' ..data
	}
	return s, nil
}

// Place implements [store.Store].
func (s *Store) Place() string { return "the folder " + s.folder.path }

// Get implements [store.Store]. Of a file that is not safe to use the error is [store.ErrUnsafe], and says how to make it so.
func (s *Store) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	if !s.names[name] || in.Principal != "" || !isAccount(in.Account) {
		return "", store.ErrNotSet
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if s.folder.local.Load() {
		return s.read(in.Account, name)
	}
	return aside(ctx, func() (string, error) { return s.read(in.Account, name) })
}

// aside returns what do returns, or the error of ctx if that ends before: what do reads may not answer. A goroutine takes longer
// than to read a file of this computer.
func aside[T any](ctx context.Context, do func() (T, error)) (result T, err error) {
	type reading struct {
		result T
		err    error
	}
	done := make(chan reading, 1)
	go func() {
		result, err := do()
		done <- reading{result, err}
	}()
	select {
	case r := <-done:
		return r.result, r.err
	case <-ctx.Done():
		return result, ctx.Err()
	}
}

// Set implements [store.Store].
func (s *Store) Set(context.Context, store.Scope, string, string) error { return s.readOnly() }

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, in store.Scope, name string) error {
	if _, err := s.Get(ctx, in, name); errors.Is(err, store.ErrNotSet) {
		return err
	}
	return s.readOnly()
}

// Prepare implements [store.Preparer].
func (s *Store) Prepare(context.Context, store.Scope) error { return s.readOnly() }

func (s *Store) readOnly() error { return fmt.Errorf("%w: %s", store.ErrReadOnly, s.Place()) }

// Guide implements [store.Guide].
func (s *Store) Guide(in store.Scope, name string) string {
	return "write it to " + filepath.Join(s.folder.path, in.Account, name)
}

// List implements [store.Store]. It looks for files, and reads none.
func (s *Store) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	if in.Principal != "" || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return aside(ctx, s.list)
}

func (s *Store) list() (entries []store.Entry, err error) {
	accounts, err := s.accounts()
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		names, err := s.listed(account)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			entries = append(entries, store.Entry{Account: account, Name: name})
		}
	}
	return entries, nil
}

// Examine implements [store.Examiner]: it reads each file.
func (s *Store) Examine(ctx context.Context, in store.Scope) (state string, err error) {
	entries, err := s.List(ctx, in)
	if err != nil {
		return "", err
	}
	var wrong []error
	for _, e := range entries {
		if _, err := s.Get(ctx, store.Scope{Server: in.Server, Account: e.Account}, e.Name); err != nil {
			wrong = append(wrong, err)
		}
	}
	return fmt.Sprintf("%d of %d files can be read", len(entries)-len(wrong), len(entries)), errors.Join(wrong...)
}

// HeedsQuietly reports that nobody is ever asked for anything.
func (*Store) HeedsQuietly() bool { return true }

// Close implements [store.Closer].
func (s *Store) Close() error { return s.folder.close() }

// accounts returns the folders of accounts, sorted, after "" for the folder itself.
func (s *Store) accounts() ([]string, error) {
	names, err := s.within("")
	if err != nil {
		return nil, err
	}
	accounts := []string{""}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(s.folder.path, name))
		if err == nil && info.IsDir() && isAccount(name) {
			accounts = append(accounts, name)
		}
	}
	return accounts, nil
}

// listed returns the names of the secrets for which an account has a file, sorted.
func (s *Store) listed(account string) ([]string, error) {
	names, err := s.within(account)
	if account != "" && errors.Is(err, store.ErrNotSet) {
		return nil, nil // removed meanwhile
	}
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Stat(filepath.Join(s.folder.path, account, name))
		return !s.names[name] || err == nil && info.IsDir()
	}), err
}

// isAccount reports whether a folder of this name has the values of an account; "" is the one without a name.
func isAccount(name string) bool { return name == "" || field.ValidAccount(name) }
