package guard

import (
	"slices"
	"sort"
)

// Encodings are not looked for, they are undone: a view is a text as it reads with one encoding undone. A view may have
// others in turn. What a view has depends on the text alone, not on what is looked for in it.

// A view is a text that was made of its parent's. The view without a parent is what is looked at.
type view struct {
	parent *view
	text   []byte
	undo   func(*view, []byte) // makes the text of the parent's

	// Only once something is found in the text it matters where its parts come from. Then it is made again, with marks.
	marks  []mark
	traced bool

	changed  bool   // else there is no text, as it is the parent's
	guesses  bool   // what was undone is in many texts that are not encoded so: only what has some of it counts
	isQuoted bool   // some of it is surely quoted-printable
	leaves   bool   // some of what may be to undo is left to a guess
	undoes   family // what of escapes is undone
	families family // what of that was there
	encodes  bool   // more than escapes: a part of the text comes from all that was decoded with it
	masked   places // what must go
	opened   places // what of that goes as part of an open token
	gone     places // what was masked before its views were made, or some of them
	room     int    // how long the text may get
	isFull   bool   // it would have got longer
	around   int    // how much of the parent's text around a change is taken over
	endsLine bool   // the last change does
	kept     int    // where the last change ends in the parent's text
	changes  []span // where in the text changes are, or a change is next
	last     int    // of the changes, that was asked for
	texts    []span // what in the text can be read, of what is encoded
}

type span struct{ from, to int }

// A mark says that length bytes of the text from at on come from a part of the parent's. If that is as long, it is the same
// text. What was dropped has a mark of no length.
type mark struct {
	at, length, from, to  int
	noted, masked, opened bool // of what is encoded: see search
}

func (m mark) isSame() bool { return m.length == m.to-m.from }

// around is how much is taken over, mostly: what is farther away was looked at already. No block is longer, and none of
// ASCII is in base64 or hexadecimal.
const around = 64

// near is how much is taken over of ASCII that is not encoded. No block of ASCII is longer.
const near = 32

// fits reports whether there is room for so many more bytes. Once there was none, no more are added, and nobody looks at the view.
func (v *view) fits(count int) bool {
	v.isFull = v.isFull || len(v.text)+count > v.room
	return !v.isFull
}

// reset makes v a view of parent.
func (v *view) reset(parent *view, undo func(*view, []byte)) {
	v.parent, v.undo, v.around, v.traced, v.undoes = parent, undo, around, false, 0
	v.masked, v.opened, v.gone, v.isQuoted = nil, nil, nil, false
	v.remake()
}

func (v *view) remake() {
	v.text, v.marks, v.changes = v.text[:0], v.marks[:0], v.changes[:0]
	v.texts = v.texts[:0]
	v.changed, v.guesses, v.encodes, v.endsLine, v.isFull, v.kept, v.last = false, false, false, false, false, 0, 0
	v.undo(v, v.parent.text)
}

// change says that source[from:to] reads as text. Changes come in order, and then end.
func (v *view) change(source []byte, from, to int, text ...byte) {
	if v.undoes&marks != 0 && slices.ContainsFunc(text, func(c byte) bool { return !isMark[c] }) {
		return
	}
	begin := v.kept
	if !v.changed {
		begin = max(0, from-v.before(source, from, text))
	} else if from-v.kept > 2*near {
		before, behind := v.before(source, from, text), v.behind(source)
		if from-v.kept > before+behind {
			v.take(source, v.kept, v.kept+behind)
			v.separate()
			begin = from - before
		}
	}
	v.take(source, begin, from)
	v.endsLine = endsLine(text)
	at := len(v.text)
	v.add(from, to, text...)
	if n := len(v.changes); n > 0 && v.changes[n-1].to == at {
		v.changes[n-1].to = len(v.text)
	} else {
		v.changes = append(v.changes, span{at, len(v.text)})
	}
	v.changed, v.kept = true, to
}

// isNew reports whether a change is in or next to a part of the text: what was there before was looked at already.
func (v *view) isNew(from, to int) bool {
	if len(v.changes) == 0 {
		return true
	}
	n := v.last // who asks goes on in the text, so the next change is mostly there or just behind
	for range 4 {
		if n < len(v.changes) && v.changes[n].to < from {
			n++
		}
	}
	if n < len(v.changes) && v.changes[n].to < from || n > 0 && v.changes[n-1].to >= from {
		n = sort.Search(len(v.changes), func(n int) bool { return v.changes[n].to >= from })
	}
	v.last = n
	return n < len(v.changes) && v.changes[n].from <= to
}

