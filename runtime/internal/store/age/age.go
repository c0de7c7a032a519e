// Package age keeps secrets in one file that is encrypted as [age] does, by a key in a file beside it or by a passphrase. Begin
// at [Store].
//
//	content.go     what is in the file: the values of any number of servers
//	file.go        where it is, and how it is read, and replaced as a whole
//	seal.go        how it is encrypted, and by what it is opened
//	key.go         the file of the key
//	passphrase.go  how a person is asked for the passphrase, once
//
// What is promised, whatever happens to the file:
//
//   - It is old or new, and whole, also where a process is killed while it writes. Writers of all processes take turns.
//   - What is no file of this package, or was damaged, is an error, and stays as it is.
//   - No value is in an error, and none is on the disk that is not encrypted.
//   - Every call ends with its context, also where the disk does not answer.
//
// age hides what is in the file, and shows whether it was changed by somebody without the key. It does not show that the file is
// an older one of the same key, and anybody who knows the key's public half can make one: see SECURITY.md.
//
// [age]: https://age-encryption.org/v1
package age

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Options say which file it is, and what opens it.
type Options struct {
	// File is the full path of the encrypted file, which the first value makes. All servers can share one.
	File string
	// Key is the full path of the file with the key, as age-keygen writes it; "" is File and ".key". The first value makes it
	// where there is none. A File that is encrypted to a passphrase has none.
	Key string
	// Passphrase asks a person for the passphrase of File, again if the one before was wrong. It is called by one caller at a
	// time, in a context with the values of the call's that ends with Close. Who refuses is a [store.ErrDismissed]. nil is nobody
	// to ask.
	Passphrase func(ctx context.Context, again bool) (string, error)
	// Logger hears of a key that was made; nil is nobody.
	Logger *slog.Logger
}

// A Store is an encrypted file. It is safe for concurrent use, also by several processes.
type Store struct {
	file     string
	keys     keys
	unlocked unlocked
	log      *slog.Logger

	patience time.Duration // how long others may write one value

	turn  chan struct{} // held by who writes
	stuck time.Time     // when a writer last waited for other processes in vain; guarded by turn

	closed context.Context // ends with Close, by errClosed
	close  context.CancelCauseFunc
}

var (
	_ store.Store    = (*Store)(nil)
	_ store.Preparer = (*Store)(nil)
	_ store.Clearer  = (*Store)(nil)
	_ store.Examiner = (*Store)(nil)
	_ store.Closer   = (*Store)(nil)
)

// New returns a Store, and reads nothing yet. The error is a path that is no full one: what it is relative to, such as the
// folder in which a client starts a server, would choose the file.
func New(options Options) (*Store, error) {
	if options.Key == "" {
		options.Key = options.File + ".key"
	}
	for _, path := range []string{options.File, options.Key} {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("%q is no full path, such as /home/ann/secrets.age", path)
		}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{file: options.File, log: options.Logger, patience: 20 * time.Second, turn: make(chan struct{}, 1)}
	s.closed, s.close = context.WithCancelCause(context.Background())
	s.keys.path = options.Key
	s.unlocked.ask = options.Passphrase
	s.unlocked.closed = s.closed
	return s, nil
}

// Place implements [store.Store].
func (s *Store) Place() string { return "the file " + s.file }

// HeedsQuietly reports that a context of [keychain.Quietly] is heeded: no person is asked for a passphrase in it.
func (s *Store) HeedsQuietly() bool { return true }

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	if err := checkNames(in, name); err != nil {
		return "", err
	}
	c, err := until(ctx, s, s.load)
	if err != nil {
		return "", err
	}
	value, ok := c.values(in)[keychain.EntryName(in, name)]
	if !ok {
		return "", store.ErrNotSet
	}
	return value, nil
}

