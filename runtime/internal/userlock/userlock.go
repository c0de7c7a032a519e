// Package userlock lets one process of a user at a time do something.
package userlock

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

// Lock waits until no other process of this user, and nobody else in this one,
// holds the lock of that name, and keeps them from it until unlock is called. The
// operating system frees it when the process dies. The lock is a file in the folder
// dir, by default "mcpsecrets" in the user's runtime or cache folder, which is
// created with mode 0700 and refused if others can write to it. An error is the
// context's own, or says what is wrong with the file.
func Lock(ctx context.Context, dir, name string) (unlock func(), err error) {
	f, err := open(dir, name)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	// There is no waiting for a lock with a context, so it is tried again and
	// again. Nobody notices a tenth of a second before a window opens.
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
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
			return nil, fmt.Errorf("lock file: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func open(dir, name string) (*os.File, error) {
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
	return os.OpenFile(filepath.Join(dir, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
}
