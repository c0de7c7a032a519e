// Package keychain keeps secrets in the operating system's keychain: the
// Secret Service (gnome-keyring, KWallet, KeePassXC) on Linux and the BSDs,
// the login keychain on macOS, the Credential Manager on Windows.
//
// Begin at [Store], which is the keychain as package store wants it, then at [System], which knows services and accounts as
// keychains do. Below it is one [backend] per kind of system:
//
//	share.go               how calls that read the same value share one reading of it
//	secretservice_unix.go  what is stored how on Linux; below it keyring_unix.go (which keyring
//	                       counts), known_unix.go (reading without a search), writer_unix.go
//	                       (turns of processes), link_unix.go (the connection and its
//	                       deadlines) and prompt_unix.go; package session finds the bus
//	split.go               what is stored how where entries are small (macOS, Windows); below
//	                       it native.go (go-keyring's calls), deadline.go and lock.go
//	index.go               the list of names that both keep
//
// What is promised, whatever the keychain does:
//
//   - No call hangs. Every step that waits for the keychain has a deadline,
//     and what was given up leaves no goroutine behind that grows in number.
//   - A value is read back whole or not at all. A process that is killed at any
//     moment leaves the old value or the new one. So does a keychain, with one
//     exception: gnome-keyring may leave an empty one where there was none.
//   - Every error is one of the errors below, or the context's own. None holds
//     a value, nor any text that came from the keychain.
//   - Nothing is started: no session bus is launched where there is none, and
//     there is never a fall-back to another store.
package keychain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The ways in which the keychain can fail, each of which is one of package store's. Test with [errors.Is].
var (
	// ErrNotSet: nothing is stored under this name.
	ErrNotSet = store.ErrNotSet
	// ErrNoStore: there is no keychain to talk to, or it went away.
	ErrNoStore error = &failure{store.ErrNoStore, "no keychain"}
	// ErrLocked: the keychain is locked, and its own prompt could not be shown or
	// was not answered in time. An open prompt stays: once it is answered, the
	// next call works.
	ErrLocked error = &failure{store.ErrLocked, "keychain is locked"}
	// ErrDismissed: a person closed the keychain's own prompt.
	ErrDismissed error = &failure{store.ErrDismissed, "keychain prompt was dismissed"}
	// ErrTimeout: the keychain did not answer in time.
	ErrTimeout error = &failure{store.ErrTimeout, "keychain does not answer"}
	// ErrTooBig: the value is longer than [MaxValue].
	ErrTooBig error = &failure{store.ErrTooBig, "value is too big for the keychain"}
	// ErrStore: anything else, such as a name that no keychain could take.
	ErrStore error = &failure{store.ErrFailed, "keychain failed"}
)

// A failure is one of package store's, in the words of this one.
type failure struct {
	kind error
	text string
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.kind }

// ErrNoKeyring is the [ErrNoStore] of a keychain that has nothing to keep values in yet, and could ask nobody for the password of
// that, or nobody answered.
var ErrNoKeyring = fmt.Errorf("%w: it has no keyring yet, and its prompt to create one was not answered", ErrNoStore)

// MaxValue is the length in bytes of the longest value that is stored.
const MaxValue = 256 << 10

// Options say how long to wait; the zero value is right for servers.
type Options struct {
	// Timeout is how long the keychain may stay silent, 10 s if zero. It counts for
	// each of the few steps of a call, so that slow is not taken for dead.
	Timeout time.Duration
	// PromptTimeout is how long a person may take to answer the keychain's own
	// prompt, two minutes if zero.
	PromptTimeout time.Duration
	// Logger hears of what is repaired or can't be, by name; nil is nobody.
	Logger *slog.Logger
}

