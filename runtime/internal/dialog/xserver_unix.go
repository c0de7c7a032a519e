//go:build !windows && !darwin

package dialog

import (
	"context"
	"encoding/binary"
	"net"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// The display of an X server is looked for, and let us in, as libxcb has it, by which the dialog's program will: what it
// opens has to open here, and nothing else.

// xAnswers opens a connection to an X server and reports whether the server
// welcomes us; zenity without a valid cookie is as blind as with no server.
// The error is that of [xServer.dial].
func xAnswers(ctx context.Context, display string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, displayPatience)
	defer cancel()
	x, ok := parseX(display)
	if !ok {
		return false, nil
	}
	conn, err := x.dial(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	answer, err := converse(ctx, conn, xSetup(xCookie(conn.RemoteAddr(), x.number)), 1)
	return err == nil && answer[0] == 1, nil // 0 is refused, 2 is "authenticate further"
}

// An xServer is what DISPLAY names: [protocol/][host]:number[.screen].
type xServer struct {
	protocol, host string
	number         uint16
}

func parseX(display string) (x xServer, ok bool) {
	if slash := strings.LastIndexByte(display, '/'); slash >= 0 {
		x.protocol, display = display[:slash], display[slash+1:]
	}
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return x, false
	}
	x.host = display[:colon]
	number, screen, hasScreen := strings.Cut(display[colon+1:], ".")
	if _, err := strconv.ParseUint(screen, 10, 31); hasScreen && err != nil {
		return x, false
	}
	n, err := strconv.ParseUint(number, 10, 16)
	x.number = uint16(n)
	return x, err == nil
}

// networks are Go's names for the protocols that DISPLAY may name.
var networks = map[string]string{"": "tcp", "tcp": "tcp", "inet": "tcp4", "inet6": "tcp6"}

// dial connects to the server. The error is [session.ErrForeign] for one that is another user's.
func (x xServer) dial(ctx context.Context) (net.Conn, error) {
	conn, err := x.connect(ctx)
	if err == nil {
		err = session.CheckDisplay(conn)
	}
	if err != nil && conn != nil {
		conn.Close()
	}
	return conn, err
}

func (x xServer) connect(ctx context.Context) (net.Conn, error) {
	dial := func(network, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	if x.host != "" && x.host != "unix" && x.protocol != "unix" {
		return dial(networks[x.protocol], x.address(x.host)) // an unknown protocol is an error
	}
	if x.protocol != "" && x.protocol != "unix" {
		return nil, net.UnknownNetworkError(x.protocol)
	}
	socket := "/tmp/.X11-unix/X" + strconv.Itoa(int(x.number))
	conn, err := dial("unix", "@"+socket)
	if err != nil {
		conn, err = dial("unix", socket)
	}
	if err != nil && x.host == "" && x.protocol == "" {
		conn, err = dial("tcp", x.address("localhost"))
	}
	return conn, err
}

// address is where a host's X server listens. An address of IPv6 may stand in brackets.
func (x xServer) address(host string) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(6000+int(x.number)))
}

const xCookieName = "MIT-MAGIC-COOKIE-1"

// xSetup is the first message of an X client: little endian, protocol 11.0, and
// the cookie, if any.
func xSetup(cookie []byte) []byte {
	name := xCookieName
	if cookie == nil {
		name = ""
	}
	message := []byte{'l', 0}
	for _, field := range []int{11, 0, len(name), len(cookie), 0} {
		message = binary.LittleEndian.AppendUint16(message, uint16(field))
	}
	for _, field := range []string{name, string(cookie)} {
		message = append(message, field...)
		message = append(message, make([]byte, -len(field)&3)...)
	}
	return message
}
