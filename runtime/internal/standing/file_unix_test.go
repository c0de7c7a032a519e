//go:build unix

package standing

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// permitted returns the path of a file with one permission, in a folder of its own.
func permitted(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dir")
	must(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "allowed.json")
	must(t, ChangeFile(path, func(all []Permission) []Permission { return With(all, lasting(time.Hour)) }))
	return path
}

// Who can write the file can allow: nobody else may.
func TestFileThatOthersCanChangeCountsForNothing(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"a group's":         func(path string) error { return os.Chmod(path, 0o664) },
		"everybody's":       func(path string) error { return os.Chmod(path, 0o646) },
		"in others' folder": func(path string) error { return os.Chmod(filepath.Dir(path), 0o777) },
		"in a group's":      func(path string) error { return os.Chmod(filepath.Dir(path), 0o770) },
		"another user's":    func(path string) error { return os.Chown(path, 65534, 65534) },
		"behind a link": func(path string) error {
			return errors.Join(os.Rename(path, path+"2"), os.Chmod(path+"2", 0o666), os.Symlink(path+"2", path))
		},
		"a pipe":             func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
		"a folder":           func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"of other content":   func(path string) error { return os.WriteFile(path, []byte("yes"), 0o600) },
		"longer than it may": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat(" ", MaxSize+1)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := permitted(t)
			if all, err := ReadFile(path); err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			if err := spoil(path); errors.Is(err, fs.ErrPermission) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			all, err := ReadFile(path)
			if all != nil || !errors.Is(err, store.ErrUnsafe) && !errors.Is(err, ErrBroken) {
				t.Errorf("%v, %v", all, err)
			}
			if err := ChangeFile(path, func(all []Permission) []Permission { return With(all, lasting(time.Hour)) }); err == nil {
				t.Error("it is written")
			}
		})
	}
	if _, err := ReadFile("allowed.json"); err == nil {
		t.Error("a path is read that depends on where the server was started")
	}
}

// Others may read it, so that a container can. A link stays one, as Kubernetes has them.
func TestFileIsReplacedWhole(t *testing.T) {
	path := permitted(t)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(path, link))
	other := lasting(time.Hour)
	other.Tool = "other"
	must(t, ChangeFile(link, func(all []Permission) []Permission { return With(all, other) }))
	info, err := os.Stat(path)
	must(t, err)
	left, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	all, err := ReadFile(link)
	if err != nil || len(all) != 2 || info.Mode() != 0o644 || len(left) != 1 {
		t.Errorf("%v, %v, mode %v, in the folder %v", all, err, info.Mode(), left)
	}
	must(t, os.Chmod(path, 0o600))
	must(t, ChangeFile(path, func([]Permission) []Permission { return nil }))
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("another mode than it had: %v, %v", info.Mode(), err)
	}
}

func TestReadersSeeTheOldOrTheNewList(t *testing.T) {
	path := permitted(t)
	end := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if all, err := ReadFile(path); err != nil || len(all) < 1 || len(all) > 2 {
					t.Errorf("%d, %v", len(all), err)
					return
				}
			}
		})
	}
	other := lasting(time.Hour)
	other.Tool = "other"
	for i := range 200 {
		must(t, ChangeFile(path, func(all []Permission) []Permission {
			if i%2 == 0 {
				return append(all, other)
			}
			return all[:1]
		}))
	}
	close(end)
	readers.Wait()
}
