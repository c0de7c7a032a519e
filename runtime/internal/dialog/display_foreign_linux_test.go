package dialog

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const nobody = 65534

// A display that another user made in the place of ours, as after our session has ended, would be shown each dialog, and could
// answer it.
func TestDisplayOfAnotherUserIsNotUsed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can listen as another user")
	}
	lets := startXAs(t, nobody, "-ac")         // everybody in
	screen, err := os.MkdirTemp("", "screen-") // not below the test's own folder, which is closed to others
	check(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(screen) })
	check(t, os.Chmod(screen, 0o777))
	listener, err := desktop.ListenAs(nobody, "unix", filepath.Join(screen, "wayland-0"))
	check(t, err)
	defer listener.Close()
	go welcome(listener)
	for _, variables := range [][2]string{
		{"DISPLAY", ":" + lets},
		{"DISPLAY", "unix:" + lets},
		{"DISPLAY", "unix/:" + lets},
		{"WAYLAND_DISPLAY", "wayland-0"},
		{"WAYLAND_DISPLAY", filepath.Join(screen, "wayland-0")},
	} {
		t.Run(strings.Join(variables[:], "="), func(t *testing.T) {
			for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "GDK_BACKEND"} {
				t.Setenv(name, "")
			}
			t.Setenv("XDG_RUNTIME_DIR", screen)
			t.Setenv(variables[0], variables[1])
			err := checkDisplay(t.Context())
			wantErr(t, err, ErrNoDisplay)
			if err != nil && !strings.HasSuffix(err.Error(), variables[0]+" leads to a display of another user") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// An X server in the place of ours may be told from it only by who listens: there is no file of an abstract socket.
func TestDisplayInAnAbstractSocketOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can listen as another user")
	}
	const number = "46713"
	listener, err := desktop.ListenAs(nobody, "unix", "@/tmp/.X11-unix/X"+number)
	check(t, err)
	defer listener.Close()
	go welcome(listener)
	if answered, _ := xAnswers(context.Background(), ":"+number); answered {
		t.Error("it is used")
	}
}

// Where no socket is left of a display on this computer, programs look for it by TCP. There, the end of an ssh connection leaves
// the port to others as well.
func TestDisplayByTCPOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can listen as another user")
	}
	theirs, err := desktop.ListenAs(nobody, "tcp", "127.0.0.1:0")
	check(t, err)
	defer theirs.Close()
	go welcome(theirs)
	ours, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer ours.Close()
	go welcome(ours)
	for _, host := range []string{"", "localhost", "127.0.0.1", "tcp/localhost"} {
		for listener, want := range map[net.Listener]bool{theirs: false, ours: true} {
			display := fmt.Sprintf("%s:%d", host, listener.Addr().(*net.TCPAddr).Port-6000)
			if answers, err := xAnswers(t.Context(), display); answers != want {
				t.Errorf("%s: answers: %t, %v", display, answers, err)
			}
		}
	}
}

// An input method is reached by the session bus, and is told what is typed.
func TestBusOfAnotherUserIsNotPassedOn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can listen as another user")
	}
	const name = "mcpsecrets-test-bus"
	address := fmt.Sprintf("DBUS_SESSION_BUS_ADDRESS=unix:abstract=%s%d", name, os.Getpid())
	for uid, want := range map[int]string{nobody: "DBUS_SESSION_BUS_ADDRESS=disabled:", 0: address} {
		listener, err := desktop.ListenAs(uid, "unix", fmt.Sprintf("@%s%d", name, os.Getpid()))
		check(t, err)
		theirs := environment([]string{address})
		if at := slices.IndexFunc(theirs, func(v string) bool { return v == want }); at < 0 || want != address && at < slices.Index(theirs, address) {
			t.Errorf("a bus of user %d: the program has %q", uid, theirs)
		}
		check(t, listener.Close())
	}
}

// welcome answers as any display does that lets everybody in.
func welcome(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 64))
		_, _ = conn.Write(bytes.Repeat([]byte{1}, 64))
		conn.Close()
	}
}
