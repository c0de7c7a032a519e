package age

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Where nothing can be written, the values are read, and the error says so at once.
func TestFolderThatIsOnlyRead(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", "old"))
	folder := filepath.Dir(s.file)
	if os.Geteuid() == 0 {
		mounted(t, folder, folder, syscall.MS_BIND)
		must(t, syscall.Mount("", folder, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	} else {
		must(t, os.Chmod(folder, 0o500))
		defer func() { must(t, os.Chmod(folder, 0o700)) }()
	}
	wantValue(t, s, pets, "api_key", "old")
	for _, err := range []error{s.Prepare(t.Context(), pets), s.Set(t.Context(), pets, "api_key", canary), s.Delete(t.Context(), pets, "api_key"), s.Clear(t.Context(), pets)} {
		wantError(t, err, store.ErrReadOnly, folder)
	}
}

// A file that a container has mounted by itself can't be replaced, and says what to mount.
func TestFileThatIsMounted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", "old"))
	mounted(t, s.file, s.file, syscall.MS_BIND)
	wantValue(t, s, pets, "api_key", "old")
	wantError(t, s.Set(t.Context(), pets, "api_key", canary), store.ErrReadOnly, "mount its folder")
	wantValue(t, s, pets, "api_key", "old")
	wantFiles(t, s, "secrets.age", "secrets.age.key", "secrets.age.lock")
}

// A disk that is full leaves what was there.
func TestDiskThatIsFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	folder := t.TempDir()
	mounted(t, "tmpfs", folder, 0)
	s := opens(t, Options{File: filepath.Join(folder, "secrets.age")})
	must(t, os.Chmod(folder, 0o700))
	must(t, s.Set(t.Context(), pets, "api_key", "old"))
	for n := range 8 {
		err := s.Set(t.Context(), pets, fmt.Sprint("key", n), strings.Repeat(canary, 6000))
		if err != nil {
			wantError(t, err, store.ErrFailed, "no space")
			wantValue(t, s, pets, "api_key", "old")
			wantFiles(t, s, "secrets.age", "secrets.age.key", "secrets.age.lock")
			return
		}
	}
	t.Error("the disk is not full")
}

// mounted mounts something for the test.
func mounted(t *testing.T, from, at string, flags uintptr) {
	t.Helper()
	kind, data := "", ""
	if flags == 0 {
		kind, data = from, "size=1m"
	}
	if err := syscall.Mount(from, at, kind, flags, data); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(at, 0)) })
}
