//go:build !windows && !darwin

package dialog

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// programs are those that the library knows, in its order.
var programs = []string{"qarma", "zenity", "matedialog"}

// findProgram finds the program that the library will start. The library takes
// the first of three and sticks to it, so all that are there have to be in
// folders where nobody else could have put or can replace them.
func findProgram() (string, error) {
	found := ""
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if errors.Is(err, exec.ErrDot) {
			return "", fmt.Errorf("%w: %q is in a relative folder of PATH", ErrNoDialog, name)
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

// checkFolders refuses a program that any user of the machine could replace:
// itself, the folder it was found in, and where links lead to.
func checkFolders(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrNoDialog, err)
	}
	for _, file := range []string{path, real} {
		for place := file; ; place = filepath.Dir(place) {
			info, err := os.Stat(place)
			if err != nil {
				return fmt.Errorf("%w: %v", ErrNoDialog, err)
			}
			// A sticky folder such as /tmp protects the folders in it, but not from
			// new programs appearing in itself.
			sticky := info.Mode()&os.ModeSticky != 0 && place != filepath.Dir(file)
			if info.Mode().Perm()&0o002 != 0 && !sticky {
				return fmt.Errorf("%w: everybody may write to %s", ErrNoDialog, place)
			}
			if place == filepath.Dir(place) {
				break
			}
		}
	}
	return nil
}
