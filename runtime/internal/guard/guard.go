package guard

import (
	"slices"
	"sync"
)

// Redacted is what stands in place of what was masked.
const Redacted = "[redacted]"

// A Guard knows values and masks them in what leaves the process. It is safe for concurrent use. The zero Guard knows no
// value and masks nothing.
type Guard struct {
	// One goroutine learns at a time. What takes long happens outside of mu, so that nobody who masks waits for it.
	learning sync.Mutex
	learned  map[secret]bool // changed with mu held too: what is there is in the table
	pieces   []string        // of all values that were learned for good
	blocks   []block         // of these pieces
	// Texts that are known for a while, in two generations: when the young ones are too many, the old ones are forgotten.
	young, old map[string][]block
	size       int // of the young ones

	mu      sync.RWMutex // held for moments, also while a long text is looked at: see search.scan
	known   *table
	written beginnings // the pieces of all values that were learned for good
	wholes  wholes     // the addresses that go as a whole
}

type secret struct{ value, prefix string }

// Learn makes the guard mask value from now on. The prefix is what every value of this kind begins with, such as
// "sk_live_"; it is public, so only what follows is looked for. Learning twice is free. A value of which [Guards] says
// false is left alone.
func (g *Guard) Learn(value, prefix string) {
	key := secret{value, prefix}
	if g.hasLearned(key) {
		return
	}
	g.learnPieces(key, pieces(value, prefix)) // takes long for a long value, so nobody waits for it
}

// learnPieces makes the guard look for the pieces of a value.
func (g *Guard) learnPieces(key secret, found []string) {
	g.learnWritings(found)
	blocks, isAll := lastingBlocks(found), false
	for before := 0; !g.keepValue(key, found, blocks, before, isAll); isAll = true {
		all := g.learnedPieces()
		before = len(all)
		blocks = lastingBlocks(append(all, found...))
	}
}

// learnedPieces returns the pieces of all values that were learned for good.
func (g *Guard) learnedPieces() []string {
	g.learning.Lock()
	defer g.learning.Unlock()
	return slices.Clip(g.pieces)
}

// keepValue makes a value one of those that were learned. It returns false if the value has a part in common with one of
// them: then all have to be cut anew, together. If isAll is set that was done, with as many pieces as there were before.
func (g *Guard) keepValue(key secret, found []string, blocks []block, before int, isAll bool) bool {
	g.learning.Lock()
	defer g.learning.Unlock()
	switch {
	case g.learned[key]:
		return true
	case isAll && before != len(g.pieces), !isAll && g.known != nil && overlaps(found, blocks, g.known.lasting):
		return false
	}
	g.pieces = append(g.pieces, found...)
	if isAll {
		g.blocks = blocks
		g.rebuild()
	} else {
		g.blocks = append(g.blocks, blocks...)
		g.add(blocks)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learned == nil {
		g.learned = map[secret]bool{}
	}
	g.learned[key] = true
	return true
}

// lastingBlocks returns the blocks of pieces that are known for good.
func lastingBlocks(pieces []string) []block {
	blocks := allBlocks(pieces)
	for i := range blocks {
		blocks[i].lasts = true
	}
	return blocks
}

// hasLearned waits for nobody who learns: a value is handed out, and so learned again, for each call.
func (g *Guard) hasLearned(key secret) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.learned[key]
}

const (

	// maxYoung is how many bytes of one generation are looked for. In the table, each takes some twenty.
	maxYoung = 512 << 10
	// least is what a text counts at least: many short ones take time, where all of them begin alike.
	least = 512
)

// LearnForAWhile is Learn for a text that was made of a value, such as a token for one request, of which there may be ever
// more: it is known until so many others have been learned since it was last learned, some hundreds at least.
//
// A value in it that was learned before is known already, in whatever writing. What is before and behind that is looked for
// by itself: whoever chooses it could move the borders of blocks in the value otherwise, and so guess it piece by piece.
func (g *Guard) LearnForAWhile(text string) {
	blocks, known := g.remembered(text)
	if !known {
		blocks = g.newBlocks(text) // takes long for a long text, so nobody waits for it
	}
	size := 0
	for _, b := range blocks {
		size += len(b.text)
	}
	if size == 0 && len(text) > least {
		return // it is read again rather than kept
	}
	g.learning.Lock()
	defer g.learning.Unlock()
	g.keep(text, blocks, max(size, least))
}

