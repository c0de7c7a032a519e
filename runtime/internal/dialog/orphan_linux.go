package dialog

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A server that is killed outright leaves its dialog on the screen: the library
// gives no way to have the kernel end it, and nobody is left to do so. What is
// typed there goes nowhere, and beside the dialog of the server's successor it
// can't be told from a real one. So whoever opens a dialog next ends it first.

// endOrphans ends the dialogs of servers that are dead.
func endOrphans() {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, folder := range folders {
		name, err := os.ReadFile(filepath.Join(folder, "comm"))
		if err != nil || !slices.Contains(programs, strings.TrimSpace(string(name))) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(folder)) // by the pattern
		// What is held is this process and no later one of the same number, so it is looked at after that.
		process, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		environ, _ := os.ReadFile(filepath.Join(folder, "environ")) // not of another user
		owner := ownerOf(environ)
		if owner > 0 && sharesNumbers(folder) && errors.Is(syscall.Kill(owner, 0), syscall.ESRCH) {
			_ = process.Kill() // or it has just gone
		}
		_ = process.Release() // has no error
	}
}

// sharesNumbers reports whether a process numbers others as this one does: one in a container, say, has numbers of its own.
func sharesNumbers(folder string) bool {
	theirs, err := os.Readlink(filepath.Join(folder, "ns", "pid"))
	ours, _ := os.Readlink("/proc/self/ns/pid")
	return err == nil && theirs == ours
}

// ownerOf returns the id of the process that opened a dialog, 0 if it was not this package.
func ownerOf(environ []byte) int {
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if text, ok := bytes.CutPrefix(variable, []byte(ownerVariable+"=")); ok {
			owner, _ := strconv.Atoi(string(text))
			return owner
		}
	}
	return 0
}
