//go:build !windows && !darwin

package dialog

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A display has to answer within this time, whatever has to be tried.
const displayPatience = 2 * time.Second

// checkDisplay asks the display for a sign of life, as the dialog's program will:
// Wayland first, then X, of those that GDK_BACKEND allows. The variables alone
// prove nothing, and the program reports a dead display in the same way as a
// person's cancel.
func checkDisplay(ctx context.Context) error {
	wayland, x := os.Getenv("WAYLAND_DISPLAY"), os.Getenv("DISPLAY")
	if wayland == "" && x == "" {
		return fmt.Errorf("%w: neither DISPLAY nor WAYLAND_DISPLAY is set", ErrNoDisplay)
	}
	if wayland != "" && backendAllows("wayland") && waylandAnswers(ctx, wayland) {
		return nil
	}
	if x != "" && backendAllows("x11") && xAnswers(ctx, x) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if backend := os.Getenv(backendVariable); backend != "" {
		return &Fault{fmt.Sprintf("%s=%q leaves none of DISPLAY=%q, WAYLAND_DISPLAY=%q that answers",
			backendVariable, backend, x, wayland), ErrNoDisplay}
	}
	return fmt.Errorf("%w: DISPLAY=%q, WAYLAND_DISPLAY=%q do not answer", ErrNoDisplay, x, wayland)
}

// backendVariable holds the kinds of display that GTK may use, with commas in between. "*" stands
// for all of them.
const backendVariable = "GDK_BACKEND"

func backendAllows(kind string) bool {
	value := os.Getenv(backendVariable)
	backends := strings.Split(value, ",")
	return value == "" || slices.Contains(backends, kind) || slices.Contains(backends, "*")
}

// waylandAnswers sends wl_display.sync (object 1, request 0, new object 2) and
// waits for any event.
func waylandAnswers(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, displayPatience)
	defer cancel()
	if !filepath.IsAbs(name) {
		name = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), name)
	}
	sync := binary.NativeEndian.AppendUint32(nil, 1)
	sync = binary.NativeEndian.AppendUint32(sync, 12<<16) // 12 bytes, request 0
	sync = binary.NativeEndian.AppendUint32(sync, 2)
	_, err := exchange(ctx, "unix", name, sync, 8)
	return err == nil
}

// xAnswers opens a connection to an X server and reports whether the server
// welcomes us; zenity without a valid cookie is as blind as with no server.
func xAnswers(ctx context.Context, display string) bool {
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return false
	}
	host := strings.Trim(display[:colon], "[]")
	number, _, _ := strings.Cut(display[colon+1:], ".") // the rest is the screen
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, displayPatience)
	defer cancel()
	type address struct{ network, path string }
	socket := "/tmp/.X11-unix/X" + number
	addresses := []address{{"unix", socket}, {"unix", "@" + socket}}
	if host != "" && host != "unix" { // forwarded by ssh
		addresses = []address{{"tcp", net.JoinHostPort(host, strconv.FormatUint(6000+n, 10))}}
	}
	for _, cookie := range append(xCookies(number), nil) {
		for _, a := range addresses {
			answer, err := exchange(ctx, a.network, a.path, xSetup(cookie), 1)
			if err == nil && answer[0] == 1 { // 0 is refused, 2 is "authenticate further"
				return true
			}
		}
	}
	return false
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

// xCookies reads the cookies for a display number from the user's authority
// file: family, address, number, name and data, all but the first with their
// lengths before them.
func xCookies(number string) (cookies [][]byte) {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		path = filepath.Join(os.Getenv("HOME"), ".Xauthority")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	file := io.LimitReader(f, 64<<10)
	for len(cookies) < 8 {
		var family uint16
		if binary.Read(file, binary.BigEndian, &family) != nil {
			break
		}
		var fields [4][]byte
		for i := range fields {
			var length uint16
			if binary.Read(file, binary.BigEndian, &length) != nil {
				return cookies
			}
			fields[i] = make([]byte, length)
			if _, err := io.ReadFull(file, fields[i]); err != nil {
				return cookies
			}
		}
		// Which host an entry is for is not looked at: a wrong cookie is refused.
		if n := string(fields[1]); (n == "" || n == number) && string(fields[2]) == xCookieName {
			cookies = append(cookies, fields[3])
		}
	}
	return cookies
}

// exchange sends a message and reads the first bytes of the answer. The context
// must have a deadline.
func exchange(ctx context.Context, network, address string, message []byte, answer int) ([]byte, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	buf := make([]byte, answer)
	_, err = io.ReadFull(conn, buf)
	return buf, err
}
