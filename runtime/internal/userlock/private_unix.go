//go:build unix

package userlock

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openFlags follow no link, and wait for no other end of a pipe. Network file systems lock
// exclusively only what is open for writing. Go opens files so that no child inherits them: a
// dialog that outlives us does not hold the lock.
const openFlags = os.O_RDWR | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// checkPrivate refuses a folder in which another user could lay a trap, such as
// a link in place of the lock file or a lock that is never given up.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is no folder, or a link")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("others can write to it")
	}
	return checkOwner(info)
}

// checkFile refuses what is no plain file of this user under one name.
func checkFile(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() || !ok || stat.Nlink > 1 {
		return errors.New("it is no plain file")
	}
	return checkOwner(info)
}

// isForeign reports whether a folder is there and belongs to another user.
func isForeign(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && checkOwner(info) != nil
}

func checkOwner(info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return errors.New("it belongs to another user")
	}
	return nil
}
