package userlock

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience is for what must happen; a test that uses it up has failed.
const patience = time.Minute

func TestLockIsHeldByOneAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	first := mustLock(t, dir, "a")
	if unlock, err := lockWithin(t, 4*pause, dir, "a"); err != context.DeadlineExceeded {
		t.Errorf("held by another: got %v, %v", unlock != nil, err)
	}
	mustLock(t, dir, "b")()
	first()
	second := mustLock(t, dir, "a")
	first() // gives up nothing of the second's
	if unlock, err := lockWithin(t, 4*pause, dir, "a"); err != context.DeadlineExceeded {
		t.Errorf("unlocked twice: got %v, %v", unlock != nil, err)
	}
	second()
}

// Who comes while the lock is held must lock the same file as who comes after.
func TestLockFileStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	var before os.FileInfo
	for range 2 {
		mustLock(t, dir, "a")()
		info, err := os.Stat(filepath.Join(dir, "a.lock"))
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !os.SameFile(before, info) {
			t.Error("the lock file is another one")
		}
		before = info
	}
}

func TestLockOfAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if unlock, err := Lock(ctx, filepath.Join(t.TempDir(), "locks"), "a"); err != context.Canceled {
		t.Errorf("got %v, %v", unlock != nil, err)
	}
}

func TestLockFileThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if unlock, err := lockWithin(t, patience, dir, "a"); err == nil || err == context.DeadlineExceeded {
		t.Errorf("got %v, %v", unlock != nil, err)
	}
}

func mustLock(t *testing.T, dir, name string) (unlock func()) {
	t.Helper()
	unlock, err := lockWithin(t, patience, dir, name)
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

func lockWithin(t *testing.T, timeout time.Duration, dir, name string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return Lock(ctx, dir, name)
}
