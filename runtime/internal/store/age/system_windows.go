package age

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// canWrite does not know: the access list is looked at when a file is made.
func canWrite(string) error { return nil }

// rename waits for who is reading the file: Windows replaces none that is open. That takes milliseconds.
func rename(from, to string) (err error) {
	for range 100 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// syncFolder has nothing to do: Windows has no such waiting.
func syncFolder(string) error { return nil }

func isReadOnly(err error) bool {
	return errors.Is(err, windows.ERROR_WRITE_PROTECT) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

func isMountPoint(error) bool { return false }
