package guard

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// How blocks are found: by a look at each place of a text, whatever it has there, that costs the same for each.
//
// All the bytes of a block are hashed to one number, and the number is looked up in flags. Nothing is known of a part of a
// block: neither the time nor the number of look-ups tells of one of which not all is right, be its other half from
// another block or from nowhere. An attacker measures them. Where a flag is set, the text is compared with the blocks.
//
// It is rarely wrong that flags say so, and which texts make it wrong depends on keys that each process chooses: nobody
// can work out from outside what the flags are for.
//
// Nearly all blocks have eight bytes or sixteen, and those are looked up in one go. See table.others for the rest.

const window = 8 // bytes

// How many flags there are at least for each block. The less of them are set, the more seldom a text is compared
// for nothing; but a table that is larger than the cache of a processor is slow.
const (
	perBlock      = 16
	perBlockSmall = 128 // of a small table
	small         = 1 << 20
)

// A table has the blocks that are looked for. Its zero value has none.
type table struct {
	flags        [others + 1]flags
	counts       [others + 1]int // of blocks of each kind
	blocks       map[string]saying
	lasting      map[string]string // the piece that a block is of, if that is known for good
	plain, wide  lengths           // of blocks of ASCII only, and of the others
	pieces       map[string]bool   // short ones
	pieceLengths uint64            // bit n is set if some have n bytes
}

// lengths are those of blocks: bit n is set if some have n+1 bytes.
type lengths uint64

const inOneGo lengths = 1<<(window-1) | 1<<(2*window-1)

// Blocks of each kind have flags of their own.
const (
	eights = iota // of eight bytes
	sixteens
	others
)

func kindOf(length int) int {
	switch length {
	case window:
		return eights
	case 2 * window:
		return sixteens
	}
	return others
}

// keys are those of the hash.
var keys = randomKeys()

func randomKeys() (keys [2]uint64) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return [2]uint64{binary.LittleEndian.Uint64(random[:]), binary.LittleEndian.Uint64(random[8:]) | 1}
}

func hash(window uint64) uint64 {
	high, low := bits.Mul64(window^keys[0], keys[1])
	return high ^ low
}

// both returns the hash of what has a hash itself, and of the eight bytes behind it.
func both(before, last uint64) uint64 { return before + bits.RotateLeft64(last, 32) }

// hashOf returns the hash of a text of at least eight bytes.
func hashOf(text []byte) uint64 {
	all := hash(binary.LittleEndian.Uint64(text))
	for at := window; at < len(text); at += window {
		if at > window {
			all = hash(all)
		}
		all = both(all, hash(binary.LittleEndian.Uint64(text[min(at, len(text)-window):])))
	}
	return all
}

// Flags are as many as a power of two.
type flags []byte

// newFlags returns flags for so many blocks.
func newFlags(count int) flags {
	return make(flags, 1<<bits.Len(uint(max(count*perBlock, min(count*perBlockSmall, small), 1)-1)))
}

// have reports whether there are enough for so many blocks.
func (f flags) have(count int) bool {
	return len(f) > 0 && (count*perBlockSmall <= len(f) || count*perBlock <= len(f) && len(f) >= small)
}

// of returns where the flag of a hash is. Other bits of the hash choose which bit it is.
func (f flags) of(hash uint64) (byte *byte, bit byte) {
	return &f[hash&uint64(len(f)-1)], 1 << (hash >> 61)
}

// has reports whether the flag of a hash is set.
func (f flags) has(hash uint64) bool {
	flags, bit := f.of(hash)
	return *flags&bit != 0
}

// grown returns a table that has room for more blocks, or t itself if it has that. It shares the blocks.
func (t *table) grown(more []block) *table {
	counts := t.counts
	for _, b := range more {
		counts[kindOf(len(b.text))]++
	}
	enough := true
	for kind, count := range counts {
		enough = enough && t.flags[kind].have(count)
	}
	if enough {
		return t
	}
	grown := *t
	grown.counts = [others + 1]int{} // set counts them
	for kind, count := range counts {
		grown.flags[kind] = newFlags(count)
	}
	if grown.blocks == nil {
		grown.blocks, grown.lasting, grown.pieces = map[string]saying{}, map[string]string{}, map[string]bool{}
	}
	for text := range t.blocks {
		grown.set(text)
	}
	return &grown
}

// add adds blocks that there is room for.
func (t *table) add(blocks []block) {
	for _, b := range blocks {
		says, known := t.blocks[b.text]
		t.blocks[b.text] = says | b.says
		if !known {
			t.set(b.text)
		}
		if b.lasts {
			t.lasting[b.text] = b.piece
		}
		if b.begins != "" {
			t.pieces[b.begins] = true
			t.pieceLengths |= 1 << len(b.begins)
		}
	}
}

// set sets the flag of a block.
func (t *table) set(text string) {
	length := lengths(1) << (len(text) - 1)
	if nextWide([]byte(text), 0) == len(text) {
		t.plain |= length
	} else {
		t.wide |= length
	}
	kind := kindOf(len(text))
	t.counts[kind]++
	flags, bit := t.flags[kind].of(hashOf([]byte(text)))
	*flags |= bit
}

