package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// errMoved is what happens when somebody replaces a file, or the folder that a link leads to, while it is being found.
var errMoved = fmt.Errorf("%w: a file changes all the time", store.ErrFailed)

// A gone error is the [store.ErrNotSet] of a walk that followed a link: what it led to may have been replaced since. Whoever does
// that has the link lead elsewhere first, so that there is nothing if the next walk is led to the same path.
type gone struct{ path string }

func (*gone) Error() string { return store.ErrNotSet.Error() }
func (*gone) Unwrap() error { return store.ErrNotSet }

// A walk goes down from a folder, one name after the other. It looks at each before it opens it, and at what it has opened:
// whatever is put in its way meanwhile, it reads nothing that it has not looked at.
type walk struct {
	at      *os.Root // the folder that it has come to
	path    string   // of at
	isBelow bool     // at is not where it began
	links   int      // that it has followed
}

// maxLinks is how many links lead to a file; Kubernetes has two.
const maxLinks = 8

// read reads the file of a secret.
func (s *Store) read(account, name string) (text string, err error) {
	err = s.walk([]string{account, name}, func(file *os.File, info fs.FileInfo) (err error) {
		text, err = content(file, info.Size())
		return err
	})
	return text, err
}

// within returns the names of what is in the folder of an account, sorted.
func (s *Store) within(account string) (names []string, err error) {
	err = s.walk([]string{account, "."}, func(folder *os.File, _ fs.FileInfo) (err error) {
		names, err = folder.Readdirnames(-1)
		return failed(folder.Name(), err)
	})
	slices.Sort(names)
	return names, err
}

// changes is how often a file may be replaced while it is being found.
const changes = 100

// walk goes to the end of a path and does something there, once more if something was replaced meanwhile.
func (s *Store) walk(path []string, do func(*os.File, fs.FileInfo) error) (err error) {
	var last *gone
	for range changes {
		err = s.walkOnce(path, do)
		var now *gone
		switch {
		case errors.As(err, &now):
			if last != nil && now.path == last.path {
				return store.ErrNotSet
			}
		case !errors.Is(err, errMoved):
			return err
		}
		last = now
	}
	return err
}

func (s *Store) walkOnce(path []string, do func(*os.File, fs.FileInfo) error) error {
	w, err := s.begin()
	if err != nil {
		return err
	}
	defer w.end()
	file, info, err := w.open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return do(file, info)
}

// begin begins a walk at the folder as it is now.
func (s *Store) begin() (*walk, error) {
	root, err := s.folder.open()
	if err != nil {
		return nil, err
	}
	return &walk{at: root, path: s.folder.path}, nil
}

// end lets go of the folder that the walk has come to, but for the one where it began.
func (w *walk) end() {
	if w.isBelow {
		w.at.Close()
	}
}

// open opens what is at the end of a path of names, "" none; "." is the folder itself. The error is [store.ErrNotSet] if that is
// not there.
func (w *walk) open(path []string) (*os.File, fs.FileInfo, error) {
	for {
		name := path[0]
		path = path[1:]
		if name == "" {
			continue
		}
		info, err := w.look(name)
		switch {
		case err != nil:
			return nil, nil, err
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := w.follow(name)
			if err != nil {
				return nil, nil, err
			}
			path = slices.Concat(target, path)
		case len(path) > 0:
			if err := w.enter(name, info); err != nil {
				return nil, nil, err
			}
		default:
			return w.take(name, info)
		}
	}
}

// look says what a name is, once it belongs to somebody who may say what a value is.
func (w *walk) look(name string) (fs.FileInfo, error) {
	info, err := w.at.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, w.notSet(name)
	case err != nil:
		return nil, w.lost(name, err)
	}
	return info, private.CheckOwner(w.join(name), info)
}

// notSet is the error of a name that is not there.
func (w *walk) notSet(name string) error {
	if w.links == 0 {
		return store.ErrNotSet
	}
	return &gone{w.join(name)}
}

// follow returns the names to which a link leads: down from where it is.
func (w *walk) follow(name string) ([]string, error) {
	target, err := w.at.Readlink(name)
	if err != nil {
		return nil, errMoved
	}
	names := strings.Split(filepath.ToSlash(target), "/")
	w.links++
	switch {
	case filepath.IsAbs(target), !filepath.IsLocal(target), slices.Contains(names, ".."):
		return nil, unsafe(w.join(name), "it is a link that leads out of its folder", "put the file itself there")
	case w.links > maxLinks:
		return nil, unsafe(w.join(name), "it is a link to links", "put the file itself there")
	}
	return names, nil
}

// enter goes on in the folder of a name.
func (w *walk) enter(name string, seen fs.FileInfo) error {
	if !seen.IsDir() {
		return w.notSet(name)
	}
	next, err := w.at.OpenRoot(name)
	if err != nil {
		return w.lost(name, err)
	}
	w.end()
	w.at, w.path, w.isBelow = next, w.join(name), true
	opened, err := statFolder(next, w.path)
	if err == nil && !os.SameFile(seen, opened) {
		return errMoved
	}
	return err
}

// take opens the name where the walk ends. It does not wait for the other end of a pipe.
func (w *walk) take(name string, seen fs.FileInfo) (*os.File, fs.FileInfo, error) {
	file, err := w.at.OpenFile(name, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, nil, w.lost(name, err)
	}
	opened, err := file.Stat()
	switch {
	case err != nil:
		err = failed(w.join(name), err)
	case !os.SameFile(seen, opened):
		err = errMoved
	case name != ".":
		err = private.Check(file)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, opened, nil
}

// lost is the error of a name that was there a moment ago.
func (w *walk) lost(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, os.ErrClosed) {
		return errMoved
	}
	return failed(w.join(name), err)
}

func (w *walk) join(name string) string { return filepath.Join(w.path, name) }

// content returns what is in a file of a size.
func content(file *os.File, size int64) (string, error) {
	if size > field.MaxSize {
		return "", fmt.Errorf("%w: %s has %d bytes, and may have %d", store.ErrTooBig, file.Name(), size, field.MaxSize)
	}
	text := make([]byte, size+1)
	switch n, err := io.ReadAtLeast(file, text, int(size)); {
	case int64(n) == size:
		return withoutLineEnd(string(text[:n])), nil
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "", errMoved // it has grown or shrunk
	default:
		return "", failed(file.Name(), err)
	}
}

// withoutLineEnd takes off what an editor, or echo, writes after a value of one line.
func withoutLineEnd(text string) string {
	line, isOne := strings.CutSuffix(text, "\n")
	if !isOne || strings.Contains(line, "\n") {
		return text
	}
	return strings.TrimSuffix(line, "\r")
}

func unsafe(path, trouble, remedy string) error {
	return fmt.Errorf("%w: %s: %s (%s)", store.ErrUnsafe, path, trouble, remedy)
}

// failed names the path of what the operating system says, of which only the error itself is told.
func failed(path string, err error) error {
	if err == nil {
		return nil
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %s can't be read by the user who runs the server, %d", store.ErrFailed, path, os.Geteuid())
	}
	return fmt.Errorf("%w: %s: %w", store.ErrFailed, path, err)
}
