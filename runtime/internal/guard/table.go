package guard

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// How blocks are found: by a look at every eight bytes of a text, whatever they are, that costs the same for each.
//
// The bytes are hashed, and the hash is looked up in flags: whether a block may be these eight bytes, or begin, go on or end
// with them. A longer block is there where the flags eight bytes apart say so one after the other, which is computed
// without a branch. Only then the text is compared with the blocks, as a whole. So neither the time nor the
// number of steps tells of a block of which not all is right: an attacker measures them.
//
// It is rarely wrong that flags say so, and which texts make it wrong depends on keys that each process chooses: nobody
// can work out from outside what the flags are for.

const (
	isSingle byte = 1 << iota
	endsOne
	beginsOne
	goesOn
	endsNear // where the one before is less than eight bytes before
)

const window = 8 // bytes

// How many flags there are at least for each eight bytes of blocks. The less of them are set, the more seldom a text is compared
// for nothing; but a table that is larger than the cache of a processor is slow.
const (
	perWindow      = 16
	perWindowSmall = 128 // of a small table
	small          = 1 << 19
)

// A table has the blocks that are looked for. Its zero value has none.
type table struct {
	flags        []byte   // a power of two
	ends         []uint64 // by other bits of the hash, one bit for each flag: whether a block ends so
	shift        uint     // what makes a hash an index
	windows      int
	blocks       map[string]saying
	lengths      uint64          // bit n is set if blocks of n+1 bytes are there
	near         bool            // some of them are no multiple of eight
	pieces       map[string]bool // short ones
	pieceLengths uint64          // bit n is set if some have n bytes
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

// grown returns a table that has room for more blocks, or t itself if it has that. It shares the blocks.
func (t *table) grown(more []block) *table {
	windows := t.windows
	for _, b := range more {
		windows += (len(b.text) + window - 1) / window
	}
	if windows*perWindowSmall <= len(t.flags) || windows*perWindow <= len(t.flags) && len(t.flags) >= small {
		return t
	}
	size := uint(bits.Len(uint(max(windows*perWindow, min(windows*perWindowSmall, small)) - 1)))
	grown := &table{flags: make([]byte, 1<<size), ends: make([]uint64, max(1<<size/64, 1)), shift: 64 - size, blocks: t.blocks, pieces: t.pieces, pieceLengths: t.pieceLengths}
	if grown.blocks == nil {
		grown.blocks, grown.pieces = map[string]saying{}, map[string]bool{}
	}
	for text := range t.blocks {
		grown.flag(text)
	}
	return grown
}

// add adds blocks that there is room for.
func (t *table) add(blocks []block) {
	for _, b := range blocks {
		says, known := t.blocks[b.text]
		t.blocks[b.text] = says | b.says
		if !known {
			t.flag(b.text)
		}
		if b.piece != "" {
			t.pieces[b.piece] = true
			t.pieceLengths |= 1 << len(b.piece)
		}
	}
}

func (t *table) flag(text string) {
	t.lengths |= 1 << (len(text) - 1)
	t.near = t.near || len(text)%window != 0
	for at := 0; at < len(text); at += window {
		t.windows++
		flag := goesOn
		switch begin := min(at, len(text)-window); {
		case len(text) == window:
			flag = isSingle
		case at == 0:
			flag = beginsOne
		case begin < at:
			flag = endsNear
		case at == len(text)-window:
			flag = endsOne
		}
		hash := hash(binary.LittleEndian.Uint64([]byte(text[min(at, len(text)-window):])))
		t.flags[hash>>t.shift] |= flag
		if flag&(isSingle|endsOne|endsNear) != 0 {
			word, bit := t.end(hash)
			*word |= bit
		}
	}
}

// end returns where ends has what is known of a hash.
func (t *table) end(hash uint64) (word *uint64, bit uint64) {
	return &t.ends[hash/64%uint64(len(t.ends))], 1 << (hash % 64)
}

// A hit is a block that was found in a text.
type hit struct {
	from, to int
	says     saying
}

// A scanner goes over a text. At each of eight places in a row it has one byte of flags.
type scanner struct {
	text []byte // with zeros behind its end
	at   int
	end  int    // of the places to look at
	goes uint64 // at which of the eight places before a block goes on behind these eight bytes
}

const lanes = 0x0101010101010101

// next goes on to the next eight places where a block may end, and returns at which, in the lowest bits of bytes: by itself, and as
// the last of a longer one. It goes no farther than to end, and returns none there.
func (s *scanner) next(t *table, end int) (singles, lasts uint64) {
	flags, shift := t.flags, t.shift&63
	text, goes := s.text[s.at:], s.goes
	for singles|lasts == 0 && s.at < end && len(text) >= 2*window-1 {
		b := (*[2*window - 1]byte)(text)
		at := uint64(flags[hash(binary.LittleEndian.Uint64(b[0:8]))>>shift])
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[1:9]))>>shift]) << 8
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[2:10]))>>shift]) << 16
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[3:11]))>>shift]) << 24
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[4:12]))>>shift]) << 32
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[5:13]))>>shift]) << 40
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[6:14]))>>shift]) << 48
		at |= uint64(flags[hash(binary.LittleEndian.Uint64(b[7:15]))>>shift]) << 56
		singles, lasts = at&lanes, at>>1&goes&lanes
		before := goes
		goes = (at>>2 | at>>3&goes) & lanes
		if t.near {
			lasts |= at >> 4 & (after(goes<<8) | before>>8 | before>>16 | before>>24 | before>>32 | before>>40 | before>>48 | before>>56) & lanes
		}
		text = text[window:]
		s.at += window
	}
	s.goes = goes
	return singles, lasts
}

// after sets lanes for six places more behind each that is set.
func after(places uint64) uint64 {
	places |= places << 8
	places |= places << 16
	return places | places<<24
}

// blocksAt appends the blocks that end with the eight places at at, where next said that some may. With wholes, it says of which
// the whole piece is there.
func (t *table) blocksAt(hits []hit, text []byte, at int, singles, lasts uint64, wholes bool) []hit {
	const eight = 1 << (window - 1) // in lengths
	for ends := singles | lasts; ends != 0; ends &= ends - 1 {
		lane := bits.TrailingZeros64(ends)
		begin := at + lane/8
		end := begin + window
		if end > len(text) {
			break
		}
		if word, bit := t.end(hash(binary.LittleEndian.Uint64(text[begin:]))); *word&bit == 0 {
			continue
		}
		lengths := singles >> lane & 1 * eight
		if lasts>>lane&1 != 0 {
			lengths |= t.lengths &^ eight
		}
		for lengths &= t.lengths; lengths != 0; lengths &= lengths - 1 {
			from := end - 1 - bits.TrailingZeros64(lengths)
			if from < 0 {
				break
			}
			if says, ok := t.blocks[string(text[from:end])]; ok {
				if wholes && says&later == 0 && t.hasPiece(text[from:]) {
					says |= whole
				}
				hits = append(hits, hit{from, end, says})
			}
		}
	}
	return hits
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
