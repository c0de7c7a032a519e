// Package store says what a place for secrets is: a [Store] keeps values by their names, in a [Scope].
//
// The runtime has four, of which whoever runs a server chooses by MCP_SECRETS_STORE: the operating system's keychain, a folder
// of files, the environment, and a file encrypted by age. An author can bring another with secrets.WithStore. What makes a
// type a store is shown by runtimetest.TestStore.
package store

import (
	"cmp"
	"context"
	"errors"
)

// A Scope says whose values are meant. Two scopes that differ never share a value.
type Scope struct {
	Server    string // as the schema names it
	Account   string // one of several sets of values of the server; "" is the one without a name
	Principal string // whose they are, for a store that tells principals apart; "" is who started the server
}

// An Entry is a value's name, and the account that has it.
type Entry struct{ Account, Name string }

// Compare orders entries by account and name.
func (e Entry) Compare(other Entry) int {
	return cmp.Or(cmp.Compare(e.Account, other.Account), cmp.Compare(e.Name, other.Name))
}

// A Store keeps values. Its methods are safe for concurrent use, by several processes too, end when ctx does, and put no value
// into an error. One that hands on to another Store hands on the context too, which says whether a person may be asked.
//
// Each error is one of this package's, for errors.Is, or the context's own; what else it says goes to the server's log and to
// nobody else. A store that failed is never replaced by another: a value that could be somewhere else is somebody else's.
type Store interface {
	// Place says where the values are, as a sentence has it: "the keychain", "the folder /run/secrets".
	Place() string
	// Get returns the value, no older than the call, or [ErrNotSet] if there is none.
	Get(ctx context.Context, in Scope, name string) (string, error)
	// Set keeps value, in place of an earlier one. Whatever happens meanwhile, either the old or the new one is there
	// afterwards, whole. Where values are only read, the error is [ErrReadOnly].
	Set(ctx context.Context, in Scope, name, value string) error
	// Delete removes the value, or returns [ErrNotSet] if there is none, or [ErrReadOnly].
	Delete(ctx context.Context, in Scope, name string) error
	// List returns what is stored of a server and a principal, in all of their accounts, whatever account in has; sorted by
	// [Entry.Compare].
	List(ctx context.Context, in Scope) ([]Entry, error)
}

// What else a Store may have:
type (
	// A Preparer says why nothing can be stored, such as [ErrReadOnly]. It is called before a person is asked for a value.
	Preparer interface {
		Prepare(ctx context.Context, in Scope) error
	}
	// A Clearer removes all that List would list, and what the store keeps besides. Without it each value is deleted.
	Clearer interface {
		Clear(ctx context.Context, in Scope) error
	}
	// A Guide says what a person does to put a value there, where this program can't: "write it to /run/secrets/api_key".
	Guide interface {
		Guide(in Scope, name string) string
	}
	// An Examiner says for the command doctor whether the store works, and in which state it is, without asking anybody.
	// Of a failure the text says what is wrong, and never has a value.
	Examiner interface {
		Examine(ctx context.Context, in Scope) (state string, err error)
	}
	// A Closer lets go of what it holds. Later calls fail with [ErrNoStore].
	Closer interface {
		Close() error
	}
)

// The ways in which a store fails.
var (
	// ErrNotSet: nothing is stored under this name.
	ErrNotSet = errors.New("not set")
	// ErrNoStore: there is no such store here, or it went away.
	ErrNoStore = errors.New("there is no store")
	// ErrReadOnly: this store's values are put there by other means.
	ErrReadOnly = errors.New("the store is only read")
	// ErrLocked: a person has to unlock it first, and could not be asked, or did not answer in time.
	ErrLocked = errors.New("the store is locked")
	// ErrDismissed: a person was asked to unlock it, and refused. It is then not used for 1, 5, then 30 minutes.
	ErrDismissed = errors.New("the store's prompt was dismissed")
	// ErrTimeout: it did not answer in time.
	ErrTimeout = errors.New("the store does not answer")
	// ErrTooBig: it takes no value of this size.
	ErrTooBig = errors.New("the value is too big for the store")
	// ErrUnsafe: others can read or replace what is stored, so that it is not used.
	ErrUnsafe = errors.New("others can read or change what is stored")
	// ErrFailed: anything else.
	ErrFailed = errors.New("the store failed")
)
