//go:build !windows && !darwin

package dialog

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// programs are those that take the arguments of zenity, the best first.
var programs = []string{"qarma", "zenity", "matedialog"}

// findProgram finds the program to start, the first of three. All that are there
// have to be in folders where nobody else could have put or can replace them.
func findProgram() (string, error) {
	found := ""
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if errors.Is(err, exec.ErrDot) {
			return "", &Fault{fmt.Sprintf("%q is in a relative folder of PATH", name), ErrNoDialog}
		}
		if err != nil {
			continue
		}
		if err := checkFolders(path); err != nil {
			return "", err
		}
		if found == "" {
			found = path
		}
	}
	if found == "" {
		return "", fmt.Errorf("%w: install zenity", ErrNoDialog)
	}
	return found, nil
}

// checkFolders refuses a program that another user of the machine could replace:
// itself, the folder it was found in, and where links lead to. A group that may
// write is not refused: the owner of the folder has chosen it, and for
// /usr/local/bin Debian has.
func checkFolders(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return &Fault{err.Error(), ErrNoDialog}
	}
	system, err := os.Stat("/")
	if err != nil {
		return &Fault{err.Error(), ErrNoDialog}
	}
	// Who owns the root owns the system: root, or nobody in a container without a number for root.
	trusted := []int{0, os.Geteuid(), owner(system)}
	for _, file := range []string{path, real} {
		for place := file; ; place = filepath.Dir(place) {
			info, err := os.Stat(place)
			if err != nil {
				return &Fault{err.Error(), ErrNoDialog}
			}
			// A sticky folder such as /tmp protects the folders in it, but not from
			// new programs appearing in itself.
			sticky := info.Mode()&os.ModeSticky != 0 && place != filepath.Dir(file)
			if info.Mode().Perm()&0o002 != 0 && !sticky {
				return &Fault{"everybody may write to " + place, ErrNoDialog}
			}
			if !slices.Contains(trusted, owner(info)) {
				return &Fault{place + " belongs to another user", ErrNoDialog}
			}
			if place == filepath.Dir(place) {
				break
			}
		}
	}
	return nil
}

// owner returns the number of the user whose file it is.
func owner(info os.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
