//go:build !windows && !darwin

package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"
)

const (
	busVariable     = "DBUS_SESSION_BUS_ADDRESS"
	runtimeVariable = "XDG_RUNTIME_DIR"
)

// UserFolders holds a folder for each user who is logged in, made by systemd or elogind. Only tests change it.
var UserFolders = "/run/user"

// Bus returns the sockets on which the user's session bus may listen, as package net spells them. The error is a [*Fault].
//
// godbus and go-keyring would run dbus-launch instead, where it is installed: each process then starts a bus that nobody ends,
// with a keyring of its own that nobody unlocks. So the address is found here: the variable, else the socket in a runtime
// folder. Only sockets of this computer are taken, because values cross them in the clear.
func (e Environ) Bus() (sockets []string, err error) {
	address := e.Get(busVariable)
	if isAddress(address) {
		if sockets = socketsIn(address); len(sockets) == 0 {
			return nil, e.fault(busVariable + " names no socket of this computer")
		}
		return sockets, nil
	}
	folders, trouble := e.runtimeFolders()
	for _, folder := range folders {
		socket := filepath.Join(folder, "bus")
		switch info, err := os.Stat(socket); {
		case err != nil || info.Mode().Type() != os.ModeSocket:
			trouble = append(trouble, "there is no bus at "+socket)
		case !isOwn(info):
			trouble = append(trouble, socket+" belongs to another user")
		default:
			return []string{socket}, nil
		}
	}
	return nil, e.fault("the server was started without " + busVariable + ", and " + strings.Join(trouble, ", and "))
}

// isAddress reports whether the variable names a bus. "autolaunch:" would have one started; "disabled:" is what the program of
// a dialog gets where nothing is set.
func isAddress(address string) bool {
	return address != "" && address != "autolaunch:" && address != "disabled:"
}

// runtimeFolders returns the folders of the user in which the bus may be, and what is wrong with others.
func (e Environ) runtimeFolders() (folders, trouble []string) {
	ours := filepath.Join(UserFolders, strconv.Itoa(os.Geteuid()))
	said := e.Get(runtimeVariable)
	if said != "" && filepath.Clean(said) != ours {
		switch info, err := os.Stat(said); {
		case !filepath.IsAbs(said) || err != nil || !info.IsDir():
			trouble = append(trouble, runtimeVariable+" names no folder")
		case !isOwn(info):
			trouble = append(trouble, runtimeVariable+" is the folder of another user")
		case strings.HasPrefix(said, ours+"/"): // as a snap has it
			folders = append(folders, said)
		default:
			return []string{said}, nil // whoever has a runtime folder elsewhere has the bus there, or none
		}
	}
	switch info, err := os.Stat(ours); {
	case err != nil || !info.IsDir():
		trouble = append(trouble, "there is no folder "+ours)
	case !isOwn(info):
		trouble = append(trouble, ours+" belongs to another user")
	default:
		folders = append(folders, ours)
	}
	return folders, trouble
}

// isOwn reports whether a file belongs to the user. Root has no more rights here: what it finds of others is not its own.
func isOwn(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// socketsIn returns the sockets that the address of a bus names.
func socketsIn(address string) (sockets []string) {
	for one := range strings.SplitSeq(address, ";") {
		pairs, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(pairs, ",") {
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

// fault makes the fault of a bus that is not there, with the address of one that is, if there is one at the usual place.
func (e Environ) fault(trouble string) *Fault {
	f := &Fault{Trouble: trouble, Variable: busVariable}
	if isAddress(e.Get(busVariable)) {
		if usual, err := e.with(busVariable, "").with(runtimeVariable, "").Bus(); err == nil {
			f.Value = addressOf(usual[0])
		}
	}
	return f
}

// addressOf returns the address of a bus that listens on socket.
func addressOf(socket string) string {
	if name, ok := strings.CutPrefix(socket, "@"); ok {
		return "unix:abstract=" + dbus.EscapeBusAddressValue(name)
	}
	return "unix:path=" + dbus.EscapeBusAddressValue(socket)
}

// Dial connects to a socket that [Environ.Bus] has returned. The error is a [*Fault], or the context's where that has ended.
// It is one, too, if whoever listens is another user: dbus-daemon lets root in everywhere, and root would be given that
// user's keychain.
func (e Environ) Dial(ctx context.Context, socket string) (*net.UnixConn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if ctx.Err() != nil {
		if err == nil {
			conn.Close()
		}
		return nil, ctx.Err()
	}
	which := "the session bus"
	if isAddress(e.Get(busVariable)) {
		which += " that " + busVariable + " names"
	}
	if err != nil {
		return nil, e.fault("nobody listens on " + which)
	}
	bus := conn.(*net.UnixConn)
	if err := checkBus(bus); err != nil {
		bus.Close()
		if errors.Is(err, ErrForeign) {
			return nil, e.fault(which + " belongs to another user")
		}
		return nil, e.fault(fmt.Sprintf("it is not known whose %s is", which))
	}
	return bus, nil
}

// NamesBus reports whether the variable names a bus of this user that listens, so that other programs can be left to use it.
func (e Environ) NamesBus() bool {
	if !isAddress(e.Get(busVariable)) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sockets, _ := e.Bus()
	return slices.ContainsFunc(sockets, func(socket string) bool {
		bus, err := e.Dial(ctx, socket)
		if err != nil {
			return false
		}
		bus.Close()
		return true
	})
}
