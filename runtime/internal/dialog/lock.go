package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// errHeld says that somebody else holds the lock.
var errHeld = errors.New("held by another process")

// Lock waits until no other server of this user shows dialogs, and keeps them
// from it until unlock is called. The caller holds it around a whole series of
// dialogs. The operating system frees it when the process dies. An error is one
// of the context, or wraps [ErrFailed].
func (n *Native) Lock(ctx context.Context) (unlock func(), err error) {
	f, err := n.openLock()
	if err != nil {
		return nil, fmt.Errorf("%w: lock file: %w", ErrFailed, err)
	}
	// There is no waiting for a lock with a context, so it is tried again and
	// again. Nobody notices a tenth of a second before a window opens.
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := ctx.Err(); err != nil {
			f.Close()
			return nil, err
		}
		switch err := tryLock(f); {
		case err == nil:
			var once sync.Once
			// Closing gives the lock up. The file stays: removing it would let one
			// process lock the removed file and another one its successor.
			return func() { once.Do(func() { f.Close() }) }, nil
		case err != errHeld:
			f.Close()
			return nil, fmt.Errorf("%w: lock file: %w", ErrFailed, err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (n *Native) openLock() (*os.File, error) {
	dir := n.opts.LockDir
	if dir == "" {
		base := os.Getenv("XDG_RUNTIME_DIR")
		if !filepath.IsAbs(base) {
			var err error
			if base, err = os.UserCacheDir(); err != nil {
				return nil, err
			}
		}
		dir = filepath.Join(base, "mcpsecrets")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := checkPrivate(dir); err != nil {
		return nil, err
	}
	// Go opens files so that no child inherits them: a dialog that outlives us
	// does not hold the lock.
	return os.OpenFile(filepath.Join(dir, "dialog.lock"), os.O_RDWR|os.O_CREATE, 0o600)
}
