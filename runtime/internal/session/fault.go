package session

import (
	"fmt"
	"strconv"
)

// A Fault is what keeps a process from its user's session. It is safe to be told to anybody: it repeats no variable.
type Fault struct {
	Trouble  string // continues "there is no keychain:"
	Variable string // which the MCP client has to pass on
	Value    string // that it should have; "" if it is not known here
}

// Error returns the trouble.
func (f *Fault) Error() string { return f.Trouble }

// Config returns what to write into the MCP client's configuration of the server.
func (f *Fault) Config() string {
	value := f.Value
	if value == "" {
		value = "..."
	}
	return Config(f.Variable, value)
}

// Config returns the line for a client's configuration that gives a server variables, which are names and values by turns.
func Config(variables ...string) string {
	line := ""
	for i := 0; i+1 < len(variables); i += 2 {
		if line != "" {
			line += ", "
		}
		line += fmt.Sprintf("%s: %s", strconv.Quote(variables[i]), strconv.Quote(variables[i+1]))
	}
	return `"env": {` + line + `}`
}
