package keychain

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
)

const (
	foldsCase    = false
	heedsQuietly = false

	// entryLimit keeps go-keyring's command line for `security -i` under its 4,096
	// bytes: 2,000 become 2,668 in base64, beside two names of maxName bytes and a
	// part's prefix.
	entryLimit = 2000
)

// spelled returns how the keychain is told the name of a service.
func spelled(service string) string { return service }

// systemError reads the exit status of `security`.
func systemError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: /usr/bin/security is missing", ErrNoStore)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return ErrStore
	}
	switch exit.ExitCode() {
	case 36:
		return ErrLocked
	case 44:
		return ErrNotSet
	case 51:
		return fmt.Errorf("%w: the password was wrong", ErrLocked)
	case 128:
		return ErrDismissed
	default:
		return fmt.Errorf("%w: security ended with status %d", ErrStore, exit.ExitCode())
	}
}
