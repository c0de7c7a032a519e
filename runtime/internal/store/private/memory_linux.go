package private

import (
	"os"

	"golang.org/x/sys/unix"
)

// isInMemory reports whether a file is in a file system that is nowhere but in memory.
func isInMemory(f *os.File) bool {
	var stat unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &stat) == nil && (int64(stat.Type) == unix.TMPFS_MAGIC || uint32(stat.Type) == unix.RAMFS_MAGIC)
}
