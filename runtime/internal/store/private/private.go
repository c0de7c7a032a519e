// Package private says whether others can read or change a file: the one rule for all that a store keeps in files. A store asks
// [Resolve] where a file is, and [Open] for what is there.
//
// "Others" are all users but this one and root. On Windows only the kind of a file is looked at, and not its access list: a
// user's profile, where such files belong, is closed to others by itself.
package private

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Open opens a file for reading, and refuses it as [Check] does. It does not wait for the other end of a pipe.
func Open(path string) (*os.File, error) { return open(path, Check) }

// OpenShared opens a file that others may read, as one that is encrypted, and refuses it as [CheckShared] does.
func OpenShared(path string) (*os.File, error) { return open(path, CheckShared) }

func open(path string, check func(*os.File) error) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, err
	}
	if err := check(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Check returns a [store.ErrUnsafe] if others can read or change what f is, which its path may no longer name, or if that is no
// plain file. What is in memory alone may be readable to all if it belongs to root or is only read there: so Docker, Kubernetes
// and systemd mount secrets for one program.
func Check(f *os.File) error {
	info, err := plain(f)
	if err != nil {
		return err
	}
	if canRead(info) && !isMounted(f, info) {
		return unsafe(f.Name(), "others can read it", "chmod 600 "+f.Name())
	}
	return checkClosed(f.Name(), info)
}

// CheckShared is Check of what others may read.
func CheckShared(f *os.File) error {
	info, err := plain(f)
	if err != nil {
		return err
	}
	return checkClosed(f.Name(), info)
}

// plain returns what is known of a file. A folder, pipe or device is none.
func plain(f *os.File) (fs.FileInfo, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s is no plain file", store.ErrUnsafe, f.Name())
	}
	return info, err
}

// CheckFolder returns a [store.ErrUnsafe] if others can replace what is in a folder. In one such as /tmp, nobody can replace what
// is another user's.
func CheckFolder(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSticky != 0 {
		return CheckOwner(path, info)
	}
	return checkClosed(path, info)
}

// checkClosed refuses what others can change.
func checkClosed(path string, info fs.FileInfo) error {
	if canWrite(info) {
		return unsafe(path, "others can change it", "chmod go-w "+path)
	}
	return CheckOwner(path, info)
}

// CheckOwner returns a [store.ErrUnsafe] for what belongs to another user, who can change it whatever its mode says now.
func CheckOwner(path string, info fs.FileInfo) error {
	if !isOwn(info) && !isOfRoot(info) {
		return unsafe(path, "it belongs to another user", "chown it to who runs this")
	}
	return nil
}

func unsafe(path, why, way string) error {
	return fmt.Errorf("%w: %s: %s (%s)", store.ErrUnsafe, path, why, way)
}
