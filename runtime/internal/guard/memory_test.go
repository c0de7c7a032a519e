package guard

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/pace"
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
	learn := func(count int) {
		g := new(Guard)
		for range count {
			g.Learn(randomText(r, 40, base62), "")
		}
	}
	if ratio := pace.Ratio(func() { learn(4000) }, func() { learn(250) }); ratio > 80 { // by the square it is 256
		t.Errorf("sixteen times the values take %.0f times as long", ratio)
	}
}

// allocated returns how many bytes f allocates, once what pools hold is gone.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// One result after the other is looked at in the same space, however much garbage the server makes of each; but what a very
// long one took is given back.
func TestSpaceIsKept(t *testing.T) {
	g := learn(stripe)
	result := func(size int) []byte {
		return []byte(`{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"` + strings.Repeat(`if q == \"\" { return nil }\n`, size/32) + `"}]}}`)
	}
	message := result(1 << 20)
	g.JSON(message)
	g.JSON(message) // each of the two texts has now been the long one
	if took := allocated(func() { g.JSON(message) }); took > 64<<10 && !raceDetector {
		t.Errorf("a result of 1 MB took %d bytes more", took)
	}
	before := heap()
	g.JSON(result(16 << 20))
	if after := heap(); after > before+maxSpare+1<<20 {
		t.Errorf("%d bytes are kept of a result of 16 MB", after-before)
	}
}

// A server that has handed out no secret does not look at what it sends.
func TestNothingKnownCostsNothing(t *testing.T) {
	message := []byte(`{"jsonrpc":"2.0","result":"` + strings.Repeat("a", 8<<20) + `"}`)
	if took := allocated(func() { new(Guard).JSON(message) }); took > 64<<10 {
		t.Errorf("took %d bytes", took)
	}
}
