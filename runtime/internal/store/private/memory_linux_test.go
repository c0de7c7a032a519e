package private_test

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// What root mounts from memory for a container may be readable to all, and nothing else there.
func TestMountedFromMemory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	for _, kind := range []string{"tmpfs", "ramfs"} {
		dir := folder(t, 0o755)
		if err := syscall.Mount("mcpsecrets-test", dir, kind, 0, ""); err != nil {
			t.Skipf("nothing can be mounted here: %v", err)
		}
		t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
		for mode, safe := range map[fs.FileMode]bool{0o444: true, 0o644: true, 0o640: true, 0o664: false, 0o646: false} {
			f, err := private.Open(file(t, dir, mode))
			if safe && err != nil || !safe && !errors.Is(err, store.ErrUnsafe) {
				t.Errorf("%s, %o: %v", kind, mode, err)
			}
			f.Close()
		}
		path := file(t, dir, 0o644)
		must(t, os.Chown(path, 65534, 65534))
		f, err := private.Open(path)
		if !errors.Is(err, store.ErrUnsafe) {
			t.Errorf("%s, another user's: %v", kind, err)
		}
		f.Close()
		if kind == "ramfs" {
			continue // which has no flags of its own
		}
		must(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
		f, err = os.Open(path)
		must(t, err)
		must(t, asUser(65534, func() error { return private.Check(f) }))
		f.Close()
	}
}

// asUser calls do on a thread that is a user's.
func asUser(id int, do func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never gives it back: it ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uintptr(id), uintptr(id), uintptr(id)); errno != 0 {
			result <- errno
			return
		}
		result <- do()
	}()
	return <-result
}
