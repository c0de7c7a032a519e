package private

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// isMounted reports whether a file is in memory alone, where root has put it for a program: it belongs to root, or nobody can put
// anything there.
func isMounted(f *os.File, info fs.FileInfo) bool {
	var stat unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &stat); err != nil {
		return false
	}
	inMemory := uint32(stat.Type) == unix.TMPFS_MAGIC || uint32(stat.Type) == unix.RAMFS_MAGIC
	return inMemory && (isOfRoot(info) || stat.Flags&unix.ST_RDONLY != 0)
}
