//go:build !linux && !windows && !darwin

package session

import (
	"net"
	"os"
)

// checkPeer returns errForeign if the socket that conn is connected to belongs to another user.
func checkPeer(_ *net.UnixConn, socket string) error {
	info, err := os.Stat(socket)
	switch {
	case err != nil:
		return err
	case !isOwn(info):
		return errForeign
	}
	return nil
}
