//go:build unix

package userlock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is in the place of the lock's file could lead elsewhere, or wait for somebody.
func TestLockFileThatIsNoPlainFile(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"socket": func(path string) error { return syscall.Mknod(path, syscall.S_IFSOCK|0o600, 0) },
		"device": func(path string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|3) }, // null
		"link": func(path string) error {
			return errors.Join(os.WriteFile(path+"2", nil, 0o600), os.Symlink(path+"2", path))
		},
		"link to nothing": func(path string) error { return os.Symlink(path+"2", path) },
		"link to itself":  func(path string) error { return os.Symlink(path, path) },
		"second name": func(path string) error {
			return errors.Join(os.WriteFile(path+"2", nil, 0o600), os.Link(path+"2", path))
		},
		"another user's": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o666), os.Chown(path, 65534, 65534))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.lock")
			if err := plant(path); errors.Is(err, syscall.EPERM) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			unlock, err := lockWithin(t, patience, dir, "a")
			if err == nil {
				unlock()
				t.Fatal("it is locked")
			}
			if errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "the lock file "+path+" can't be used: it ") {
				t.Error(err)
			}
			if _, err := Holder(dir, "a"); err == nil {
				t.Error("Holder finds nothing wrong")
			}
			if _, err := os.Lstat(path + "2"); name == "link to nothing" && err == nil {
				t.Error("the file was made elsewhere")
			}
		})
	}
}

// A link that comes between the look and the opening is not followed.
func TestLinkIsNotFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path+"2", path); err != nil {
		t.Fatal(err)
	}
	if f, err := os.OpenFile(path, openFlags, 0o600); err == nil {
		f.Close()
		t.Error("it was followed")
	}
}

func TestHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	if holder, err := Holder(dir, "a"); holder != nil || err != nil {
		t.Errorf("nobody has it: %v, %v", holder, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("who looks makes %v, %v", left, err)
	}
	unlock := mustLock(t, dir, "a")
	defer unlock()
	holder, err := Holder(dir, "a")
	if err != nil || holder == nil || holder.Path != filepath.Join(dir, "a.lock") {
		t.Fatalf("got %v, %v", holder, err)
	}
	if _, err := os.Stat("/proc/locks"); err == nil && holder.Process != os.Getpid() {
		t.Errorf("process %d has it, not %d", holder.Process, os.Getpid())
	}
}

// After su or sudo the variable may still be the one of who is logged in.
func TestRuntimeFolderOfAnotherUser(t *testing.T) {
	theirs, home := t.TempDir(), t.TempDir()
	if err := os.Chown(theirs, 65534, -1); err != nil {
		t.Skip(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", theirs)
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("HOME", home)
	unlock := mustLock(t, "", "a")
	defer unlock()
	if left, err := os.ReadDir(theirs); err != nil || len(left) > 0 {
		t.Errorf("in the other's folder is %v, %v", left, err)
	}
}
