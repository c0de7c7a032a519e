package guard

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tableOf returns what a guard takes for values, in bytes for each.
func tableOf(values []string) int {
	g := new(Guard)
	before := heap()
	for _, value := range values {
		g.Learn(value, "")
	}
	after := heap()
	runtime.KeepAlive(g)
	return int(after-before) / len(values)
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A value takes some memory for as long as the process lives: what is said in doc.go.
func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	many := func(count int, next func() string) (values []string) {
		for range count {
			values = append(values, next())
		}
		return values
	}
	for name, kind := range map[string]struct {
		values []string
		most   int
	}{
		"keys":         {many(1500, func() string { return randomText(r, 64, base62) }), 4 << 10},
		"passwords":    {many(1500, func() string { return randomText(r, 64, base62+" \"'%&\\+/=?!") }), 4 << 10},
		"pass phrases": {many(1500, func() string { return randomText(r, 64, "abcdefghijklm no") }), 4 << 10},
		"private keys": {many(200, func() string { return "-----BEGIN PRIVATE KEY-----\n" + strings.Join(lines(r, 26), "\n") }), 32 * 26 * 64},
		"long":         {many(4, func() string { return randomText(r, 1<<20, base62) }), 2<<20 + 32*maxLearned},
	} {
		if took := tableOf(kind.values); took > kind.most {
			t.Errorf("%s: %d bytes each, at most %d", name, took, kind.most)
		} else {
			t.Logf("%s: %d bytes each", name, took)
		}
	}
	if took := tableOf([]string{"one value 0123456789"}); took > 8<<10 {
		t.Errorf("a guard with one value takes %d bytes", took)
	}
}

// Learning ever more values costs the same for each.
func TestLearningIsLinear(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	learn := func(count int) time.Duration {
		values := make([]string, count)
		for i := range values {
			values[i] = randomText(r, 40, base62)
		}
		least := time.Hour
		for range 2 { // the machine may be busy with something else
			g, begin := new(Guard), time.Now()
			for _, value := range values {
				g.Learn(value, "")
			}
			least = min(least, time.Since(begin))
		}
		return least
	}
	few, many := learn(250), learn(4000)
	if ratio := float64(many) / float64(few); ratio > 80 { // quadratic is 256
		t.Errorf("sixteen times the values take %.0f times as long", ratio)
	}
}
