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

// The dialogs of all servers of the user are found among the processes: by the name of the program,
// and by the variable that says whose it is.

// endOrphans ends the dialogs of servers that are dead. One that is killed outright may leave its
// dialog on the screen. What is typed there goes nowhere, and beside the dialog of the server's
// successor it can't be told from a real one. So whoever opens a dialog next ends it first.
func endOrphans() {
	for other := range others {
		if !other.isOrphan() {
			continue
		}
		// What is held is this process and no later one of the same number, so it is looked at
		// after that.
		process, err := os.FindProcess(other.pid())
		if err != nil {
			continue
		}
		if ownerIn(environOf(other.folder)) == other.owner {
			_ = process.Kill() // or it has just gone
		}
		_ = process.Release() // has no error
	}
}

// someWindowIsOpen reports whether the dialog of any living server, on this screen, can be answered:
// its program runs, and is not stopped. The server itself may be.
func someWindowIsOpen() bool {
	here := screenName(getenv)
	for other := range others {
		if other.screen == here && other.runs() && !other.isOrphan() {
			return true
		}
	}
	return false
}

// An other is the program of a dialog of any server of the user.
type other struct {
	folder string // in /proc
	owner  int    // the process that opened the dialog
	screen string // as screenName has it
}

// others yields the programs of all dialogs that are open.
func others(yield func(other) bool) {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, folder := range folders {
		name, err := os.ReadFile(filepath.Join(folder, "comm"))
		if err != nil || !slices.Contains(programs, strings.TrimSpace(string(name))) {
			continue
		}
		environ := environOf(folder)
		if owner := ownerIn(environ); owner > 0 && !yield(other{folder, owner, screenName(environ)}) {
			return
		}
	}
}

func (o other) pid() int {
	pid, _ := strconv.Atoi(filepath.Base(o.folder)) // is one, see others
	return pid
}

// runs reports whether the program is neither stopped nor ended.
func (o other) runs() bool {
	stat, _ := os.ReadFile(filepath.Join(o.folder, "stat"))
	// "pid (comm) state ...", where comm may hold anything
	state := stat[max(0, bytes.LastIndexByte(stat, ')')):]
	return len(state) > 2 && !bytes.ContainsAny(state[2:3], "TtZXx")
}

// isOrphan reports whether the process that opened the dialog is dead. Whether one in a container
// is, which numbers processes in its own way, is not known.
func (o other) isOrphan() bool {
	return o.sharesNumbers() && errors.Is(syscall.Kill(o.owner, 0), syscall.ESRCH)
}

// sharesNumbers reports whether the program's system numbers processes as this one's does.
func (o other) sharesNumbers() bool {
	theirs, err := os.Readlink(filepath.Join(o.folder, "ns", "pid"))
	ours, _ := os.Readlink("/proc/self/ns/pid")
	return err == nil && theirs == ours
}

// environOf returns a function that looks up a variable of a process, none if it is another user's.
func environOf(folder string) (getenv func(name string) string) {
	environ, _ := os.ReadFile(filepath.Join(folder, "environ"))
	return func(name string) string {
		for variable := range bytes.SplitSeq(environ, []byte{0}) {
			if value, ok := bytes.CutPrefix(variable, []byte(name+"=")); ok {
				return string(value)
			}
		}
		return ""
	}
}

// ownerIn returns the process that opened a dialog, 0 if it was not this package.
func ownerIn(getenv func(string) string) int {
	owner, _ := strconv.Atoi(getenv(ownerVariable))
	return owner
}
