package laws

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

// chances returns a source of chances of its own for a test, and says how to have the same ones again.
func chances(t *testing.T) *rand.Rand {
	t.Helper()
	chosen := *seed
	if chosen == 0 {
		chosen = uint64(time.Now().UnixNano())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again with: go test ./runtime/laws -run '^%s$' -laws.seed %d", t.Name(), chosen)
		}
	})
	return rand.New(rand.NewPCG(chosen, 0))
}
