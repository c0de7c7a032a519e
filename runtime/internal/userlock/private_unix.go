//go:build unix

package userlock

import (
	"fmt"
	"os"
	"syscall"
)

// checkPrivate refuses a folder in which another user could lay a trap, such as
// a link in place of the lock file or a lock that is never given up.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a private folder", dir)
	}
	return nil
}
