package desktop

import (
	"net"
	"runtime"

	"golang.org/x/sys/unix"
)

// ListenAs listens as another user: who connects is told that user. Only root can.
func ListenAs(uid int, network, address string) (listener net.Listener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocks: the thread, which is another user from here on, ends with the goroutine
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
			err = errno
			return
		}
		listener, err = net.Listen(network, address)
	}()
	<-done
	return listener, err
}
