package pace

import (
	"testing"
	"time"
)

func TestRatio(t *testing.T) {
	for _, times := range []int{1, 10, 100} {
		got := Ratio(func() { spin(times); time.Sleep(100 * time.Millisecond) }, func() { spin(1) })
		if got < float64(times)/4 || got > float64(times)*4 {
			t.Errorf("%d times the work takes %.1f times as long", times, got)
		}
	}
}

var sink int

func spin(times int) {
	for i := range times * 1_000_000 {
		sink += i
	}
}
