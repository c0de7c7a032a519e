// Package chance has the flags of the tests that try something at random: to try it more often, and to try the same again.
package chance

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	times = flag.Int("laws.times", 1, "try each law `N` times as often as in CI")
	seed  = flag.Uint64("laws.seed", 0, "the `SEED` of all chances; 0 chooses one")
)

// Times is how many times as often as in CI to try.
func Times() int { return *times }

// Share returns what of all to try: all of it, but in CI one of it, by chance. A seed has all tried, of which -run chooses.
func Share[T any](all []T) []T {
	if *times > 1 || *seed != 0 {
		return all
	}
	return []T{all[rand.IntN(len(all))]}
}

// Source returns a source of chances of its own for a test, which says how to have the same ones again if it fails.
func Source(t *testing.T) *rand.Rand {
	t.Helper()
	chosen := *seed
	if chosen == 0 {
		chosen = uint64(time.Now().UnixNano())
	}
	return source(t, chosen)
}

// Usual is Source with a seed that is the same each time, unless the flags ask for more or for another.
func Usual(t *testing.T, usual uint64) *rand.Rand {
	t.Helper()
	if *times > 1 || *seed != 0 {
		return Source(t)
	}
	return source(t, usual)
}

func source(t *testing.T, seed uint64) *rand.Rand {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again with: -run '^%s$' -laws.seed %d", t.Name(), seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}
