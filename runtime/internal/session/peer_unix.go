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
// often is, or of one whom a sandbox hides; and of a display by TCP, as ssh forwards one, nothing can be known.
func CheckDisplay(conn net.Conn) error {
	local, ok := conn.(*net.UnixConn)
	if !ok {
		return nil
	}
	uid, err := listener(local)
	if err == nil && uid != os.Geteuid() && uid != 0 && !isHidden(uid) {
		err = ErrForeign
	}
	return err
}
