package guard

import (
	"index/suffixarray"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// Pieces within pieces: a key in a line that is looked for as a whole, a password with and without what stands before it, a
// token and a file that has it. If each were cut for itself, a block of one would begin within a block of the other, and
// who knows that one would have a few characters to guess, not eight. So where one begins is a border in the other.

// withoutParts returns the pieces of one value without those that are a part of a word in another one, which is found by its
// own blocks: a border there would only cut its beginning off.
func withoutParts(pieces []string) []string {
	goes := map[string]bool{}
	within(pieces, func(inner, outer string, at int) {
		if strings.HasPrefix(outer[at:], inner) && !beginsOwnWord(outer, at) {
			goes[inner] = true
		}
	})
	return slices.DeleteFunc(pieces, func(piece string) bool { return goes[piece] })
}

// bordersOf returns where in each piece another one begins.
func bordersOf(pieces []string) map[string][]int {
	borders := map[string][]int{}
	within(pieces, func(_, outer string, at int) { borders[outer] = append(borders[outer], at) })
	for piece, all := range borders {
		slices.Sort(all)
		borders[piece] = slices.Compact(all)
	}
	return borders
}

// overlaps reports whether pieces have one of the known blocks in them, and it is none of their own: so another value has a
// part of them, which is cut otherwise. Of a part that is shorter than two blocks it may not tell.
func overlaps(pieces []string, blocks []block, known map[string]string) bool {
	own := map[string]bool{}
	for _, b := range blocks {
		own[b.text] = true
	}
	for _, piece := range pieces {
		for at := range piece {
			for length := window; length <= 2*window && at+length <= len(piece); length += window {
				text := piece[at : at+length]
				if _, isKnown := known[text]; isKnown && !own[text] {
					return true
				}
			}
		}
	}
	return false
}

// within calls f for each place in a piece, but for its beginning, where another one begins: all of it, or as much as there is room
// for.
func within(pieces []string, f func(inner, outer string, at int)) {
	if len(pieces) < 2 {
		return
	}
	begins := make([]int, len(pieces))
	alike := map[string][]string{} // by how they begin
	var all []byte
	for i, piece := range pieces {
		begins[i] = len(all)
		all = append(append(all, piece...), 0)
		alike[piece[:minimum]] = append(alike[piece[:minimum]], piece)
	}
	index := suffixarray.New(all)
	for begin, inners := range alike {
		for _, at := range index.Lookup([]byte(begin), -1) {
			n := sort.SearchInts(begins, at+1) - 1
			outer := pieces[n]
			if at -= begins[n]; at == 0 {
				continue
			}
			for _, inner := range inners {
				if rest := outer[at:]; inner != outer && (strings.HasPrefix(rest, inner) || strings.HasPrefix(inner, rest)) {
					f(inner, outer, at)
				}
			}
		}
	}
}

// beginsOwnWord reports whether what begins at a place of a piece is a word of its own, or all of one beyond what is public.
func beginsOwnWord(piece string, at int) bool {
	before := piece[strings.LastIndexAny(piece[:at], " \t\"'`:=,;")+1 : at]
	isPublic := publicPrefix(piece[at-len(before):]) == before
	return isPublic || !strings.ContainsFunc(piece[:at], func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}