// System is the operating system's keychain. It is safe for concurrent use.
// Calls that change the keychain, or may have it ask a person, take turns, so that
// a locked one is asked to unlock once. Reading takes no turn.
type System struct {
	options Options
	store   backend
	turn    chan struct{} // has a token while nobody has the turn
	reads   reads

	closed    context.Context // ends with Close, by errClosed
	close     context.CancelCauseFunc
	closeOnce sync.Once
}

// A backend is one kind of keychain. Its methods return the errors above or what [gaveUp] makes of the context. In a context of
// [Quietly], get and names are called at any time; all else is called one at a time, asking excepted.
type backend interface {
	get(ctx context.Context, service, account string) (string, error)
	names(ctx context.Context, service string) ([]string, error)

	set(ctx context.Context, service, account, value string) error
	delete(ctx context.Context, service, account string) error
	clear(ctx context.Context, service string) error
	asking() bool // a prompt of the keychain is on the screen
	close()
}

// New returns the system's keychain without talking to it: MCP clients start
// servers just to look at them.
func New(options Options) *System {
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	if options.PromptTimeout <= 0 {
		options.PromptTimeout = 2 * time.Minute
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return newSystem(options, newStore(options))
}

func newSystem(options Options, store backend) *System {
	s := &System{options: options, store: store, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	s.closed, s.close = context.WithCancelCause(context.Background())
	return s
}

// Get returns the value stored for account under service, [ErrNotSet] if there is none. The value is no older than the call.
func (s *System) Get(ctx context.Context, service, account string) (value string, err error) {
	if err := checkNames(service, account); err != nil {
		return "", err
	}
	if isFolded(account) {
		return "", ErrNotSet
	}
	value, err = s.share(ctx, service+":"+account, func(ctx context.Context) (string, error) {
		return s.store.get(Quietly(ctx), service, account)
	})
	if errors.Is(err, ErrUnasked) && !IsQuiet(ctx) {
		err = s.inTurn(ctx, func(ctx context.Context) error {
			value, err = s.store.get(ctx, service, account)
			return err
		})
	}
	if err != nil {
		return "", err
	}
	return value, nil
}

// Set stores value for account under service, then reads it back and compares.
// On an error the old value may still be there; on nil the new one is, once.
func (s *System) Set(ctx context.Context, service, account, value string) error {
	if err := checkNames(service, account); err != nil {
		return err
	}
	if isFolded(account) {
		return fmt.Errorf("%w: account names ignore case here, use lower case", ErrStore)
	}
	if len(value) > MaxValue {
		return ErrTooBig
	}
	return s.inTurn(ctx, func(ctx context.Context) error { return s.store.set(ctx, service, account, value) })
}

// Delete removes all that is stored for account under service, [ErrNotSet] if
// there was nothing. On Linux, what is in a locked keyring stays where an open one
// had a value too, and a warning names that keyring; so it is with Clear.
func (s *System) Delete(ctx context.Context, service, account string) error {
	if err := checkNames(service, account); err != nil {
		return err
	}
	if isFolded(account) {
		return ErrNotSet
	}
	return s.inTurn(ctx, func(ctx context.Context) error { return s.store.delete(ctx, service, account) })
}

// Names returns the accounts that have a value under service, sorted. On Linux
// that is the truth; on macOS and Windows, which can't search, it is what this
// package has noted down, where the name of a killed process's last write may be missing.
func (s *System) Names(ctx context.Context, service string) (names []string, err error) {
	if err := checkService(service); err != nil {
		return nil, err
	}
	err = s.reading(ctx, func(ctx context.Context) error {
		names, err = s.store.names(ctx, service)
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// Clear removes everything under service, whoever wrote it. It is no error if
// there was nothing.
func (s *System) Clear(ctx context.Context, service string) error {
	if err := checkService(service); err != nil {
		return err
	}
	return s.inTurn(ctx, func(ctx context.Context) error { return s.store.clear(ctx, service) })
}

// Close ends calls under way and lets go of the keychain. Later calls fail
// with [ErrNoStore].
func (s *System) Close() error {
	s.closeOnce.Do(func() {
		s.close(errClosed)
		<-s.turn // comes soon, since the call under way has ended, and is kept
		s.store.close()
	})
	return nil
}

var errClosed = fmt.Errorf("%w: it was closed", ErrNoStore)

// untilClosed returns a context that ends with Close as well.
func (s *System) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.closed, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// reading calls do at once, so that nobody is asked, and in turn if that will not do.
func (s *System) reading(ctx context.Context, do func(context.Context) error) error {
	quiet, cancel := s.untilClosed(Quietly(ctx))
	defer cancel()
	err := do(quiet)
	if errors.Is(err, ErrUnasked) && !IsQuiet(ctx) {
		return s.inTurn(ctx, do)
	}
	return err
}

// inTurn calls do when nobody else has the turn.
func (s *System) inTurn(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := s.untilClosed(ctx)
	defer cancel()
	if err := s.await(ctx, s.turn); err != nil {
		return err
	}
	defer func() { s.turn <- struct{}{} }()
	return do(ctx)
}

// await waits for what an earlier call still has. The wait has a bound of its own, so that fifty callers of a frozen keychain
// fail together and not one after the other.
func (s *System) await(ctx context.Context, earlier <-chan struct{}) error {
	patience := time.NewTimer(s.options.Timeout)
	defer patience.Stop()
	late := fmt.Errorf("%w: an earlier call is still waiting for it", ErrTimeout)
	for {
		switch {
		case ctx.Err() != nil:
			return gaveUp(ctx)
		case IsQuiet(ctx) && s.store.asking():
			return ErrUnasked
		}
		select {
		case <-earlier:
			return nil
		case <-ctx.Done():
			return gaveUp(ctx)
		case <-patience.C:
			if errors.Is(late, ErrLocked) || !s.store.asking() {
				return late
			}
			// A person is being asked on behalf of somebody before us, whose answer is ours too.
			late = fmt.Errorf("%w: its prompt has not been answered yet", ErrLocked)
			patience.Reset(s.options.PromptTimeout)
		}
	}
}

// gaveUp is the error of a call whose context has ended.
func gaveUp(ctx context.Context) error {
	switch {
	case errors.Is(context.Cause(ctx), errClosed):
		return errClosed
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrTimeout, context.DeadlineExceeded)
	default:
		return fmt.Errorf("keychain: %w", context.Canceled)
	}
}

// maxName and maxEntry bound service and account, so that a name never eats up the
// room that the smallest entry (macOS, see split.go) needs for its value. The latter
// is that of the longest secret in the longest account, see [Store].
const (
	maxName  = 100
	maxEntry = maxName + len("@") + field.MaxAccount
)

// checkNames refuses what some keychain would take for something else: on
// macOS a newline starts another command of `security`, which also reads quotes
// and backslashes in its own way and not as go-keyring writes them, on Windows
// ("a", "b:c") and ("a:b", "c") are one entry, D-Bus ends the connection at bytes
// that are no UTF-8. One rule for all, so that a name that works works everywhere.
func checkNames(service, account string) error {
	if err := checkService(service); err != nil {
		return err
	}
	if !isPlain(account, maxEntry) {
		return fmt.Errorf("%w: bad account name", ErrStore)
	}
	if account == indexAccount || strings.HasPrefix(account, partPrefix) {
		return fmt.Errorf("%w: account name is reserved", ErrStore)
	}
	return nil
}

// isFolded reports whether the system would take account for another one, in lower case. Nothing is stored under such a
// name: looking it up must not find, or delete, its lower-case twin.
func isFolded(account string) bool { return foldsCase && account != strings.ToLower(account) }

func checkService(service string) error {
	if !isPlain(service, maxName) {
		return fmt.Errorf("%w: bad service name", ErrStore)
	}
	return nil
}

func isPlain(name string, limit int) bool {
	if name == "" || len(name) > limit || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if strings.ContainsRune(`:'\`, r) || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
