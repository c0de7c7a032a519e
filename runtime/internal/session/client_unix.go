//go:build !windows && !darwin

package session

import (
	"os"
	"slices"
)

// Missing returns what of the session is not found by a server that a client starts with little but HOME and PATH, as the
// official SDKs do: variables and their values by turns, for [Config]. What e itself does not find is not in it. bus and display
// say what is of interest.
func (e Environ) Missing(bus, display bool) (variables []string) {
	bare := e.Bare()
	if sockets, err := e.Bus(); bus && err == nil {
		if found, err := bare.Bus(); err != nil || !slices.ContainsFunc(sockets, func(s string) bool { return isSame(s, found[0]) }) {
			bare = bare.with(busVariable, e.busAddress(sockets))
			variables = append(variables, busVariable, bare.Get(busVariable))
		}
	}
	here, there := e.Whole(), bare.Whole()
	if !display || !here.HasDisplay() {
		return variables
	}
	needed := displayVariables
	switch here.Get("WAYLAND_DISPLAY") {
	case "":
		needed = []string{"DISPLAY", "XAUTHORITY"} // what else it needs is found
	case there.Get("WAYLAND_DISPLAY"):
		needed = []string{"XAUTHORITY"} // which not every desktop tells the service manager of
	}
	for _, name := range needed {
		if value := here.Get(name); value != "" && value != there.Get(name) {
			variables = append(variables, name, value)
		}
	}
	return variables
}

// busAddress returns the address of the bus that has sockets.
func (e Environ) busAddress(sockets []string) string {
	if address := e.Get(busVariable); isAddress(address) {
		return address
	}
	return addressOf(sockets[0])
}

// isSame reports whether two names of sockets are those of one.
func isSame(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
