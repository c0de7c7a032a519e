//go:build unix

package private

import (
	"io/fs"
	"os"
	"syscall"
)

const nonblocking = syscall.O_NONBLOCK

func canRead(info fs.FileInfo) bool  { return info.Mode().Perm()&0o077 != 0 }
func canWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }
func isOwn(info fs.FileInfo) bool    { return owner(info) == os.Geteuid() }
func isOfRoot(info fs.FileInfo) bool { return owner(info) == 0 }

// owner returns the number of a file's user, -1 if that is not known.
func owner(info fs.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Uid)
}
