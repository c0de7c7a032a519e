package dialog

import (
	"os"
	"slices"
	"testing"
)

// What programs say when they have no display, or lose it. zenity then ends as for a person's cancel.
func TestNoDisplayIsUnderstood(t *testing.T) {
	for _, complaint := range []string{
		"(zenity:1): Gtk-WARNING **: 09:33:05.962: cannot open display: :99",
		"Unable to init server: Could not connect: Connection refused",
		"(zenity:1): Gtk-WARNING **: Failed to open display",
		"Can't open display: :0",
		"zenity: Fatal IO error 11 (Resource temporarily unavailable) on X server :99.",
		"(zenity:1): Gdk-ERROR **: The program 'zenity' received an X Window System error.",
		"Gdk-Message: Lost connection to Wayland compositor.",
		"Gdk-Message: Error 71 (Protocol error) dispatching to Wayland display.",
		"Gdk-Message: Error reading events from display: Broken pipe",
		"XIO: X connection to :0 broken (explicit kill or server shutdown).",
		"qt.qpa.xcb: could not connect to display :99",
		"This application failed to start because no Qt platform plugin could be initialized.",
	} {
		if !noDisplay().MatchString(complaint) {
			t.Errorf("not understood: %s", complaint)
		}
	}
	for _, chatter := range []string{
		"Gtk-Message: GtkDialog mapped without a transient parent. This is discouraged.",
		"(zenity:1): Gtk-WARNING **: Theme parsing error: gtk.css:4:12: Expected a string.",
		"(zenity:1): dconf-CRITICAL **: unable to create file '/run/user/0/dconf/user': Permission denied.",
		"(zenity:1): dbind-WARNING **: Couldn't connect to accessibility bus",
		"GLib-GIO-CRITICAL: Cannot autolaunch D-Bus without X11 $DISPLAY",
		"libEGL warning: DRI3: failed to query the version",
		"Xlib:  extension \"GLX\" missing on display \":99\".",
	} {
		if noDisplay().MatchString(chatter) {
			t.Errorf("taken for a lost display: %s", chatter)
		}
	}
}

// An option whose value is empty makes zenity say words of its own.
func TestArguments(t *testing.T) {
	args := arguments(window{shape: questionShape, title: "T", ok: "Allow", cancel: "Deny"})
	if i := slices.Index(args, "--text"); i < 0 || args[i+1] != "" || slices.Contains(args, "--extra-button") {
		t.Errorf("%q", args)
	}
	for marked, rows := range map[string][]string{"": {nothing, "a", "b"}, "a": {"a", "b"}, "b": {"b", "a"}} {
		args = arguments(window{shape: listShape, title: "T", text: "t", choices: []string{"a", "b"}, marked: marked})
		if !slices.Equal(args[len(args)-len(rows)-1:], append([]string{"--column="}, rows...)) {
			t.Errorf("%q: %q", marked, args)
		}
	}
	t.Setenv("HOME", t.TempDir())
	args = arguments(window{shape: fileShape, title: "T"})
	if !slices.Equal(args[len(args)-2:], []string{"--filename", os.Getenv("HOME") + "/"}) {
		t.Errorf("%q", args)
	}
}
