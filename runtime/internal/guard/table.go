package guard

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"unicode/utf8"
)

// What is looked for, and how it is found. Nearly always nothing is there to be found, so that has to be fast.
//
// No pattern is shorter than eight bytes, so wherever one is, one of every four places in the text begins five bytes of
// its first eight. Only every fourth place is looked at: its five bytes are looked up by a hash in a table of bits, and
// only if that bit is set, the four windows of eight bytes that it may belong to are looked up in the map.

// A pattern is a block of a known value, as it is or encoded.
type pattern struct {
	text    string
	piece   string // what it is a block of
	encoded bool
	open    bool // the piece has characters that end a token: see mask.go
}

const (
	window = 8 // bytes
	step   = 4
)

type table struct {
	hashes   *hashBits            // of all first windows, and of the five bytes in them at each of four places
	patterns map[uint64][]pattern // by their first window
	alphabet [256]bool            // the bytes that are in any first window
	wide     bool                 // some of them are not ASCII
	pairs    pairBits             // two bytes that follow each other there
	begins   [256]bool            // the bytes that one begins with
	ends     [256]bool            // the bytes that one ends with
	escapes  pairBits             // how escapes begin that stand for such bytes
}

func (t *table) empty() bool { return len(t.patterns) == 0 }

// add makes the table find a piece of a value.
func (t *table) add(piece string) {
	open := strings.ContainsFunc(strings.TrimRight(piece, "="), func(c rune) bool { return c >= 0x80 || endsToken(byte(c)) || c == '=' })
	for _, block := range blocks(piece) {
		t.addPattern(pattern{text: block, piece: piece, open: open})
		if strings.Contains(block, " ") { // the form encoding of a space
			t.addPattern(pattern{text: strings.ReplaceAll(block, " ", "+"), piece: piece, open: open})
		}
		t.addEncoded(block, piece)
	}
}

// addEncoded makes the table find a block of a piece that is encoded.
func (t *table) addEncoded(block, piece string) {
	for _, text := range encodings(block) {
		t.addPattern(pattern{text: text, piece: piece, encoded: true})
	}
}

// addEscaped makes the table find a piece that is encoded after it was escaped, as in a JWT or a file of JSON.
func (t *table) addEscaped(piece string) {
	for _, form := range escapedForms(piece) {
		for _, block := range blocks(form) {
			t.addEncoded(block, piece)
		}
	}
}

func (t *table) addPattern(p pattern) {
	if t.patterns == nil {
		t.hashes = new(hashBits)
		t.patterns = map[uint64][]pattern{}
	}
	first := binary.LittleEndian.Uint64([]byte(p.text))
	for _, other := range t.patterns[first] {
		if other == p {
			return
		}
	}
	t.patterns[first] = append(t.patterns[first], p)
	t.hashes.add(hash(first))
	for i := range step {
		t.hashes.add(hash(first >> (8 * i) & five))
	}
	for i, c := range []byte(p.text[:window]) {
		if !t.alphabet[c] {
			t.alphabet[c] = true
			t.wide = t.wide || c >= utf8.RuneSelf
			t.learnEscapes(c)
		}
		if i > 0 {
			t.pairs.add(pair(p.text[i-1], c))
		}
	}
	t.begins[p.text[0]] = true
	t.ends[p.text[window-1]] = true
}

// five masks five bytes of eight.
const five = 1<<40 - 1

type hashBits [1 << 18 / 64]uint64

func hash(bytes uint64) uint64           { return bytes * 0x9E3779B97F4A7C15 >> (64 - 18) }
func (b *hashBits) add(hash uint64)      { b[hash/64] |= 1 << (hash % 64) }
func (b *hashBits) has(hash uint64) bool { return b[hash/64]>>(hash%64)&1 != 0 }

// next returns where the first window of some pattern is, at or after from, and the patterns that begin with it; none if
// there is no more.
func (t *table) next(text []byte, from int) (int, []pattern) {
	hashes := t.hashes
	rest := text[min(from+step-1, len(text)):] // shortened rather than indexed: no bounds are checked at each place
	for ; len(rest) >= window; rest = rest[step:] {
		if hashes.has(hash(binary.LittleEndian.Uint64(rest) & five)) {
			if start, known := t.around(text, len(text)-len(rest)); known != nil {
				return start, known
			}
		}
	}
	// Of the last window, less than eight bytes may be left.
	return t.around(text, len(text)-len(rest))
}

// around looks for a window that begins at i or one of the places skipped before it.
func (t *table) around(text []byte, i int) (int, []pattern) {
	for start := i - step + 1; start <= i && start+window <= len(text); start++ {
		first := binary.LittleEndian.Uint64(text[start:])
		if t.hashes.has(hash(first)) { // faster than the map
			if known := t.patterns[first]; known != nil {
				return start, known
			}
		}
	}
	return 0, nil
}

// find returns the first pattern in text at or after from, and where it is; nil if there is none.
func (t *table) find(text []byte, from int) (int, *pattern) {
	for i, known := t.next(text, from); known != nil; i, known = t.next(text, i+1) {
		for k := range known {
			if bytes.HasPrefix(text[i:], []byte(known[k].text)) {
				return i, &known[k]
			}
		}
	}
	return 0, nil
}

func (t *table) has(text []byte) bool {
	_, known := t.next(text, 0)
	return known != nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// suspects reports whether the first eight bytes of a pattern are anywhere in a JSON message. It looks at the message as one
// text, as it is and after each layer of escapes. Of the latter it looks only at the surroundings of escapes that stand
// for something that patterns have: line ends and quotes are escaped in every message, and are in few secrets.
func (t *table) suspects(message []byte) bool {
	if t.has(message) {
		return true
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)

	// JSON's own escapes first and alone: so what comes out is what mask will see as its text.
	all, ok := t.unescapeAround((*buffer)[:0], message, `\`)
	defer func() { *buffer = all }()
	from := 0
	for range layers {
		layer := all[from:]
		if !ok || t.has(layer) {
			return true
		}
		from = len(all)
		all, ok = t.unescapeAround(all, layer, allIntros)
	}
	return !ok || t.has(all[from:])
}
