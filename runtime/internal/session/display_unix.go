//go:build !windows && !darwin

package session

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// displayVariables say where a display is, and what lets a program in there.
var displayVariables = []string{"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", runtimeVariable}

// HasDisplay reports whether e names a display.
func (e Environ) HasDisplay() bool { return e.Get("DISPLAY") != "" || e.Get("WAYLAND_DISPLAY") != "" }

// Whole returns e with what a program needs for the user's display: where e names none, what the user's service manager says
// of it, and where they are not set, the user's home and runtime folder. It takes two seconds at most.
func (e Environ) Whole() Environ {
	whole := e
	if whole.Get("HOME") == "" {
		if u, err := user.LookupId(strconv.Itoa(os.Geteuid())); err == nil && u.HomeDir != "" {
			whole = whole.with("HOME", u.HomeDir)
		}
	}
	if !e.HasDisplay() {
		for name, value := range theManager.variables(e) {
			whole = whole.with(name, value)
		}
	}
	if folders, _ := e.runtimeFolders(); len(folders) > 0 && !whole.saysWhere(e) {
		whole = whole.with(runtimeVariable, folders[0])
	}
	return whole
}

// saysWhere reports whether the runtime folder of e is where its Wayland display is: both came together, from the environment
// before or from the service manager. Another user's folder, as after su, has nothing to do with what the manager knows.
func (e Environ) saysWhere(before Environ) bool {
	folder := e.Get(runtimeVariable)
	return filepath.IsAbs(folder) && (before.Get("WAYLAND_DISPLAY") != "" || folder != before.Get(runtimeVariable))
}

// A manager is the user's service manager, which desktops tell of the display: systemd, on the session bus.
type manager struct {
	mu    sync.Mutex
	asked time.Time
	bus   string // that it was asked on
	known map[string]string
}

var theManager manager

const (
	// patience is how long the manager has for its answer.
	patience = 2 * time.Second
	// fresh is how long an answer is good for, or that there was none: the many steps of one dialog should not ask each.
	fresh = 5 * time.Second
)

// variables returns what the manager on the bus of e says of the display, nothing if it knows none.
func (m *manager) variables(e Environ) map[string]string {
	sockets, err := e.Bus()
	if err != nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if sockets[0] == m.bus && time.Since(m.asked) < fresh {
		return m.known
	}
	begun := time.Now()
	m.known = ask(e, sockets[0])
	m.bus, m.asked = sockets[0], time.Now()
	if m.known == nil && time.Since(begun) < patience {
		m.bus = "" // to ask again costs little, and the user may log in
	}
	return m.known
}

// ask asks the manager on a bus. It never has the bus start one.
func ask(e Environ, socket string) map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := e.Dial(ctx, socket)
	if err != nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })() // what waits inside godbus knows no context
	bus, err := dbus.DialUnix(conn)
	if err != nil {
		conn.Close()
		return nil
	}
	defer func() {
		conn.Close() // first: godbus's Close waits for a write that is under way
		bus.Close()
	}()
	if bus.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Geteuid()))}) != nil || bus.Hello() != nil {
		return nil
	}
	var environment dbus.Variant
	err = bus.Object("org.freedesktop.systemd1", "/org/freedesktop/systemd1").CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get",
		dbus.FlagNoAutoStart, "org.freedesktop.systemd1.Manager", "Environment").Store(&environment)
	if err != nil {
		return nil
	}
	lines, _ := environment.Value().([]string)
	return displayOf(lines)
}

// displayOf returns what the manager's environment says of a display, nothing if it names none.
func displayOf(environment Environ) map[string]string {
	if !environment.HasDisplay() {
		return nil
	}
	display := map[string]string{}
	for _, name := range displayVariables {
		if value := environment.Get(name); value != "" && !strings.Contains(value, "\x00") {
			display[name] = value
		}
	}
	return display
}
