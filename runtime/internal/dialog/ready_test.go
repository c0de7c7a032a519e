//go:build linux

package dialog

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What keeps a window from opening is named, with its place, before one is announced.
func TestReady(t *testing.T) {
	screen(t)
	check(t, person().Ready(t.Context()))
	for name, row := range map[string]struct {
		fault func(t *testing.T, dir string) // dir is the folder of lock files
		want  error
		says  string
	}{
		"no display": {func(t *testing.T, _ string) { t.Setenv("DISPLAY", "") }, ErrNoDisplay, "DISPLAY"},
		"no program": {func(t *testing.T, _ string) { t.Setenv("PATH", t.TempDir()) }, ErrNoDialog, "install zenity"},
		"no libraries": {func(t *testing.T, _ string) {
			double(t, "echo 'error while loading shared libraries' >&2; exit 127")
		}, ErrFailed, "/zenity does not run"},
		"program killed":      {func(t *testing.T, _ string) { double(t, "kill -9 $$") }, ErrFailed, "/zenity ended with signal: killed"},
		"program fails":       {func(t *testing.T, _ string) { double(t, "exit 1") }, ErrFailed, "/zenity --version ended with exit status 1"},
		"program not for us":  {func(t *testing.T, _ string) { broken(t) }, ErrFailed, "/zenity can't be started"},
		"display not for it":  {func(t *testing.T, _ string) { double(t, cannotOpen) }, ErrFailed, "/zenity could not open the display"},
		"lock folder is open": {func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o777)) }, ErrFailed, "others can write to it"},
		"lock is a folder": {func(t *testing.T, dir string) {
			check(t, os.Mkdir(filepath.Join(dir, "dialog.lock"), 0o700))
		}, ErrFailed, "dialog.lock can't be used: it is no plain file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "locks")
			check(t, os.Mkdir(dir, 0o700))
			row.fault(t, dir)
			err := New(Options{LockDir: dir}).Ready(t.Context())
			wantErr(t, err, row.want)
			if !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v does not say %q", err, row.says)
			}
		})
	}
	t.Run("given up", func(t *testing.T) {
		double(t, "sleep 1000")
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan error, 1)
		go func() { started <- person().Ready(ctx) }()
		child(t)
		cancel()
		if err := <-started; err != context.Canceled {
			t.Error(err)
		}
	})
}

// cannotOpen is a program that takes its time to find no display, as zenity does on a slow machine.
const cannotOpen = "sleep 0.5; echo '(zenity:1): Gtk-WARNING **: cannot open display: :99' >&2; exit 1"

// broken puts a program on PATH whose interpreter is missing.
func broken(t *testing.T) {
	t.Helper()
	double(t, "")
	path, _, _ := strings.Cut(os.Getenv("PATH"), ":")
	check(t, os.WriteFile(filepath.Join(path, "zenity"), []byte("#!/no/such/interpreter\n"), 0o755))
}
