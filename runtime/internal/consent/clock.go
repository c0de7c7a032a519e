package consent

import "time"

// Passed reports whether more than d has passed since a time, by either of the computer's clocks: the monotonic one stands
// still while the computer sleeps, and the other one can be set back. What was asked in the evening is over in the morning.
func Passed(since time.Time, d time.Duration) bool {
	now := time.Now()
	return now.Sub(since) > d || now.Round(0).Sub(since.Round(0)) > d
}
