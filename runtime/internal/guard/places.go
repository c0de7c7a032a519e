package guard

import "math/bits"

// Places are a set of bytes of a text: nil if it has none, else a bit for each. However much is found, and in whatever order,
// it costs no more than the text is long.
type places []uint64

// set adds bytes to the set; size is that of the text.
func (p *places) set(size, from, to int) {
	if *p == nil {
		*p = make(places, size/64+1)
	}
	for from < to {
		word, bit := from/64, from%64
		n := min(64-bit, to-from)
		(*p)[word] |= (1<<n - 1) << bit
		from += n
	}
}

// has reports whether all of these bytes are in the set.
func (p places) has(from, to int) bool {
	return p != nil && p.next(from, to, false) == to
}

// hasAny reports whether some of these bytes are.
func (p places) hasAny(from, to int) bool {
	return p != nil && p.next(from, to, true) < to
}

// next returns the first place at or after from that is in the set, or is not; to if there is none before it.
func (p places) next(from, to int, in bool) int {
	for from < to {
		word := p[from/64]
		if !in {
			word = ^word
		}
		if word >>= from % 64; word != 0 {
			return min(from+bits.TrailingZeros64(word), to)
		}
		from += 64 - from%64
	}
	return to
}
