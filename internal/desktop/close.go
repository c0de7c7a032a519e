//go:build linux

package desktop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Close asks the window to close, as the button of a window manager's frame
// does. No program in Debian sends that message without a window manager, so
// this speaks the few words of the X protocol that it takes.
func (d *Desktop) Close(w Window) error {
	id, err := strconv.ParseUint(w.ID, 10, 32)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(d.env["DISPLAY"], ":"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))

	le := binary.LittleEndian
	cookie, err := os.ReadFile(d.env["XAUTHORITY"]) // as newCookie wrote it
	if err != nil || len(cookie) < 16 {
		return errors.Join(errors.New("no cookie"), err)
	}
	hello := []byte{'l', 0, 11, 0, 0, 0, 18, 0, 16, 0, 0, 0}
	hello = append(hello, "MIT-MAGIC-COOKIE-1\x00\x00"...)
	hello = append(hello, cookie[len(cookie)-16:]...)
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	welcome := make([]byte, 8)
	if _, err := io.ReadFull(conn, welcome); err != nil {
		return err
	}
	if welcome[0] != 1 {
		return errors.New("the X server refuses the connection")
	}
	if _, err := io.CopyN(io.Discard, conn, 4*int64(le.Uint16(welcome[6:]))); err != nil {
		return err
	}

	atom := func(name string) (uint32, error) { // InternAtom
		request := []byte{16, 0}
		request = le.AppendUint16(request, uint16(2+(len(name)+3)/4))
		request = le.AppendUint16(request, uint16(len(name)))
		request = append(request, 0, 0)
		request = append(request, name...)
		request = append(request, make([]byte, -len(name)&3)...)
		if _, err := conn.Write(request); err != nil {
			return 0, err
		}
		reply := make([]byte, 32)
		if _, err := io.ReadFull(conn, reply); err != nil {
			return 0, err
		}
		if reply[0] != 1 {
			return 0, fmt.Errorf("no atom %s", name)
		}
		return le.Uint32(reply[8:]), nil
	}
	protocols, err := atom("WM_PROTOCOLS")
	if err != nil {
		return err
	}
	deleteWindow, err := atom("WM_DELETE_WINDOW")
	if err != nil {
		return err
	}

	event := []byte{25, 0, 11, 0} // SendEvent, 11 words long
	event = le.AppendUint32(event, uint32(id))
	event = le.AppendUint32(event, 0)   // to the window's owner alone
	event = append(event, 33, 32, 0, 0) // ClientMessage of 32-bit values
	event = le.AppendUint32(event, uint32(id))
	event = le.AppendUint32(event, protocols)
	event = le.AppendUint32(event, deleteWindow)
	event = append(event, make([]byte, 16)...)
	if _, err := conn.Write(event); err != nil {
		return err
	}
	// Any reply proves that the event was handled before: end only then.
	_, err = atom("WM_PROTOCOLS")
	return err
}
