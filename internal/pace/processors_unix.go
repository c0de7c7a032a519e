//go:build unix

package pace

import (
	"syscall"
	"time"
)

// processors returns for how long they have worked for this process.
func processors() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // never fails
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
