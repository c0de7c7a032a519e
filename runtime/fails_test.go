package secrets

import (
	"context"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// FailsForOne is a store that can't read one account, for the tests inside and outside of the package.
type FailsForOne struct {
	store.Store
	Account string
	Err     error
}

func (s FailsForOne) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	if name == s.Account {
		return "", s.Err
	}
	return s.Store.Get(ctx, in, name)
}
