//go:build unix

package content

import (
	"io/fs"
	"os"
	"syscall"
)

const nonblocking = syscall.O_NONBLOCK

// isPrivate reports whether only this user, or root, can read a file and say who else can.
func isPrivate(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().Perm()&0o077 == 0 && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0)
}
