//go:build unix

package client

import (
	"io/fs"
	"os"
	"syscall"
)

// hardLinks returns how many names a file has.
func hardLinks(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Nlink)
	}
	return 1
}

// own gives a file the owner and group of another. An error keeps a file of its user's from becoming root's.
func own(file *os.File, as fs.FileInfo) error {
	want, ok := as.Sys().(*syscall.Stat_t)
	info, err := file.Stat()
	if err != nil || !ok {
		return err
	}
	if has, ok := info.Sys().(*syscall.Stat_t); ok && has.Uid == want.Uid && has.Gid == want.Gid {
		return nil
	}
	return file.Chown(int(want.Uid), int(want.Gid))
}

// syncFolder has a folder's names on the disk. Where that can't be, they get there later.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}
