package dialog

import (
	"fmt"
	"os/exec"
)

// osascript is part of macOS, and in a folder that nobody can write to.
const osascript = "/usr/bin/osascript"

// findProgram makes sure that it is this program that the library finds on PATH, and no other of its name.
func findProgram() (string, error) {
	if path, err := exec.LookPath("osascript"); err != nil || path != osascript {
		return "", fmt.Errorf("%w: %s is not the first of its name on PATH", ErrNoDialog, osascript)
	}
	return osascript, nil
}
