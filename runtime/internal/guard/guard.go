package guard

import (
	"maps"
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

	remaking  sync.Mutex // held while the table is made anew, which takes long; locked before learning
	isRemade  bool
	meanwhile []block // that were learned since that began

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
	if !g.keepValue(key, found, lastingBlocks(found)) {
		g.learnTogether(key, found)
	}
}

// keepValue makes a value one of those that were learned. It returns false if the value has a part in common with one of
// them: then all have to be cut anew, together.
func (g *Guard) keepValue(key secret, found []string, blocks []block) bool {
	g.learning.Lock()
	defer g.learning.Unlock()
	switch {
	case g.learned[key]:
		return true
	case g.known != nil && overlaps(found, blocks, g.known.lasting):
		return false
	}
	g.blocks = append(g.blocks, blocks...)
	g.add(blocks)
	g.keepPieces(key, found)
	return true
}

func (g *Guard) keepPieces(key secret, found []string) {
	g.pieces = append(g.pieces, found...)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learned == nil {
		g.learned = map[secret]bool{}
	}
	g.learned[key] = true
}

// learnTogether is keepValue for a value with a part in common with others. If another one is learned meanwhile, it begins again.
func (g *Guard) learnTogether(key secret, found []string) {
	g.remaking.Lock()
	defer g.remaking.Unlock()
	for !g.hasLearned(key) {
		pieces, _, forAWhile := g.remake()
		blocks := lastingBlocks(append(pieces, found...))
		g.keepTogether(key, found, blocks, newTable(append(forAWhile, blocks)), len(pieces))
	}
}

// keepTogether is keepValue where the blocks are those of all pieces, as many as there were and those that were found.
func (g *Guard) keepTogether(key secret, found []string, blocks []block, known *table, before int) {
	g.learning.Lock()
	defer g.learning.Unlock()
	if len(g.pieces) == before {
		g.blocks = blocks
		g.publish(known)
		g.keepPieces(key, found)
	}
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
	if g.keep(text, blocks, max(size, least)) {
		g.forget()
	}
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

// keep makes a text one of the young ones. It reports whether a generation began, and so there is something to forget.
func (g *Guard) keep(text string, blocks []block, size int) (begins bool) {
	g.learning.Lock()
	defer g.learning.Unlock()
	if _, isYoung := g.young[text]; isYoung {
		return false
	}
	if g.young == nil || g.size+size > maxYoung {
		begins = g.old != nil
		g.old, g.young, g.size = g.young, map[string][]block{}, 0
	}
	if _, isOld := g.old[text]; !isOld {
		g.add(blocks)
	}
	g.young[text] = blocks
	g.size += size
	return begins
}

// forget makes the table anew, without the texts that are in no generation any more.
func (g *Guard) forget() {
	g.remaking.Lock()
	defer g.remaking.Unlock()
	_, lasting, forAWhile := g.remake()
	known := newTable(append(forAWhile, lasting))
	g.learning.Lock()
	defer g.learning.Unlock()
	g.publish(known)
}

// remake returns what a new table is made of. What is learned from now on is added when that is published.
func (g *Guard) remake() (pieces []string, lasting []block, forAWhile [][]block) {
	g.learning.Lock()
	defer g.learning.Unlock()
	g.isRemade, g.meanwhile = true, nil
	for _, generation := range []map[string][]block{g.old, g.young} {
		forAWhile = slices.AppendSeq(forAWhile, maps.Values(generation))
	}
	return slices.Clip(g.pieces), slices.Clip(g.blocks), forAWhile
}

// publish makes a new table the one that is looked into.
func (g *Guard) publish(known *table) {
	known = known.grown(g.meanwhile)
	known.add(g.meanwhile)
	g.isRemade, g.meanwhile = false, nil
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = known
}

// newTable returns a table of blocks.
func newTable(all [][]block) *table {
	known := new(table)
	for _, blocks := range all {
		known = known.grown(blocks)
		known.add(blocks)
	}
	return known
}

// add adds blocks to the table, and to one that is being made.
func (g *Guard) add(blocks []block) {
	if len(blocks) == 0 {
		return
	}
	if g.isRemade {
		g.meanwhile = append(g.meanwhile, blocks...)
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
	if !g.Knows() {
		return message
	}
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
