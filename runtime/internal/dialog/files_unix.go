//go:build !windows && !darwin

package dialog

import "os"

// filesOfDialog is how many files a dialog needs at a time: pipes to and from its program, and the
// display's socket.
const filesOfDialog = 12

// CheckFiles returns nil if this process can open so many files more. Where it can't, what would
// fail otherwise is the display, or the program, which are not to blame. The error is a [Fault].
func CheckFiles(needed int) error {
	for n := range needed {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return failed("the process can have %d open files more, and needs %d: %s", n, needed, reason(err))
		}
		defer file.Close()
	}
	return nil
}