// Set implements [store.Store].
func (s *Store) Set(ctx context.Context, in store.Scope, name, value string) error {
	switch err := checkNames(in, name); {
	case err != nil:
		return err
	case len(value) > keychain.MaxValue:
		return store.ErrTooBig
	case !utf8.ValidString(value):
		return fmt.Errorf("%w: the value is no text in UTF-8", store.ErrFailed)
	}
	return s.change(ctx, func(c *content) error {
		c.set(in, keychain.EntryName(in, name), value)
		return nil
	})
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, in store.Scope, name string) error {
	if err := checkNames(in, name); err != nil {
		return err
	}
	return s.change(ctx, func(c *content) error {
		if _, ok := c.values(in)[keychain.EntryName(in, name)]; !ok {
			return store.ErrNotSet
		}
		c.remove(in, keychain.EntryName(in, name))
		return nil
	})
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	if err := checkScope(in); err != nil {
		return nil, err
	}
	c, err := until(ctx, s, s.load)
	if err != nil {
		return nil, err
	}
	return c.list(in), nil
}

// Clear implements [store.Clearer].
func (s *Store) Clear(ctx context.Context, in store.Scope) error {
	if err := checkScope(in); err != nil {
		return err
	}
	err := s.change(ctx, func(c *content) error {
		if len(c.values(in)) == 0 {
			return store.ErrNotSet
		}
		c.clear(in)
		return nil
	})
	if errors.Is(err, store.ErrNotSet) {
		return nil
	}
	return err
}

// Prepare implements [store.Preparer]. It asks for the passphrase, where that is needed.
func (s *Store) Prepare(ctx context.Context, _ store.Scope) error {
	_, err := until(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.prepare(ctx)
	})
	return err
}

func (s *Store) prepare(ctx context.Context) error {
	path, err := s.locate()
	if err != nil {
		return err
	}
	opened, err := s.open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(checkWritable(path), opened.checkReplaceable(path))
}

// Examine implements [store.Examiner].
func (s *Store) Examine(ctx context.Context, in store.Scope) (state string, err error) {
	c, err := until(keychain.Quietly(ctx), s, s.load)
	switch {
	case errors.Is(err, keychain.ErrUnasked):
		return "is encrypted to a passphrase, which the first use asks for", nil
	case err != nil:
		return "", err
	}
	return fmt.Sprintf("can be read, and has %d values of this server", len(c.list(in))), nil
}

// Close forgets key, passphrase and values, and ends the calls under way. Later calls fail with [store.ErrNoStore].
func (s *Store) Close() error {
	s.close(errClosed)
	s.keys.forget()
	s.unlocked.forget()
	return nil
}

var errClosed = fmt.Errorf("%w: it was closed", store.ErrNoStore)

// load returns what is in the file, which need not be there.
func (s *Store) load(ctx context.Context) (*content, error) {
	path, err := s.locate()
	if err != nil {
		return nil, err
	}
	opened, err := s.open(ctx, path)
	return opened.content, err
}

// change has edit change what is in the file, and then replaces it. An error of edit is returned, and nothing is changed.
func (s *Store) change(ctx context.Context, edit func(*content) error) error {
	_, err := until(ctx, s, func(ctx context.Context) (struct{}, error) {
		// A person may have to be asked, which must not keep other processes waiting.
		if err := s.prepare(ctx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.inTurn(ctx, func(path string) error {
			opened, err := s.open(keychain.Quietly(ctx), path)
			if err != nil {
				return err
			}
			if err := edit(opened.content); err != nil {
				return err
			}
			return s.replace(path, opened)
		})
	})
	return err
}

// until returns what do returns, or why ctx or the store ended before: a disk that does not answer holds up no call.
func until[T any](ctx context.Context, s *Store, do func(context.Context) (T, error)) (result T, err error) {
	switch {
	case s.closed.Err() != nil:
		return result, errClosed
	case ctx.Err() != nil:
		return result, gaveUp(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.closed, func() { cancel(errClosed) })()
	done := make(chan struct{})
	var got T
	var failed error
	go func() {
		defer close(done)
		got, failed = do(ctx)
	}()
	select {
	case <-done:
		return got, failed
	case <-ctx.Done():
		return result, gaveUp(ctx)
	}
}

// gaveUp is the error of a call whose context has ended.
func gaveUp(ctx context.Context) error {
	switch {
	case errors.Is(context.Cause(ctx), errClosed):
		return errClosed
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", store.ErrTimeout, context.DeadlineExceeded)
	default:
		return ctx.Err()
	}
}
