//go:build !windows && !darwin

package dialog

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// getenv looks up a variable as the dialog's program sees it, which finds the display also where the MCP client named none.
func getenv(name string) string { return session.Here().Whole().Get(name) }

// ownerVariable tells a dialog's program, and who looks at it, which process it belongs to.
const ownerVariable = "MCPSECRETS_DIALOG_OF"

// foreignCode are the beginnings of variables that have the program load code, or data that decides
// what it shows, from elsewhere. Where a snap or an AppImage starts the server, they are for its
// own libraries, with which the system's program does not even start; and a dialog that takes
// secrets has no use for code that somebody put in its way.
var foreignCode = []string{
	"LD_", "GCONV_PATH", "LOCPATH", // of the C library
	"GTK_", "GTK3_", "GTK2_", "GDK_PIXBUF_", "GIO_", "GI_", "GSETTINGS_", "GSK_CACHE", "PANGO_", "FONTCONFIG_", // of GTK
	"QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_GENERIC_PLUGINS", "QML", // of Qt, for qarma
}

// harmless are those of them that only say how to draw and to type.
var harmless = []string{"GTK_THEME", "GTK_IM_MODULE", "GTK_CSD", "GTK_OVERLAY_SCROLLING"}

// environment makes the environment of the dialog's program from the one of this process.
func environment(ours []string) (theirs []string) {
	set := []string{
		// Without a UTF-8 locale every other than ASCII text fails with status 255. English is also
		// what is understood when the program complains.
		"LC_ALL=C.UTF-8",
		"LANGUAGE=en",
		"NO_AT_BRIDGE=1", // a stray accessibility daemon is not for a dialog that takes secrets
		ownerVariable + "=" + strconv.Itoa(os.Getpid()),
	}
	if !session.Environ(ours).NamesBus() {
		// Else the file chooser starts a D-Bus daemon that nobody ends, where dbus-launch is
		// installed, and after su another user's input method may get what is typed. For who reads
		// it, this is as good as unset.
		set = append(set, "DBUS_SESSION_BUS_ADDRESS=disabled:")
	}
	for _, variable := range ours {
		name, _, _ := strings.Cut(variable, "=")
		foreign := slices.ContainsFunc(foreignCode, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if !foreign || slices.Contains(harmless, name) {
			theirs = append(theirs, variable)
		}
	}
	return append(theirs, set...) // exec takes the last of a name
}
