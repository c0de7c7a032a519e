package child

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// beginning is what the names of all folders begin with.
const beginning = "mcpsecrets-program-"

// A folder holds private files for one run of a program. It is gone when the run is over. If this process is
// killed, a watch removes it at once, where the system has one; else a run of any server of the same user
// does, from a minute later on, by the lock that nobody holds any more.
type folder struct {
	path  string
	lock  *flock.Flock
	watch *watch
}

// newFolder makes a folder in the first place where that can be done.
func newFolder() (*folder, error) {
	var failed []error
	for _, place := range places() {
		removeOrphans(place)
		f, err := newFolderIn(place)
		if err == nil {
			return f, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func newFolderIn(place string) (*folder, error) {
	path, err := makePrivate(place)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, lock: lockOf(path, os.O_CREATE|os.O_RDWR)}
	if free, err := f.lock.TryLock(); err != nil || !free {
		f.remove()
		return nil, errors.Join(errors.New("the folder can't be locked"), err)
	}
	f.watch = watchOver(path)
	return f, nil
}

func lockOf(path string, flags int) *flock.Flock {
	return flock.New(filepath.Join(path, "lock"), flock.SetFlag(flags), flock.SetPermissions(0o600))
}

// write writes a file that only this user can read.
func (f *folder) write(name, text string) (path string, err error) {
	folder, err := os.MkdirTemp(f.path, "") // two may have one name
	if err != nil {
		return "", err
	}
	path = filepath.Join(folder, name)
	file, err := createPrivate(path)
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	return path, errors.Join(err, file.Close())
}

func (f *folder) remove() {
	removeAll(f.path, f.lock)
	f.watch.end()
}

// removeAll removes a folder, and what gives its lock free last: Windows removes no file that is open.
func removeAll(path string, lock *flock.Flock) {
	entries, _ := os.ReadDir(path)
	for _, entry := range entries {
		if entry.IsDir() {
			_ = os.RemoveAll(filepath.Join(path, entry.Name()))
		}
	}
	_ = lock.Unlock()
	_ = os.RemoveAll(path)
}

// freshness is how long a folder is left alone that nobody has locked: it may be one that is just being made.
const freshness = time.Minute

// removeOrphans removes the folders of processes that ended before they could.
func removeOrphans(place string) {
	entries, _ := os.ReadDir(place)
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), beginning) {
			continue
		}
		info, err := entry.Info()
		if err != nil || !isOwn(info) || time.Since(info.ModTime()) < freshness {
			continue
		}
		path := filepath.Join(place, entry.Name())
		lock := lockOf(path, os.O_RDWR)
		if free, err := lock.TryLock(); err == nil && free {
			removeAll(path, lock)
		}
	}
}
