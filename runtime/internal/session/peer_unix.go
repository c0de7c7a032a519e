//go:build !windows && !darwin

package session

import (
	"errors"
	"net"
	"os"
)

// ErrForeign: who listens is another user.
var ErrForeign = errors.New("it belongs to another user")

// checkBus returns ErrForeign if another user listens on the bus that conn is connected to.
func checkBus(conn *net.UnixConn) error {
	uid, err := listener(conn)
	if err == nil && uid != os.Geteuid() {
		err = ErrForeign
	}
	return err
}

// CheckDisplay returns [ErrForeign] if the display that conn is connected to is another user's. It may be root's, as an X server
// often is, one whom a sandbox hides, or one on another computer.
func CheckDisplay(conn net.Conn) error {
	var uids []int
	switch conn := conn.(type) {
	case *net.UnixConn:
		uid, err := listener(conn)
		if err != nil {
			return err
		}
		uids = []int{uid}
	case *net.TCPConn:
		here, there := conn.LocalAddr().(*net.TCPAddr), conn.RemoteAddr().(*net.TCPAddr)
		if there.IP.IsLoopback() || there.IP.Equal(here.IP) {
			uids = tcpListeners(there.Port)
		}
	}
	for _, uid := range uids {
		if uid != os.Geteuid() && uid != 0 && !isHidden(uid) {
			return ErrForeign
		}
	}
	return nil
}
