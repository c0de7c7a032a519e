package userlock

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// processOf returns the process that has locked the file, 0 if that is not known.
func processOf(info fs.FileInfo) (pid int) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	locks, _ := os.ReadFile("/proc/locks")
	place := fmt.Sprintf("%02x:%02x:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino)
	for line := range strings.Lines(string(locks)) {
		// "1: FLOCK  ADVISORY  WRITE 4711 08:01:131081 0 EOF", with "->" after the number for who waits
		fields := strings.Fields(line)
		if len(fields) == 8 && fields[1] == "FLOCK" && fields[5] == place {
			_, _ = fmt.Sscan(fields[4], &pid)
			return pid
		}
	}
	return 0
}
