package dialog

import (
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
)

const lockName = "dialog"

// Lock waits until no other server of this user shows dialogs, and keeps them
// from it until unlock is called. The caller holds it around a whole series of
// dialogs. The operating system frees it when the process dies; a dialog that it
// has left on the screen is ended, on Linux, by who has the lock next. An error is one
// of the context, or a [Fault] that is [ErrFailed].
func (n *Native) Lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = userlock.Lock(ctx, n.opts.LockDir, lockName)
	if err != nil && !errors.Is(err, ctx.Err()) {
		err = failed("%v", err)
		n.complain(ctx, err)
		return nil, err
	}
	if err == nil {
		endOrphans()
	}
	return unlock, err
}
