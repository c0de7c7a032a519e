//go:build !windows && !darwin

package dialog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// A display has to answer within this time, whatever has to be tried.
const displayPatience = 2 * time.Second

// checkDisplay asks the display for a sign of life, as the dialog's program will:
// Wayland first, then X, of those that GDK_BACKEND allows. The variables alone
// prove nothing, and the program reports a dead display in the same way as a
// person's cancel.
func checkDisplay(ctx context.Context) error {
	wayland, x := getenv("WAYLAND_DISPLAY"), getenv("DISPLAY")
	if wayland == "" && x == "" {
		return fmt.Errorf("%w: neither DISPLAY nor WAYLAND_DISPLAY is set, and the user's service manager names none", ErrNoDisplay)
	}
	for _, d := range []struct {
		name, kind, variable string
		answers              func(context.Context, string) (bool, error)
	}{
		{wayland, "wayland", "WAYLAND_DISPLAY", waylandAnswers},
		{x, "x11", "DISPLAY", xAnswers},
	} {
		if d.name == "" || !backendAllows(d.kind) {
			continue
		}
		switch answers, err := d.answers(ctx, d.name); {
		case answers:
			return nil
		case errors.Is(err, session.ErrForeign): // the program would not look any further
			return fmt.Errorf("%w: %s leads to a display of another user", ErrNoDisplay, d.variable)
		}
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

// isOnWayland reports whether the program opens its windows with a compositor of Wayland, and not with an X server.
func isOnWayland(ctx context.Context) bool {
	wayland := getenv("WAYLAND_DISPLAY")
	if wayland == "" || !backendAllows("wayland") {
		return false
	}
	answers, _ := waylandAnswers(ctx, wayland)
	return answers
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
// waits for any event. The error is [session.ErrForeign] for a display that is another user's.
func waylandAnswers(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, displayPatience)
	defer cancel()
	if !filepath.IsAbs(name) {
		name = filepath.Join(getenv("XDG_RUNTIME_DIR"), name)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", name)
	if err != nil {
		return false, nil
	}
	defer conn.Close()
	if err := session.CheckDisplay(conn); err != nil {
		return false, err
	}
	sync := binary.NativeEndian.AppendUint32(nil, 1)
	sync = binary.NativeEndian.AppendUint32(sync, 12<<16) // 12 bytes, request 0
	sync = binary.NativeEndian.AppendUint32(sync, 2)
	_, err = converse(ctx, conn, sync, 8)
	return err == nil, nil
}

// converse sends a message and reads the first bytes of the answer. The context must have a deadline.
func converse(ctx context.Context, conn net.Conn, message []byte, answer int) ([]byte, error) {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	buf := make([]byte, answer)
	_, err := io.ReadFull(conn, buf)
	return buf, err
}