// A hit is a block that was found in a text.
type hit struct {
	from, to int
	says     saying
}

// A scanner goes over a text, eight places in a row at once.
type scanner struct {
	text   []byte // with zeros behind its end
	at     int
	end    int            // of the places to look at
	before [window]uint64 // the hashes of the eight places before
}

// next goes on to the next eight places with some where a block of eight or sixteen bytes may end, and returns at which: their
// bytes are not zero. It goes no farther than to end, and returns none there.
func (s *scanner) next(t *table, end int) (may uint64) {
	eights, sixteens := t.flags[eights], t.flags[sixteens]
	if len(t.blocks) == 0 {
		s.at = max(s.at, end)
		return 0
	}
	text := s.text[s.at:]
	for may == 0 && s.at < end && len(text) >= 2*window-1 && len(eights) > 0 && len(sixteens) > 0 {
		b := (*[2*window - 1]byte)(text)
		may = look(eights, sixteens, b[0:], &s.before[0])
		may |= look(eights, sixteens, b[1:], &s.before[1]) << 8
		may |= look(eights, sixteens, b[2:], &s.before[2]) << 16
		may |= look(eights, sixteens, b[3:], &s.before[3]) << 24
		may |= look(eights, sixteens, b[4:], &s.before[4]) << 32
		may |= look(eights, sixteens, b[5:], &s.before[5]) << 40
		may |= look(eights, sixteens, b[6:], &s.before[6]) << 48
		may |= look(eights, sixteens, b[7:], &s.before[7]) << 56
		text = text[window:]
		s.at += window
	}
	return may
}

// look returns whether blocks of eight or sixteen bytes may end with the next eight, whose hash it leaves in before. before is
// that of the eight bytes before them.
func look(eights, sixteens []uint8, text []byte, before *uint64) uint64 {
	last := hash(binary.LittleEndian.Uint64(text))
	may := eights[last&uint64(len(eights)-1)] | sixteens[both(*before, last)&uint64(len(sixteens)-1)]
	*before = last
	return uint64(may)
}

// endingAt appends the blocks of eight or sixteen bytes that end with the eight places at at, where next said that some may.
func (t *table) endingAt(hits []hit, text []byte, at int, may uint64, wholes bool) []hit {
	for may != 0 {
		n := bits.TrailingZeros64(may) / 8
		may &^= 0xff << (8 * n)
		place := at + n
		end := place + window
		if end > len(text) {
			break
		}
		last := hash(binary.LittleEndian.Uint64(text[place:end]))
		if t.flags[eights].has(last) {
			hits = t.block(hits, text, place, end, wholes)
		}
		if place >= window && t.flags[sixteens].has(both(hash(binary.LittleEndian.Uint64(text[place-window:place])), last)) {
			hits = t.block(hits, text, place-window, end, wholes)
		}
	}
	return hits
}

// others appends the blocks of other lengths that begin at some places: those that are not of ASCII, and of what reads otherwise
// once escapes in it are undone. Each length takes one look at each place; but what is not ASCII is not looked for in
// what is.
func (t *table) others(hits []hit, text []byte, from, to int, wholes bool) []hit {
	for rest := (t.plain | t.wide) &^ inOneGo; rest != 0; rest &= rest - 1 {
		length := bits.TrailingZeros64(uint64(rest)) + 1
		isWide := t.plain&rest&-rest == 0
		wideAt := -1
		for at := from; at < to && at+length <= len(text); at++ {
			if isWide && wideAt < at {
				wideAt = nextWide(text, at)
			}
			if isWide && wideAt >= at+length {
				at = wideAt - length // and the place behind
				continue
			}
			if t.flags[others].has(hashOf(text[at : at+length])) {
				hits = t.block(hits, text, at, at+length, wholes)
			}
		}
	}
	return hits
}

// nextWide returns where, at or after i, the next byte is that is not ASCII, else the end of the text.
func nextWide(text []byte, i int) int {
	for len(text)-i >= 8 && binary.LittleEndian.Uint64(text[i:])&high == 0 {
		i += 8
	}
	for i < len(text) && text[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// block appends a part of a text whose flag is set, if it is a block. With wholes, it says whether the whole piece is there.
func (t *table) block(hits []hit, text []byte, from, to int, wholes bool) []hit {
	says, ok := t.blocks[string(text[from:to])]
	if !ok {
		return hits
	}
	if wholes && says&later == 0 && t.hasPiece(text[from:]) {
		says |= whole
	}
	return append(hits, hit{from, to, says})
}

// hasPiece reports whether text begins with a short piece.
func (t *table) hasPiece(text []byte) bool {
	for lengths := t.pieceLengths; lengths != 0; lengths &= lengths - 1 {
		length := bits.TrailingZeros64(lengths)
		if length <= len(text) && t.pieces[string(text[:length])] {
			return true
		}
	}
	return false
}
