//go:build !linux

package dialog

// Only Linux shows the processes of a user as files. Elsewhere the dialogs of other servers are not
// known.

func endOrphans() {}

// someWindowIsOpen has to take it for granted: who waits for the lock then waits for as long as the
// caller has time.
func someWindowIsOpen() bool { return true }
