// Package userlock lets one process of a user at a time do something.
package userlock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// pause is the time between two tries: an operating system has no waiting for a
// lock with a deadline. Nobody notices it before a window opens, and two servers
// that store values by turns lose little.
const pause = 25 * time.Millisecond

// Lock waits until no other process of this user, and nobody else in this one,
// holds the lock of that name, and keeps them from it until unlock is called. The
// operating system frees it when the process dies. The lock is a file in the folder
// dir, by default "mcpsecrets" in the user's runtime or cache folder, which is
// created with mode 0700 and refused if others can write to it. An error is the
// context's own, or says what is wrong with the file.
func Lock(ctx context.Context, dir, name string) (unlock func(), err error) {
	dir, err = folder(dir)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	// A pipe in place of the file opens for reading only when somebody writes, and
	// network file systems lock exclusively only what is open for writing. Go opens
	// files so that no child inherits them: a dialog that outlives us does not hold
	// the lock.
	lock := flock.New(filepath.Join(dir, name+".lock"), flock.SetFlag(os.O_RDWR|os.O_CREATE))
	_, err = lock.TryLockContext(ctx, pause)
	switch {
	case err == nil:
		// The file stays: removing it would let one process lock the removed file
		// and another one its successor.
		return func() { _ = lock.Unlock() }, nil
	case errors.Is(err, ctx.Err()):
		return nil, err
	}
	return nil, fmt.Errorf("lock file: %w", err)
}

// folder returns the private folder of the lock files, and creates it.
func folder(dir string) (string, error) {
	if dir == "" {
		base := os.Getenv("XDG_RUNTIME_DIR")
		if !filepath.IsAbs(base) {
			var err error
			if base, err = os.UserCacheDir(); err != nil {
				return "", err
			}
		}
		dir = filepath.Join(base, "mcpsecrets")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, checkPrivate(dir)
}
