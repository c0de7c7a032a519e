//go:build !windows && !darwin

package dialog

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// An xClient asks an X server for what is needed to see whether a dialog is whole on the screen: the
// size of the screen, and of the windows of a program. Numbers of requests and places of fields are
// those of the X protocol, version 11.
type xClient struct {
	conn net.Conn
	root uint32
	// screen is what the smallest monitor has, without what the desktop's panels take.
	screen size

	pidAtom, frameAtom uint32 // numbers of properties
}

// A size is in pixels of the device.
type size struct{ width, height int }

// The requests.
const (
	xGetWindowAttributes = 3
	xGetGeometry         = 14
	xQueryTree           = 15
	xInternAtom          = 16
	xGetProperty         = 20
	xQueryExtension      = 98
	xineramaQueryScreens = 5 // of the extension
)

// xNormalHints is a property that every server has by this number.
const xNormalHints = 40

// errX is an answer that is not the one to the request.
var errX = errors.New("the X server has another answer")

// newXClient connects to the X server that DISPLAY names. The client closes its connection when the context ends.
func newXClient(ctx context.Context, display string) (*xClient, error) {
	server, ok := parseX(display)
	if !ok {
		return nil, errX
	}
	conn, err := server.dial(ctx)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	x := &xClient{conn: conn}
	if err := x.begin(server.number); err != nil {
		conn.Close()
		return nil, err
	}
	x.pidAtom, x.frameAtom = x.atom("_NET_WM_PID"), x.atom("_GTK_FRAME_EXTENTS")
	for _, monitor := range append(x.monitors(), x.workArea()) {
		x.screen = x.screen.atMost(monitor)
	}
	return x, nil
}

// begin exchanges the first messages, of which the second has the size of the first screen.
func (x *xClient) begin(number uint16) error {
	if _, err := x.conn.Write(xSetup(xCookie(x.conn.RemoteAddr(), number))); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(x.conn, head); err != nil {
		return err
	}
	body := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(x.conn, body); err != nil {
		return err
	}
	if head[0] != 1 || len(body) < 32 {
		return errX
	}
	vendor, formats := int(binary.LittleEndian.Uint16(body[16:])), int(body[21])
	screen := 32 + (vendor+3)/4*4 + 8*formats
	if len(body) < screen+24 {
		return errX
	}
	x.root = binary.LittleEndian.Uint32(body[screen:])
	x.screen = sizeAt(body[screen+20:])
	return nil
}

func sizeAt(b []byte) size {
	return size{int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))}
}

// atMost returns the part of s that other has too. What other does not say is left alone.
func (s size) atMost(other size) size {
	if other.width > 0 && other.height > 0 {
		s.width, s.height = min(s.width, other.width), min(s.height, other.height)
	}
	return s
}

// monitors returns the sizes of all monitors, none if the server does not tell.
func (x *xClient) monitors() (sizes []size) {
	const name = "XINERAMA"
	reply, err := x.ask(xQueryExtension, 0, append([]byte{byte(len(name)), 0, 0, 0}, name...))
	if err != nil || reply[8] == 0 {
		return nil
	}
	reply, err = x.ask(reply[9], xineramaQueryScreens, nil)
	if err != nil {
		return nil
	}
	for at := 32; at+8 <= len(reply); at += 8 {
		sizes = append(sizes, sizeAt(reply[at+4:]))
	}
	return sizes
}

// workArea returns the size of what panels leave of the screen, 0 if the window manager does not tell.
func (x *xClient) workArea() size {
	area := x.numbers(x.root, x.atom("_NET_WORKAREA"))
	if len(area) < 4 {
		return size{}
	}
	return size{int(area[2]), int(area[3])}
}

// windowOf returns the size that the window of a program needs on the screen, with its frame, and 0 if it shows none.
func (x *xClient) windowOf(pid int) (size, error) {
	children, err := x.children(x.root)
	if err != nil {
		return size{}, err
	}
	for _, top := range children {
		if window := x.search(top, uint32(pid), 2); window != 0 && x.isShown(window) {
			return x.need(window, top), nil
		}
	}
	return size{}, nil
}

