//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// busSockets returns the sockets on which the user's session bus may listen,
// none if there is no bus.
//
// godbus and go-keyring would run dbus-launch instead, where it is installed:
// each process then starts a bus that nobody ends, with a keyring of its own that
// nobody unlocks. So the address is found here, by the rules of libdbus: the
// variable, else $XDG_RUNTIME_DIR/bus if it is a socket. Only sockets of this
// machine are taken, because values cross them in the clear.
func busSockets() []string {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	// "disabled:" is what package dialog sets while a window is open, where nothing is set.
	if address == "" || address == "autolaunch:" || address == "disabled:" {
		path := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
		info, err := os.Stat(path)
		if !filepath.IsAbs(path) || err != nil || info.Mode().Type() != os.ModeSocket {
			return nil
		}
		return []string{path}
	}

	var sockets []string
	for _, one := range strings.Split(address, ";") {
		pairs, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for _, pair := range strings.Split(pairs, ",") {
			key, value, _ := strings.Cut(pair, "=")
			value, err := dbus.UnescapeBusAddressValue(value)
			switch {
			case err != nil || value == "":
			case key == "path":
				sockets = append(sockets, value)
			case key == "abstract":
				sockets = append(sockets, "@"+value) // how package net spells it
			}
		}
	}
	return sockets
}
