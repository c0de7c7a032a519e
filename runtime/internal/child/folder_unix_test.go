//go:build unix

package child

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// forget ends a watch that removes nothing.
func (w *watch) forget() {
	_ = w.shell.Process.Kill()
	_ = w.shell.Wait()
}

// No folder is made where others could change it, whatever the environment says.
func TestPlacesAreClosed(t *testing.T) {
	closed := place(t)
	if !slices.Contains(places(), closed) {
		t.Errorf("%s is none of %s", closed, places())
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(closed, link); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{open, link, "relative", filepath.Join(closed, "gone")} {
		t.Setenv("XDG_RUNTIME_DIR", folder)
		if slices.Contains(places(), folder) {
			t.Errorf("%s is one of %s", folder, places())
		}
	}
}