// remembered returns the blocks of a text that was learned for a while and is not forgotten yet.
func (g *Guard) remembered(text string) (blocks []block, known bool) {
	g.learning.Lock()
	defer g.learning.Unlock()
	if blocks, known = g.young[text]; !known {
		blocks, known = g.old[text]
	}
	return blocks, known
}

// newBlocks returns the blocks of what of a text is no value that is known for good.
func (g *Guard) newBlocks(text string) []block {
	var all []string
	for _, piece := range pieces(g.withoutKnown(text), "") {
		all = append(all, slices.DeleteFunc(parts(piece), func(part string) bool { return !long(part) })...)
	}
	return allBlocks(all)
}

// keep makes a text one of the young ones.
func (g *Guard) keep(text string, blocks []block, size int) {
	if _, isYoung := g.young[text]; isYoung {
		return
	}
	if g.young == nil || g.size+size > maxYoung {
		g.age()
	}
	if _, isOld := g.old[text]; !isOld {
		g.add(blocks)
	}
	g.young[text] = blocks
	g.size += size
}

// age begins a generation and forgets the one before the last.
func (g *Guard) age() {
	g.old, g.young, g.size = g.young, map[string][]block{}, 0
	g.rebuild()
}

// rebuild makes the table anew.
func (g *Guard) rebuild() {
	known := new(table)
	add := func(blocks []block) {
		known = known.grown(blocks)
		known.add(blocks)
	}
	add(g.blocks)
	for _, generation := range []map[string][]block{g.old, g.young} {
		for _, blocks := range generation {
			add(blocks)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = known
}

func (g *Guard) add(blocks []block) {
	if len(blocks) == 0 {
		return
	}
	known := new(table)
	if g.known != nil { // who learns is the only one who changes it
		known = g.known
	}
	known = known.grown(blocks)
	g.mu.Lock()
	defer g.mu.Unlock()
	known.add(blocks)
	g.known = known
}

// Knows reports whether there is anything to mask.
func (g *Guard) Knows() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.known != nil && len(g.known.blocks) > 0
}

// Guards reports whether the value is masked once it is learned. It is false where less than eight characters of it are
// confidential: masking those would mask ordinary text.
func Guards(value, prefix string) bool {
	return len(pieces(value, prefix)) > 0
}

// Text returns the text with every known value masked. It is for what is no JSON, such as the text of an error or panic.
func (g *Guard) Text(text string) string {
	s := g.search()
	defer s.done()
	s.root.text = append(s.root.text, text...)
	if !s.finds() {
		return text
	}
	return string(s.redacted(nil, 0, len(text)))
}

// JSON returns a JSON-RPC message, a batch of them, or any other JSON value, with every known value masked in its strings,
// numbers and keys. Of messages, "jsonrpc", "id" and "method" stay as they are: an answer must find its request.
//
// The result is valid JSON if the message is. If nothing is masked it is the very same slice, and nothing was allocated.
// What is not JSON is masked as text.
func (g *Guard) JSON(message []byte) []byte {
	s := g.search()
	defer s.done()
	w := walker{in: message, search: s}
	if !w.gather() {
		s.root.text = append(s.root.text[:0], message...)
		if !s.finds() {
			return message
		}
		return s.redacted(nil, 0, len(message))
	}
	if !s.finds() {
		return message
	}
	return w.masked()
}

// Parts returns the parts of a result, such as its contents, with every known value masked in the text that they are
// together. So a value is found that was split over them, however short its parts; and what touches a masked value is
// masked across the parts too. If nothing is masked it is the very same slice.
func (g *Guard) Parts(parts []string) []string {
	s := g.search()
	defer s.done()
	for _, part := range parts {
		s.root.text = append(s.root.text, part...)
	}
	if !s.finds() {
		return parts
	}
	masked := make([]string, len(parts))
	from := 0
	for i, part := range parts {
		masked[i] = string(s.redacted(nil, from, from+len(part)))
		from += len(part)
	}
	return masked
}
