//go:build !unix

package serve

import "math"

// descriptors is how many descriptors the process may have: no bound that is known.
func descriptors() int { return math.MaxInt }
