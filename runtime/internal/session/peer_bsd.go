//go:build !linux && !windows && !darwin

package session

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// listener returns the user to whom the socket belongs that conn is connected to.
func listener(conn *net.UnixConn) (uid int, err error) {
	info, err := os.Stat(conn.RemoteAddr().String())
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return int(stat.Uid), nil
}

// tcpListeners returns nobody: it would take privileges to know.
func tcpListeners(int) (uids []int) { return nil }

// isHidden reports whether it can't be known which user that is.
func isHidden(int) bool { return false }
