//go:build linux

package desktop

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Dialog is a zenity window that some program has opened on the desktop.
type Dialog struct {
	Window
	PID  int
	Text string // all it was told to show, an argument a line
}

// Dialog returns the dialog that is open, without its window, and whether there is one.
func (d *Desktop) Dialog() (open Dialog, ok bool) {
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, process := range processes {
		if name, err := os.ReadFile(process + "/comm"); err != nil || string(name) != "zenity\n" {
			continue
		}
		environ, _ := os.ReadFile(process + "/environ") // it may have ended
		arguments, _ := os.ReadFile(process + "/cmdline")
		if bytes.HasSuffix(arguments, []byte("\x00--version\x00")) {
			continue // it shows no window
		}
		if len(arguments) > 0 && slices.Contains(strings.Split(string(environ), "\x00"), "HOME="+d.env["HOME"]) {
			pid, _ := strconv.Atoi(filepath.Base(process)) // by the pattern
			return Dialog{PID: pid, Text: strings.ReplaceAll(string(arguments), "\x00", "\n")}, true
		}
	}
	return Dialog{}, false
}

// WaitDialog waits for a dialog with exactly this title which is not the one that the last call returned: the ids of
// windows come again, and a dialog that was answered takes its time to go.
func (d *Desktop) WaitDialog(title string) (next Dialog, err error) {
	err = poll(fmt.Sprintf("another dialog titled %q", title), func() (bool, error) {
		open, ok := d.Dialog()
		next = open
		return ok && open.PID != d.lastDialog, nil
	})
	if err != nil {
		return Dialog{}, err
	}
	d.lastDialog = next.PID
	next.Window, err = d.WaitWindow(title)
	if err != nil {
		return Dialog{}, errors.Join(err, fmt.Errorf("the dialog is %q", next.Text))
	}
	return next, nil
}
