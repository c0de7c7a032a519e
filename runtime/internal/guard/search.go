package guard

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// A search looks at one text and at all of its views, and notes what must be masked.
type search struct {
	guard *Guard
	root  view // what is looked at
	views []*view
	used  int // of views; the others are from before, and used again for their space
	hits  []hit

	texts, text []byte // of the walker, used again for their space
	messages    []bool

	hasKeys bool                // of objects, as long as a piece
	learns  bool                // so nothing is masked, and what is known is later
	doubts  []doubt             // of what is known
	written map[string][]string // the writings of pieces whose beginning was found

	steps, limit int // bytes that were looked at, undone or decoded, and look-ups

	later   places // where blocks were found that are no short first ones
	certain places // where a whole piece was found, or an encoded one
}

var searches = sync.Pool{New: func() any { return &search{root: view{room: math.MaxInt}} }}

// spare is a search whose space outlives collections of garbage. Those in a pool do not: what makes a long result of JSON
// allocates enough for two of them, so each call would allocate, and clear, all the space anew.
var spare atomic.Pointer[search]

// maxSpare is how many bytes a spare search takes at most: enough for most results, and little to keep for ever.
const maxSpare = 8 << 20

func (g *Guard) search() *search {
	s := spare.Swap(nil)
	if s == nil {
		s = searches.Get().(*search)
	}
	s.guard, s.root.text, s.used, s.steps, s.hasKeys, s.learns = g, s.root.text[:0], 0, 0, false, false
	return s
}

func (s *search) done() {
	counted(s.steps)
	s.guard, s.later, s.certain, s.doubts, s.written = nil, nil, nil, nil, nil
	s.root.masked, s.root.opened = nil, nil
	if s.space() > maxSpare || !spare.CompareAndSwap(nil, s) {
		searches.Put(s)
	}
}

// space is about how many bytes a search takes.
func (s *search) space() int {
	const entry = 40 // bytes of what is noted of a text, at most
	bytes := cap(s.texts) + cap(s.text) + cap(s.root.text) + cap(s.messages) + entry*cap(s.hits)
	for _, v := range s.views {
		bytes += cap(v.text) + entry*(cap(v.marks)+cap(v.changes)+cap(v.texts))
	}
	return bytes
}

// counted is told how many steps a search took, by a test.
var counted = func(int) {}

// stepsPerByte bounds what is done for a byte of a text. Ordinary texts take three to ten. Who nests encodings until they take
// more hides something: what is left to look at then is masked unseen. A view gets no longer than there are steps
// left for. To mask what is found may take as many again: each byte of a view is masked twice at most, in a token and in an open one.
var stepsPerByte = 64

const (
	// stepsAnyway are taken for a short text too.
	stepsAnyway = 1 << 14
	// made is what a byte of a view takes: it is made, and scanned.
	made = 2
	// depth is how many times base64 and its like are undone, one in the other.
	depth = 2
)

// finds looks at the text of the root, and reports whether something in it must be masked.
func (s *search) finds() bool {
	if !s.guard.Knows() {
		return false
	}
	s.limit = stepsPerByte*len(s.root.text) + stepsAnyway
	s.scan(&s.root)
	s.root.gone = slices.Clone(s.root.masked)
	s.look(&s.root, depth)
	return s.root.masked != nil
}

// look looks at the views of v, which itself was scanned.
func (s *search) look(v *view, depth int) {
	used := s.used
	for range layers {
		if depth > 0 {
			s.decode(v, depth-1)
		}
		unescaped := s.scanned(v, unescape)
		if !unescaped.changed {
			break
		}
		if s.learns {
			s.lookAlone(v, unescaped.families)
		}
		v = unescaped
	}
	s.used = used
}

// lookAlone looks at v with only escapes of marks undone, and with each of several families of escapes alone. Only who learns does,
// since that is twice the work, and mostly a part of a value is enough to mask it, but not to take all of it out.
func (s *search) lookAlone(v *view, found family) {
	if found&(found-1) == 0 {
		found = 0 // one alone is what was undone
	}
	found |= marks
	used := s.used
	for _, family := range families {
		if found&family == 0 {
			continue
		}
		alone := s.scanned(v, unescapeOnly[family])
		for n := 1; n < layers && alone.changed; n++ {
			alone = s.scanned(alone, unescapeOnly[family])
		}
		s.used = used
	}
}

// decode looks at what is encoded in v, and at what of that is text as at any text.
func (s *search) decode(v *view, depth int) {
	used := s.used
	quoted := s.scanned(v, quotedPrintable)
	if v.isQuoted = quoted.changed; v.isQuoted {
		s.look(quoted, depth)
	}
	s.decodeRuns(v, depth)
	if quoted.leaves && s.scanned(v, perhapsQuoted).leaves {
		v.gone = slices.Clone(v.masked)
		if joined := s.view(v, perhapsJoined); joined.changed {
			s.decodeRuns(joined, depth)
		}
	}
	s.used = used
}

// decodeRuns is decode for what has no sign of its own.
func (s *search) decodeRuns(v *view, depth int) {
	if decoded := s.scanned(v, decodeRuns); decoded.changed {
		if texts := s.view(decoded, textsOnly); texts.changed {
			s.look(texts, depth)
		}
	}
}

func (s *search) scanned(parent *view, undo func(*view, []byte)) *view {
	v := s.view(parent, undo)
	if v.changed {
		s.scan(v)
	}
	return v
}

