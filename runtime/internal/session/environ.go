package session

import (
	"os"
	"slices"
	"strings"
)

// An Environ is the environment of a process, as [os.Environ] has it.
type Environ []string

// Here returns the environment of this process.
func Here() Environ { return os.Environ() }

// passed are the variables that the official SDKs pass on to a server unless the client's configuration says more.
var passed = []string{"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"}

// Bare returns what of e is left to a server that a client on an official SDK starts.
func (e Environ) Bare() (bare Environ) {
	for _, variable := range e {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(passed, name) {
			bare = append(bare, variable)
		}
	}
	return bare
}

// Get returns the value of a variable, and "" where it is not set.
func (e Environ) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Lookup returns the value of a variable, and whether it is set.
func (e Environ) Lookup(name string) (value string, ok bool) {
	for _, variable := range e {
		if value, ok = strings.CutPrefix(variable, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// with returns e with a variable set.
func (e Environ) with(name, value string) Environ {
	others := slices.DeleteFunc(slices.Clone(e), func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
	return append(others, name+"="+value)
}
