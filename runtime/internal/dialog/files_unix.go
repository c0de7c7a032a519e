//go:build !windows && !darwin

package dialog

import "os"

// filesOfDialog is how many files a dialog needs at a time: pipes to and from its program, and the display's socket.
const filesOfDialog = 12

// checkFiles tries to open as many files as a dialog needs. Where that fails, what would fail otherwise is the display,
// or the program, which are not to blame.
func checkFiles() error {
	for n := range filesOfDialog {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return failed("a dialog takes %d open files, and this process can open %d more (%v)", filesOfDialog, n, reason(err))
		}
		defer file.Close()
	}
	return nil
}
