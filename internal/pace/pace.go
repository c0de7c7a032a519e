// Package pace tells tests whether something takes too long. No clock can: it goes on while a busy machine works for others. So
// work is compared with other work of the same process, by how long the processors have worked for each.
package pace

import (
	"runtime"
	"time"
)

// enough is so long that what the system counts in, 16 ms on Windows, makes little difference.
const enough = 50 * time.Millisecond

// Ratio returns how many times as long as step the work takes. It does the work once and the step as often as it needs to.
func Ratio(work, step func()) float64 {
	steps := 1
	took := worked(1, step)
	for ; took < enough; took = worked(steps, step) {
		steps *= 2
	}
	return float64(worked(1, work)) * float64(steps) / float64(took)
}

// worked returns how long the processors work for f, done so many times. What others left as garbage is not counted.
func worked(times int, f func()) time.Duration {
	runtime.GC()
	began := processors()
	for range times {
		f()
	}
	return processors() - began
}
