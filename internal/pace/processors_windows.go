package pace

import (
	"syscall"
	"time"
)

// processors returns for how long they have worked for this process.
func processors() time.Duration {
	var created, ended, kernel, user syscall.Filetime
	self, _ := syscall.GetCurrentProcess()                              // never fails
	_ = syscall.GetProcessTimes(self, &created, &ended, &kernel, &user) // nor does this, for oneself
	return ticks(kernel) + ticks(user)
}

// ticks returns how long a count of 100 ns is. The method of Filetime takes it for a date.
func ticks(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32+int64(t.LowDateTime)) * 100
}
