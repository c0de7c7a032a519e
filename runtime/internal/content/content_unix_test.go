//go:build unix

package content

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// What others can read is no confidential file; nor is what belongs to somebody else, who could read it again at any time.
func TestConfidentialFilesAreClosedToOthers(t *testing.T) {
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o700: true, 0o640: false, 0o604: false, 0o644: false, 0o602: false, 0o610: false} {
		path := put(t, "x", mode)
		if _, problem := Of(hidden, path); (problem == nil) != want || problem != nil && problem.Kind != field.OpenFile {
			t.Errorf("%o: %v", mode, problem)
		}
		if _, problem := Of(shown, path); problem != nil {
			t.Errorf("%o, public: %v", mode, problem)
		}
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		if _, problem := Of(hidden, link); (problem == nil) != want {
			t.Errorf("%o, by a link: %v", mode, problem)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to somebody else")
	}
	path := put(t, "x", 0o600)
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, problem := Of(hidden, path); problem == nil || problem.Kind != field.OpenFile {
		t.Errorf("of another user: %v", problem)
	}
}

// What is no plain file is not read: a pipe would wait for its other end, and a device has no end.
func TestOnlyPlainFilesAreRead(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", "/dev/tty", "/", "/proc/self/fd"} {
		for _, f := range []field.Field{hidden, shown} {
			if text, problem := Of(f, path); problem == nil || problem.Kind != field.NoFile {
				t.Errorf("%s: %q, %v", path, text, problem)
			}
		}
	}
}
