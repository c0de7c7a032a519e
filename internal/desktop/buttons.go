//go:build linux

package desktop

import "strings"

// A Button is one of a fresh dialog of zenity, from whose focus keys lead to it. zenity 4 has other places for buttons than
// zenity 3, and marks the first row of a list.
type Button int

// The buttons.
const (
	Deny       Button = iota // of a question, whose focus it has
	Allow                    // of the same
	AllowAll                 // the same question's third
	LeaveEmpty               // the third of the question before a file is chosen
	Agree                    // the OK of a list
)

// Keys returns the keys that press a button of a fresh dialog.
func (d *Desktop) Keys(b Button) []string {
	keys := map[Button]struct{ zenity3, zenity4 string }{
		Deny:       {"Return", "Return"},
		Allow:      {"Tab Return", "shift+Tab Return"},
		AllowAll:   {"shift+Tab Return", "Tab Return"},
		LeaveEmpty: {"shift+Tab shift+Tab Return", "Tab Tab Return"},
		Agree:      {"Tab Tab Return", "Return"},
	}[b]
	if d.IsZenity4() {
		return strings.Fields(keys.zenity4)
	}
	return strings.Fields(keys.zenity3)
}

// IsZenity4 reports whether the dialogs are those of GTK 4.
func (d *Desktop) IsZenity4() bool {
	version, _ := d.run("zenity", "--version")
	return strings.HasPrefix(version, "4.")
}
