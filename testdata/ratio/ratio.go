// Package ratio measures code against its floor, the least that the same work can cost here, such as a bare call of what
// it wraps. Times on a busy machine mean little; the ratio of two that took turns means something.
//
// The command cmd/internal/figures makes a table of what the benchmarks of this module report by it.
package ratio

import (
	"slices"
	"testing"
	"time"
)

const (
	turn   = 10 * time.Millisecond // how long each runs at least: for the collection of garbage to fall on whose it is
	rounds = 5                     // at least, also of what takes seconds
)

// Measure runs floor and ours by turns, and reports what [Report] does.
func Measure(b *testing.B, bound float64, floor, ours func()) {
	b.Helper()
	began := time.Now()
	measure(b, func() time.Duration { return time.Since(began) }, bound, floor, ours)
}

func measure(b *testing.B, clock func() time.Duration, bound float64, floor, ours func()) {
	b.Helper()
	timed := func(calls int, f func()) time.Duration {
		began := clock()
		for range calls {
			f()
		}
		return clock() - began
	}
	calls := 1 // in a turn
	for timed(calls, floor) < turn {
		calls *= 2
	}
	var times [2][]float64
	round := func() {
		first := len(times[0]) % 2 // who begins changes too
		for _, which := range []int{first, 1 - first} {
			took := timed(calls, []func(){floor, ours}[which])
			times[which] = append(times[which], float64(took)/float64(calls))
		}
	}
	for b.Loop() {
		round()
	}
	for len(times[0]) < rounds {
		round()
	}
	Report(b, "ns/op", bound, times[0], times[1])
}

// Report reports the medians of what was measured by turns in some unit, and the median of the ratios. The bound is what
// that must not exceed.
func Report(b *testing.B, unit string, bound float64, floors, ours []float64) {
	b.Helper()
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / floors[i]
	}
	b.ReportMetric(median(ours), unit)
	b.ReportMetric(median(floors), "floor-"+unit)
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(bound, "bound")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