// view makes a view of parent. If that would be too much work, it has no change, and the parent is masked.
func (s *search) view(parent *view, undo func(*view, []byte)) *view {
	if s.used == len(s.views) {
		s.views = append(s.views, new(view))
	}
	v := s.views[s.used]
	s.used++
	v.changed, v.leaves = false, false
	v.room = (s.limit - s.steps - len(parent.text)) / made
	if v.room < 0 {
		s.withhold(parent)
		return v
	}
	v.reset(parent, undo)
	s.steps += len(parent.text) + len(v.text)
	if v.isFull {
		s.withhold(parent)
		v.changed = false
	}
	return v
}

// scan looks for blocks in the text of v.
func (s *search) scan(v *view) {
	if len(v.text) < window {
		return
	}
	s.steps += len(v.text)
	var zeros [2*window - 1]byte // so that eight places can be looked at beginning with any
	padded := append(v.text, zeros[:]...)
	v.text = padded[:len(v.text)]
	s.hits = s.hits[:0]
	for scan := (scanner{text: padded, end: len(v.text) - window + 1}); scan.at < scan.end; {
		s.scanSome(&scan, v.text)
	}
	if v.guesses {
		s.hits = slices.DeleteFunc(s.hits, func(h hit) bool { return !v.hasChanged(h.from, h.to) })
	}
	if s.learns {
		s.extents(v)
		s.writings(v)
		return
	}
	for _, h := range s.hits {
		s.note(v, h)
		from, to := s.wholeAround(v, h)
		s.mask(v, from, to, h.says&open != 0)
	}
}

// held is how much of a text is scanned while the guard can't learn.
const held = 16 << 10

func (s *search) scanSome(scan *scanner, text []byte) {
	s.guard.mu.RLock()
	defer s.guard.mu.RUnlock()
	t := s.guard.known
	from, end := scan.at, min(scan.at+held, scan.end)
	for scan.at < end {
		if may := scan.next(t, end); may != 0 {
			s.hits = t.endingAt(s.hits, text, scan.at-window, may, s.hasKeys)
		}
	}
	s.hits = t.others(s.hits, text, from, scan.at, s.hasKeys)
}

// note notes what is to be known of keys.
func (s *search) note(v *view, h hit) {
	from, to, says := h.from, h.to, h.says
	for ; v.parent != nil; v = v.parent {
		var m *mark
		if from, to, m = v.origin(from, to); v.encodes {
			if m.noted {
				return
			}
			m.noted = true
			says |= whole
		}
	}
	if says&later != 0 {
		s.later.set(len(v.text), from, to)
	}
	if says&whole != 0 {
		s.certain.set(len(v.text), from, to)
	}
}

// mask masks the token around what was found, and those around that in each text that v was made of: what is one token in the
// one may be several in the other. One with thousands of hits in it is looked at once.
func (s *search) mask(v *view, from, to int, isOpen bool) {
	for v != nil && !v.opened.has(from, to) && (isOpen || !v.masked.has(from, to)) {
		s.steps += from - to
		from, to = tokenAt(v.text, from, to, isOpen)
		s.steps += to - from
		v.masked.set(len(v.text), from, to)
		if isOpen {
			v.opened.set(len(v.text), from, to)
		}
		if v.parent != nil {
			var m *mark
			if from, to, m = v.origin(from, to); v.encodes {
				if m.opened || m.masked && !isOpen {
					return
				}
				m.masked, m.opened = true, isOpen
			}
		}
		v = v.parent
	}
}

// withhold masks all that was undone in a view, or else all of it, as what is hidden there is not known.
func (s *search) withhold(v *view) {
	from, to := 0, len(v.text)
	if n := len(v.changes); n > 0 {
		from, to = v.changes[0].from, v.changes[n-1].to
	}
	if from < to {
		s.note(v, hit{from, to, later})
		s.mask(v, from, to, true)
	}
}

// tokenAt returns where the token around a part of a text begins and ends. An open one has no end but that of the line, since no
// value looked for has a line end.
func tokenAt(text []byte, from, to int, isOpen bool) (int, int) {
	ends := func(c byte) bool { return c == '\n' || c == separator || !isOpen && endsToken(c) }
	for from > 0 && !ends(text[from-1]) && (isOpen || text[from-1] != '=') { // "key=value" keeps its name
		from--
	}
	found := to
	for to < len(text) && !ends(text[to]) {
		to++
	}
	for to < len(text) && text[to] == '"' && to > found && text[to-1] == '\\' { // JSON in a string: the escape is the quote's
		to--
	}
	for n := 1; n < utf8.UTFMax && from > 0 && !utf8.RuneStart(text[from]) && text[from-1] >= utf8.RuneSelf; n++ {
		from--
	}
	for n := 1; n < utf8.UTFMax && to < len(text) && !utf8.RuneStart(text[to]) && text[to-1] >= utf8.RuneSelf; n++ {
		to++
	}
	return from, to
}

// endsToken reports whether c is in no token: spaces, quotes, brackets, and what separates items. Of what is not ASCII we
// can't say, and languages that write no spaces would lose whole paragraphs, so it ends tokens too.
func endsToken(c byte) bool { return c <= ' ' || c >= 0x7f || isTokenEnd[c] }

var isTokenEnd = setOf("\"'`()[]{}<>,:|")

// redacted appends a part of the text, with what must go redacted, and what of that touches as one.
func (s *search) redacted(dst []byte, from, to int) []byte {
	for text := s.root.text; from < to; {
		begin := s.root.masked.next(from, to, true)
		dst = append(dst, text[from:begin]...)
		if begin < to {
			dst = append(dst, Redacted...)
		}
		from = s.root.masked.next(begin, to, false)
	}
	return dst
}
