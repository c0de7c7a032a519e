package session

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// listener returns the user who listens on the socket that conn is connected to. Unlike the owner of the file, that is known of
// an abstract socket, too.
func listener(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var who *unix.Ucred
	controlled := raw.Control(func(fd uintptr) { who, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if controlled != nil || err != nil {
		return 0, cmp.Or(controlled, err)
	}
	return int(who.Uid), nil
}

// tcpListeners returns the users who listen on a TCP port of this computer, at whichever address. Of what listens outside the
// network namespace of this process, as for a container, nothing is known.
func tcpListeners(port int) (uids []int) {
	const listening = "0A"
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(table)) {
			columns := strings.Fields(line) // number, local address, remote address, state, queues, timer, retransmissions, user
			if len(columns) < 8 || columns[3] != listening || !strings.HasSuffix(columns[1], fmt.Sprintf(":%04X", port)) {
				continue
			}
			if uid, err := strconv.Atoi(columns[7]); err == nil {
				uids = append(uids, uid)
			}
		}
	}
	return uids
}

// overflow is the number that the kernel gives to all users who have none in the namespace of a process.
const overflow = 65534

// isHidden reports whether a sandbox keeps from us which user that is: root outside is as well nobody as all others there.
func isHidden(uid int) bool {
	if uid != overflow {
		return false
	}
	file, err := os.Open("/proc/self/uid_map")
	if err != nil {
		return false
	}
	defer file.Close()
	for {
		var inside, outside, count int
		if _, err := fmt.Fscan(file, &inside, &outside, &count); err != nil {
			return true
		}
		if inside <= uid && uid < inside+count {
			return false
		}
	}
}
