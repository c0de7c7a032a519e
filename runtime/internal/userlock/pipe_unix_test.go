//go:build unix

package userlock

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Opening a pipe must not outwait the deadline.
func TestLockFileThatIsAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "a.lock"), 0o600); err != nil {
		t.Skip("no pipes with names here:", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if unlock, err := lockWithin(t, patience, dir, "a"); err == nil {
			unlock()
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("it waits for who writes into the pipe")
	}
}
