//go:build unix

package private_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// folder returns a new folder of a mode.
func folder(t *testing.T, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folder")
	must(t, os.Mkdir(path, 0o700))
	must(t, os.Chmod(path, mode))
	return path
}

func file(t *testing.T, dir string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, "file")
	must(t, os.WriteFile(path, []byte("content"), 0o600))
	must(t, os.Chmod(path, mode))
	return path
}

func link(t *testing.T, to, path string) string {
	t.Helper()
	must(t, os.Symlink(to, path))
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What others can read is no private file, and what they can change is no shared one either. The error names the way out.
func TestModesOfFiles(t *testing.T) {
	for mode, row := range map[fs.FileMode]struct{ private, shared string }{
		0o600: {}, 0o400: {}, 0o700: {},
		0o640: {private: "chmod 600"}, 0o604: {private: "chmod 600"}, 0o644: {private: "chmod 600"}, 0o610: {private: "chmod 600"},
		0o620: {"chmod 600", "chmod go-w"}, 0o602: {"chmod 600", "chmod go-w"}, 0o666: {"chmod 600", "chmod go-w"},
	} {
		path := file(t, folder(t, 0o700), mode)
		for name, try := range map[string]struct {
			open func(string) (*os.File, error)
			want string
		}{"private": {private.Open, row.private}, "shared": {private.OpenShared, row.shared}} {
			f, err := try.open(path)
			if try.want == "" && err != nil || try.want != "" && (!errors.Is(err, store.ErrUnsafe) || !strings.Contains(err.Error(), try.want+" "+path)) {
				t.Errorf("%s of %o: %v", name, mode, err)
			}
			f.Close()
		}
	}
}

// What is no plain file is not read: a pipe would wait for its other end, and a device has no end.
func TestWhatIsNoPlainFile(t *testing.T) {
	pipe := filepath.Join(folder(t, 0o700), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{pipe, "/dev/zero", "/dev/tty", "/"} {
		for _, open := range []func(string) (*os.File, error){private.Open, private.OpenShared} {
			if _, err := open(path); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if _, err := private.Open("/no/such"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}

// A path leads through folders alone in which others replace nothing, also where its links lead.
func TestFoldersOnTheWay(t *testing.T) {
	for mode, safe := range map[fs.FileMode]bool{
		0o700: true, 0o755: true, 0o777 | fs.ModeSticky: true, 0o770 | fs.ModeSticky: true, 0o720: false, 0o702: false, 0o777: false,
	} {
		open := folder(t, 0o700)
		inside := filepath.Join(open, "inside")
		must(t, os.Mkdir(inside, 0o700))
		must(t, os.WriteFile(filepath.Join(open, "target"), nil, 0o600))
		link(t, "../target", filepath.Join(inside, "back"))
		must(t, os.Chmod(open, mode))
		closed := folder(t, 0o700)
		for _, path := range []string{
			filepath.Join(open, "new"), filepath.Join(open, "target"), inside, filepath.Join(inside, "new"), open,
			link(t, filepath.Join(inside, "new"), filepath.Join(closed, "to a file")), filepath.Join(link(t, inside, filepath.Join(closed, "to a folder")), "new"),
			filepath.Join(inside, "back"), link(t, filepath.Join(closed, "to a folder")+"/back", filepath.Join(closed, "to a link")),
		} {
			if _, err := private.Resolve(path); safe && err != nil || !safe && !errors.Is(err, store.ErrUnsafe) {
				t.Errorf("%v: %s: %v", mode, path, err)
			}
		}
		must(t, os.Chmod(open, 0o700)) // for its removal
	}
}

// Where a path leads is what the system says, and not what its text looks like.
func TestWhereAPathLeads(t *testing.T) {
	home, err := filepath.EvalSymlinks(folder(t, 0o700))
	must(t, err)
	deep := filepath.Join(home, "a", "b")
	must(t, os.MkdirAll(deep, 0o700))
	link(t, "a/b", filepath.Join(home, "b"))
	link(t, "loop", filepath.Join(home, "loop"))
	link(t, "nothing/new", filepath.Join(home, "dangling"))
	for path, want := range map[string]string{
		"new": "new", "b/new": "a/b/new", "b/../new": "a/new", "./a//b/new": "a/b/new", "b/../../new": "new",
		"loop": "", "none/new": "", "dangling": "",
	} {
		got, err := private.Resolve(home + "/" + path)
		if want != "" && got != filepath.Join(home, want) || (want == "") != (err != nil) {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	if _, err := private.Resolve("new"); err == nil {
		t.Error("a relative path is no full one")
	}
}

// What belongs to another user is theirs, whatever its mode.
func TestOtherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to somebody else")
	}
	dir := folder(t, 0o700)
	path := file(t, dir, 0o600)
	shortcut := link(t, path, filepath.Join(dir, "link"))
	must(t, os.Lchown(shortcut, 65534, 65534))
	if _, err := private.Resolve(shortcut); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("a link: %v", err)
	}
	must(t, os.Chown(path, 65534, 65534))
	for _, open := range []func(string) (*os.File, error){private.Open, private.OpenShared} {
		if _, err := open(path); !errors.Is(err, store.ErrUnsafe) {
			t.Errorf("a file: %v", err)
		}
	}
	must(t, os.Chown(dir, 65534, 65534))
	if _, err := private.Resolve(path); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("a folder: %v", err)
	}
}
