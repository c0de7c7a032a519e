package secrets

import "context"

// A Store keeps values by service and account. The default is the operating system's keychain; [WithStore] sets another,
// such as runtimetest's in tests. Its methods must be safe for concurrent use, end when ctx does, and put no value into
// an error. One that asks a person, say for a password, and was refused returns [ErrDismissed]: it is then not used for 1, 5,
// then 30 minutes. One that hands on to another Store hands on the context too, which says whether a person may be asked.
//
// A Store may have one more method, Prepare(context.Context) error, which says why nothing can be stored, as where it is only
// read. It is called before a person is asked for a value.
type Store interface {
	// Get returns the value, or [ErrNotSet] if there is none.
	Get(ctx context.Context, service, account string) (string, error)
	// Set keeps value, in place of an earlier one: afterwards either the old or the new one is there, whole.
	Set(ctx context.Context, service, account, value string) error
	// Delete removes the value, or returns [ErrNotSet] if there is none.
	Delete(ctx context.Context, service, account string) error
	// Clear removes all values of the service.
	Clear(ctx context.Context, service string) error
}
