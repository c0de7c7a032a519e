package ratio

import (
	"syscall"
	"testing"
	"time"
)

// MeasureCPU is [Measure] for what only computes: it measures for how long processors work, which does not go on while others do.
func MeasureCPU(b *testing.B, bound float64, floor, ours func()) {
	b.Helper()
	measure(b, worked, bound, floor, ours)
}

// worked is for how long processors have worked for this process.
func worked() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // never fails
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
