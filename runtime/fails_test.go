package secrets

import "context"

// FailsForOne is a store that can't read one account, for the tests inside and outside of the package.
type FailsForOne struct {
	Store
	Account string
	Err     error
}

func (s FailsForOne) Get(ctx context.Context, in Scope, name string) (string, error) {
	if name == s.Account {
		return "", s.Err
	}
	return s.Store.Get(ctx, in, name)
}
