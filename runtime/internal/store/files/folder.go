package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A folder is what is at a path. It stays open while the same folder is there: to open it takes longer than to read a file.
type folder struct {
	path string

	mu     sync.Mutex
	root   *os.Root
	is     fs.FileInfo // root
	closed bool

	local atomic.Bool // root's file system is this computer's, and answers at once
}

// open returns the folder that is at the path now, checked. It is not the caller's to close; [errMoved] is the error of whoever
// uses it after it was replaced.
func (f *folder) open() (*os.Root, error) {
	now, err := os.Stat(f.path)
	if err != nil {
		return nil, f.missing(err)
	}
	if err := checkFolder(f.path, now); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fmt.Errorf("%w: it was closed", store.ErrNoStore)
	}
	if f.root == nil || !os.SameFile(f.is, now) {
		err = f.reopen()
	}
	return f.root, err
}

// reopen opens the folder, to which nobody else may lead the path.
func (f *folder) reopen() error {
	if _, err := private.Resolve(f.path); err != nil {
		return f.missing(err)
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return f.missing(err)
	}
	is, err := statFolder(root, f.path) // which may be another one by now
	if err != nil {
		root.Close()
		return err
	}
	if f.root != nil {
		f.root.Close()
	}
	f.root, f.is = root, is
	f.local.Store(!isRemote(root))
	return nil
}

// missing is the error of a folder that can't be opened.
func (f *folder) missing(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no folder %s", store.ErrNoStore, f.path)
	case errors.Is(err, store.ErrUnsafe):
		return err
	}
	return failed(f.path, err)
}

// close lets go of the folder, for ever.
func (f *folder) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.root == nil {
		return nil
	}
	root := f.root
	f.root = nil
	return root.Close()
}

// statFolder says what an open folder is, checked.
func statFolder(root *os.Root, path string) (fs.FileInfo, error) {
	info, err := root.Stat(".")
	if err != nil {
		return nil, failed(path, err)
	}
	return info, checkFolder(path, info)
}

// checkFolder says whether others could put something into a folder.
func checkFolder(path string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%w: %s is no folder", store.ErrNoStore, path)
	}
	return private.CheckFolder(path, info)
}