// search returns the window of a program that is window itself, or deep below it: the manager puts windows into frames.
func (x *xClient) search(window, pid uint32, deep int) uint32 {
	if owner := x.numbers(window, x.pidAtom); len(owner) == 1 && owner[0] == pid {
		return window
	}
	if deep == 0 {
		return 0
	}
	children, _ := x.children(window) // it may have just gone
	for _, child := range children {
		if found := x.search(child, pid, deep-1); found != 0 {
			return found
		}
	}
	return 0
}

// need returns the size of a window in its frame. A manager may have made it smaller than it must be to show everything.
func (x *xClient) need(window, frame uint32) size {
	inner, outer := x.geometry(window), x.geometry(frame)
	s := outer
	// flags, then four numbers that nobody uses any more, then the least size; bit 4 says that there is one.
	if hints := x.numbers(window, xNormalHints); len(hints) > 6 && hints[0]&(1<<4) != 0 {
		s.width += max(0, int(hints[5])-inner.width)
		s.height += max(0, int(hints[6])-inner.height)
	}
	// GTK draws shadows inside of its window: left, right, top, bottom.
	if shadow := x.numbers(window, x.frameAtom); len(shadow) == 4 {
		s.width -= int(shadow[0] + shadow[1])
		s.height -= int(shadow[2] + shadow[3])
	}
	return s
}

func (x *xClient) isShown(window uint32) bool {
	reply, err := x.ask(xGetWindowAttributes, 0, number(window))
	return err == nil && len(reply) > 26 && reply[26] == 2 // viewable
}

func (x *xClient) geometry(window uint32) size {
	reply, err := x.ask(xGetGeometry, 0, number(window))
	if err != nil {
		return size{}
	}
	return sizeAt(reply[16:])
}

func (x *xClient) children(window uint32) ([]uint32, error) {
	reply, err := x.ask(xQueryTree, 0, number(window))
	if err != nil {
		return nil, err
	}
	return numbersIn(reply[32:]), nil
}

// atom returns the number of a name, which the program may use only later, or 0.
func (x *xClient) atom(name string) uint32 {
	payload := append([]byte{byte(len(name)), 0, 0, 0}, name...)
	reply, err := x.ask(xInternAtom, 0, payload)
	if err != nil {
		return 0
	}
	return binary.LittleEndian.Uint32(reply[8:])
}

// numbers returns a property of a window that holds numbers of 32 bits, at most 64 of them.
func (x *xClient) numbers(window, property uint32) []uint32 {
	const anyType, offset, length = 0, 0, 64
	if property == 0 {
		return nil
	}
	var payload []byte
	for _, n := range []uint32{window, property, anyType, offset, length} {
		payload = binary.LittleEndian.AppendUint32(payload, n)
	}
	reply, err := x.ask(xGetProperty, 0, payload)
	if err != nil || reply[1] != 32 {
		return nil
	}
	return numbersIn(reply[32:])
}

func number(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func numbersIn(b []byte) (numbers []uint32) {
	for ; len(b) >= 4; b = b[4:] {
		numbers = append(numbers, binary.LittleEndian.Uint32(b))
	}
	return numbers
}

// maxXReply bounds an answer, in bytes. Those that are asked for are far smaller.
const maxXReply = 1 << 20

// ask sends a request and returns its reply, of 32 bytes at least. Events that come before it are of no interest.
func (x *xClient) ask(request, detail byte, payload []byte) ([]byte, error) {
	for len(payload)%4 != 0 {
		payload = append(payload, 0)
	}
	message := binary.LittleEndian.AppendUint16([]byte{request, detail}, uint16(1+len(payload)/4))
	if _, err := x.conn.Write(append(message, payload...)); err != nil {
		return nil, err
	}
	for {
		reply := make([]byte, 32)
		if _, err := io.ReadFull(x.conn, reply); err != nil {
			return nil, err
		}
		switch reply[0] {
		case 0:
			return nil, errX // an error, as of a window that has gone
		case 1:
			more := int64(4) * int64(binary.LittleEndian.Uint32(reply[4:]))
			if more > maxXReply {
				return nil, errX
			}
			reply = append(reply, make([]byte, more)...)
			_, err := io.ReadFull(x.conn, reply[32:])
			return reply, err
		}
	}
}
