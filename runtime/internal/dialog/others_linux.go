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

// The dialogs of all servers of the user are found among the processes: by the name of the program, and by the variable that
// says whose it is.

// endOrphans ends the dialogs of servers that are dead. One that is killed outright may leave its dialog on the screen. What
// is typed there goes nowhere, and beside the dialog of the server's successor it can't be told from a real one. So whoever
// opens a dialog next ends it first.
func endOrphans() {
	for folder, owner := range dialogs {
		if !sharesNumbers(folder) || !isDead(owner) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(folder)) // is one, see dialogs
		// What is held is this process and no later one of the same number, so it is looked at after that.
		process, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		if ownerOf(folder) == owner {
			_ = process.Kill() // or it has just gone
		}
		_ = process.Release() // has no error
	}
}

// someWindowIsOpen reports whether the dialog of any living server can be answered: its program runs, and is not stopped.
// The server itself may be.
func someWindowIsOpen() bool {
	for folder, owner := range dialogs {
		if runs(folder) && (!sharesNumbers(folder) || !isDead(owner)) {
			return true
		}
	}
	return false
}

// dialogs yields the folder in /proc of each dialog's program, with the process that opened the dialog.
func dialogs(yield func(folder string, owner int) bool) {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, folder := range folders {
		name, err := os.ReadFile(filepath.Join(folder, "comm"))
		if err != nil || !slices.Contains(programs, strings.TrimSpace(string(name))) {
			continue
		}
		if owner := ownerOf(folder); owner > 0 && !yield(folder, owner) {
			return
		}
	}
}

// runs reports whether a process is neither stopped nor ended.
func runs(folder string) bool {
	stat, _ := os.ReadFile(filepath.Join(folder, "stat"))
	// "pid (comm) state ...", where comm may hold anything
	state := stat[max(0, bytes.LastIndexByte(stat, ')')):]
	return len(state) > 2 && !bytes.ContainsAny(state[2:3], "TtZXx")
}

func isDead(process int) bool { return errors.Is(syscall.Kill(process, 0), syscall.ESRCH) }

// sharesNumbers reports whether a process numbers others as this one does: one in a container, say, has numbers of its own.
func sharesNumbers(folder string) bool {
	theirs, err := os.Readlink(filepath.Join(folder, "ns", "pid"))
	ours, _ := os.Readlink("/proc/self/ns/pid")
	return err == nil && theirs == ours
}

// ownerOf returns the id of the process that opened a dialog, 0 if it was not this package, or is another user's.
func ownerOf(folder string) int {
	environ, _ := os.ReadFile(filepath.Join(folder, "environ"))
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if text, ok := bytes.CutPrefix(variable, []byte(ownerVariable+"=")); ok {
			owner, _ := strconv.Atoi(string(text))
			return owner
		}
	}
	return 0
}
