//go:build !windows && !darwin

package dialog

import (
	"os"
	"strconv"
)

// ownerVariable tells a dialog's program, and who looks at it, which process it belongs to.
const ownerVariable = "MCPSECRETS_DIALOG_OF"

// setEnvironment prepares the environment that the dialog's program inherits,
// and returns the function that puts it back. The caller holds the turn.
//
// The library offers no way to give its child an environment, so this changes
// the one of the whole process, and that is the least bad of four ways: a
// wrapper script on PATH would be one more program to trust, running ourselves
// as a helper would need a hook in every server's main, and a change for good
// would outlive its reason. So it lasts as long as a dialog is open, and only
// touches variables that say how a window is drawn, and whose it is. A child that
// the server starts meanwhile sees English messages and no accessibility bus;
// nothing else depends on it.
func setEnvironment() (restore func()) {
	changes := map[string]string{ // "" unsets
		// Without a UTF-8 locale every other than ASCII text fails with status 255.
		"LC_ALL": "C.UTF-8",
		// Stray accessibility daemons, modules and inspectors are not for a dialog
		// that takes secrets.
		"NO_AT_BRIDGE": "1",
		"GTK_MODULES":  "",
		"GTK3_MODULES": "",
		"GTK_DEBUG":    "",
		ownerVariable:  strconv.Itoa(os.Getpid()),
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		// Else the file chooser starts a D-Bus daemon that nobody ends, where
		// dbus-launch is installed. For who reads it, this is as good as unset.
		changes["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
	}
	var undo []func()
	for name, value := range changes {
		old, was := os.LookupEnv(name)
		if old == value && was == (value != "") {
			continue
		}
		change(name, value)
		undo = append(undo, func() {
			if os.Getenv(name) != value {
				return // somebody else has changed it since: theirs stays
			}
			if was {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		})
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}

// change can't fail: the names and values are ours.
func change(name, value string) {
	if value == "" {
		_ = os.Unsetenv(name)
	} else {
		_ = os.Setenv(name, value)
	}
}
