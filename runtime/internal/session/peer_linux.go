package session

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer returns errForeign if another user listens on the socket that conn is connected to. Unlike the owner of the file,
// that is known of an abstract socket, too.
func checkPeer(conn *net.UnixConn, _ string) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var listener *unix.Ucred
	controlled := raw.Control(func(fd uintptr) {
		listener, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	switch {
	case controlled != nil:
		return controlled
	case err != nil:
		return err
	case int(listener.Uid) != os.Geteuid():
		return errForeign
	}
	return nil
}
