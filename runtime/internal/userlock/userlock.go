// Package userlock lets one process of a user at a time do something.
package userlock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
// created with mode 0700 and refused if others can write to it. A file that is no
// plain one of this user, such as a link, is refused too. An error is the context's
// own, or says what is wrong with which file or folder.
func Lock(ctx context.Context, dir, name string) (unlock func(), err error) {
	lock, err := open(dir, name, openFlags)
	if err != nil {
		return nil, err
	}
	_, err = lock.TryLockContext(ctx, pause)
	switch {
	case err == nil:
	case errors.Is(err, ctx.Err()):
		return nil, err
	default:
		return nil, trouble(lock.Path(), err)
	}
	// The path may have changed hands since it was looked at: what counts is the file that is locked.
	info, err := lock.Stat()
	if err == nil {
		err = checkFile(info)
	}
	if err != nil {
		_ = lock.Unlock()
		return nil, trouble(lock.Path(), err)
	}
	// The file stays: removing it would let one process lock the removed file
	// and another one its successor.
	return func() { _ = lock.Unlock() }, nil
}

// A Holding is a lock that somebody has.
type Holding struct {
	Path    string // of the lock's file
	Process int    // whose it is; 0 is unknown
}

func (h *Holding) String() string {
	if h.Process == 0 {
		return "somebody has locked " + h.Path
	}
	return fmt.Sprintf("process %d has locked %s", h.Process, h.Path)
}

// Holder returns who holds a lock, nil if nobody does. It makes no file. An error is one of [Lock].
func Holder(dir, name string) (*Holding, error) {
	lock, err := open(dir, name, openFlags&^os.O_CREATE)
	if err != nil {
		return nil, err
	}
	free, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, trouble(lock.Path(), err)
	case free:
		_ = lock.Unlock()
		return nil, nil
	}
	holding := &Holding{Path: lock.Path()}
	if info, err := os.Stat(holding.Path); err == nil {
		holding.Process = processOf(info)
	}
	return holding, nil
}

// Check returns why nobody could take a lock, whoever has it now: an error of [Lock].
func Check(dir, name string) error {
	lock, err := open(dir, name, openFlags)
	if err != nil {
		return err
	}
	switch free, err := lock.TryLock(); {
	case err != nil:
		return trouble(lock.Path(), err)
	case free:
		_ = lock.Unlock()
	}
	return nil
}

// open returns the lock of that name, whose file need not be there yet.
func open(dir, name string, flags int) (*flock.Flock, error) {
	dir, err := folder(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name+".lock")
	// Opening a device or a pipe can do something already, so the file is looked at before.
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, trouble(path, err)
	default:
		if err := checkFile(info); err != nil {
			return nil, trouble(path, err)
		}
	}
	return flock.New(path, flock.SetFlag(flags)), nil
}

// trouble says what is wrong with the lock's file.
func trouble(path string, err error) error {
	return fmt.Errorf("the lock file %s can't be used: %w", path, bare(err))
}

// bare returns err without a path and an operation, which the caller names.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// baseFolder returns the user's runtime folder, or the one for caches where there is none.
func baseFolder() (string, error) {
	base, trouble := os.Getenv("XDG_RUNTIME_DIR"), ""
	switch {
	case !filepath.IsAbs(base):
		trouble = "is not set"
	case isForeign(base): // after su or sudo: what root makes there, its owner could not use
		trouble = "is another user's"
	default:
		return base, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for lock files: XDG_RUNTIME_DIR %s, and %w", trouble, err)
	}
	return base, nil
}

// folder returns the private folder of the lock files, and creates it.
func folder(dir string) (string, error) {
	if dir == "" {
		base, err := baseFolder()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "mcpsecrets")
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = checkPrivate(dir)
	}
	if err != nil {
		return "", fmt.Errorf("the folder of lock files %s can't be used: %w", dir, bare(err))
	}
	return dir, nil
}