// hasChanged reports whether a part of the text, of more than one byte, comes from a change, or goes on over one.
func (v *view) hasChanged(from, to int) bool { return v.isNew(from+1, to-1) }

func (v *view) end(source []byte) {
	if v.changed {
		v.take(source, v.kept, min(v.kept+v.behind(source), len(source)))
	}
}

// before returns how much is taken over before a change to text.
func (v *view) before(source []byte, from int, text []byte) int {
	if v.around == around && !endsLine(text) && isUnlikeEncoded(source[max(0, from-near):from]) {
		return near
	}
	return v.around
}

// behind returns how much is taken over behind the last change.
func (v *view) behind(source []byte) int {
	if v.around == around && !v.endsLine && isUnlikeEncoded(source[v.kept:min(v.kept+near, len(source))]) {
		return near
	}
	return v.around
}

// endsLine reports whether a change makes a line end: what is in lines may go on in the next, as dumps do.
func endsLine(text []byte) bool { return len(text) == 1 && text[0] == '\n' }

// isUnlikeEncoded reports whether a part of a text is of ASCII, and ends whatever may be encoded beside it.
func isUnlikeEncoded(text []byte) bool {
	var ends class
	for i := 0; i < len(text) && ends != endsLetters|endsList; i++ {
		ends |= classes[text[i]]
	}
	return ends == endsLetters|endsList && nextWide(text, 0) == len(text)
}

// A class says what a byte is to what may be encoded.
type class uint8

const (
	endsLetters class = 1 << iota // it is in no base64, nor between its lines
	endsList                      // it is in no list of bytes
)

var classes = func() (classes [256]class) {
	for c := range classes {
		if !inBase64[c] && !isSpace(byte(c)) {
			classes[c] |= endsLetters
		}
		if !inList[c] {
			classes[c] |= endsList
		}
	}
	return classes
}()

func (v *view) take(source []byte, from, to int) {
	if from < to {
		v.add(from, to, source[from:to]...)
	}
}

// add appends to the text what comes from the parent's from from to to.
func (v *view) add(from, to int, text ...byte) {
	if v.fits(len(text)) {
		v.mark(len(v.text), len(text), from, to)
		v.text = append(v.text, text...)
	}
}

func (v *view) mark(at, length, from, to int) {
	if v.traced {
		v.marks = append(v.marks, mark{at: at, length: length, from: from, to: to})
	}
}

// separator stands between parts of a text that must not be read as one.
const separator = 0x1e

func (v *view) separate() {
	if v.fits(1) {
		v.text = append(v.text, separator)
	}
}

// origin returns which part of the parent's text a part of this one comes from, and the mark that it begins with.
func (v *view) origin(from, to int) (int, int, *mark) {
	if !v.traced {
		v.traced = true
		v.remake()
	}
	first, last := v.markAt(from), v.markAt(to-1)
	begin, end := first.from, last.to
	if first.isSame() {
		begin += from - first.at
	}
	if last.isSame() {
		end = last.from + to - last.at
	}
	return begin, end, first
}

// originWithDropped is origin, with what was dropped at both ends.
func (v *view) originWithDropped(from, to int) (begin, end int) {
	begin, end, _ = v.origin(from, to)
	for n := v.markIndex(from) - 1; n >= 0 && v.marks[n].isDropped(from); n-- {
		begin = v.marks[n].from
	}
	for n := v.markIndex(to-1) + 1; n < len(v.marks) && v.marks[n].isDropped(to); n++ {
		end = v.marks[n].to
	}
	return begin, end
}

// isDropped reports whether a mark is of what was dropped at a place of the text.
func (m mark) isDropped(at int) bool { return m.length == 0 && m.at == at }

// markAt returns the mark of the byte at i.
func (v *view) markAt(i int) *mark { return &v.marks[v.markIndex(i)] }

func (v *view) markIndex(i int) int {
	return sort.Search(len(v.marks), func(n int) bool { return v.marks[n].at > i }) - 1
}
