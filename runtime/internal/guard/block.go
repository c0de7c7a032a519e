package guard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is looked for: blocks. A piece is cut at fixed places into blocks of eight characters or more, and a block is found
// whole or not at all. They have eight characters or sixteen, so that those of ASCII are multiples of eight bytes, which are
// found fast; see table.go.
//
// The first block alone would do for a piece that leaves from its beginning. The later ones find what is left when a tool
// drops or splits off the beginning.
//
// Any eight characters in a row would find still more, but would give the value away: who knows eight characters sends the
// last seven of them and a guess, sees whether it is masked, and so moves on by one character every few dozen calls. At
// the border of a block nothing is known of the next one, and all of it must be guessed at once.

const (
	longestBlock = 64 // bytes, of sixteen characters
	// longest is the number of characters from which on a block is taken for unlike any ordinary text, whatever it is made
	// of.
	longest = 16
)

// A block is a part of a piece.
type block struct {
	text   string
	says   saying
	piece  string // that it is a part of
	begins string // the piece, if that is short and begins with the block
	lasts  bool   // for as long as the process does
}

// short is how long a piece may be that says more as a whole than a block of it; longer ones have later blocks.
const short = 48

// A saying is what is known once a block was found.
type saying uint8

const (
	open  saying = 1 << iota // its piece has spaces, quotes or the like: see token
	later                    // it is no short first block, which says too little to be looked for in the keys of objects
	whole                    // all of its piece is there
)

// allBlocks returns the blocks of pieces, also in the form encoding of spaces.
func allBlocks(pieces []string) (all []block) {
	borders := bordersOf(pieces)
	for _, piece := range pieces {
		all = append(all, blocks(piece, borders[piece])...)
		if plus := strings.ReplaceAll(piece, " ", "+"); plus != piece {
			all = append(all, blocks(plus, borders[piece])...)
		}
	}
	return all
}

// blocks cuts a piece, anew at each border. What is left at its end, or before a border, too short for a block, is masked with
// the token that it is part of.
func blocks(piece string, borders []int) (found []block) {
	says := saying(0)
	if isOpen(piece) {
		says = open
	}
	var cuts []int
	begin := 0
	for _, end := range append(slices.Clip(borders), len(piece)) {
		for _, cut := range cutsOf(piece[begin:end]) {
			cut.from, cut.to = begin+cut.from, begin+cut.to
			found = append(found, newBlock(piece[cut.from:cut.to], piece, len(found) == 0, says))
			cuts = append(cuts, cut.to)
		}
		begin = end
	}
	switch {
	case found == nil && borders != nil: // too near to each other
		return blocks(piece, nil)
	case found == nil:
		return nil
	}
	cuts = slices.Insert(cuts, 0, strings.Index(piece, found[0].text))
	if reading := unescapedFully(piece); reading != piece {
		found = append(found, asRead(piece, cuts, reading, says)...)
	}
	return found
}

// cutsOf returns where the blocks of a text are.
func cutsOf(text string) (cuts []span) {
	for from, to := firstBlock(text); to > 0; {
		cuts = append(cuts, span{from, to})
		done := to
		if from, to = laterBlock(text[done:]); to > 0 {
			from, to = done+from, done+to
		}
	}
	return cuts
}

// asRead returns the blocks of a piece of which some characters are escapes themselves ("ab%41cd"), as they read where the
// text around them is escaped too, and they are undone with it. They are cut where the others are, or two cuts so near
// to each other would leave little to guess between them.
func asRead(piece string, cuts []int, reading string, says saying) (found []block) {
	begin := cuts[0]
	add := func(end int) {
		text := unescapedFully(piece[begin:end])
		if utf8.RuneCountInString(text) < minimum {
			return // with what follows
		}
		if text != piece[begin:end] && (len(text) <= near || len(text) <= longestBlock && !isASCII(text)) && isVaried(text) {
			found = append(found, newBlock(text, reading, begin == cuts[0], says))
		}
		begin = end
	}
	for _, end := range cuts[1:] {
		if isBetweenEscapes(piece, end) {
			add(end)
		}
	}
	if begin < cuts[len(cuts)-1] {
		add(len(piece))
	}
	return found
}

func isASCII(text string) bool { return nextWide([]byte(text), 0) == len(text) }

// isBetweenEscapes reports whether no escape begins before at and ends behind it.
func isBetweenEscapes(text string, at int) bool {
	before, behind := text[max(0, at-longestEscape):at], text[at:min(at+longestEscape, len(text))]
	return unescapedFully(before+behind) == unescapedFully(before)+unescapedFully(behind)
}

// newBlock returns a block of a piece, which begins with it if it is the first.
func newBlock(text, piece string, isFirst bool, says saying) block {
	b := block{text: text, says: says, piece: piece}
	switch {
	case !isFirst || utf8.RuneCountInString(text) >= longest:
		b.says |= later
	case len(piece) <= short && strings.HasPrefix(piece, text):
		b.begins = strings.TrimRight(piece, `\`) // before a quote, a backslash is an escape of that
	}
	return b
}

// firstBlock returns where the first block is: the first eight characters, and more only while they say too little, as
// "00000000" does. Where a piece has too few for that, any eight are it that say enough. There is none if to is 0.
func firstBlock(text string) (from, to int) {
	if length := characters(text, minimum); length > 0 && isVaried(text[:length]) {
		return 0, length
	}
	if length := characters(text, longest); length > 0 {
		return 0, length
	}
	for from := range text {
		if length := characters(text[from:], minimum); length > 0 && isVaried(text[from:from+length]) {
			return from, from + length
		}
	}
	return 0, characters(text, minimum)
}

func isVaried(text string) bool {
	seen := map[rune]bool{}
	for _, c := range text {
		seen[c] = true
	}
	return len(seen) >= 4
}

// laterBlock returns where in the rest of a piece the next block is. Eight characters out of the middle of a pass phrase, or
// of something with a date in it, are in ordinary texts too. So a block of eight must mix letters and digits, as keys do. Where
// no such one ends within the next sixteen characters, those are the block. There is none if to is 0.
func laterBlock(text string) (from, to int) {
	end := characters(text, longest)
	for from := range text {
		length := characters(text[from:], minimum)
		if length == 0 || end > 0 && from+length > end {
			break
		}
		if isMixture(text[from : from+length]) {
			return from, from + length
		}
	}
	return 0, end
}

func isMixture(text string) bool {
	return strings.ContainsFunc(text, unicode.IsLetter) && strings.ContainsFunc(text, unicode.IsDigit)
}

// characters returns how many bytes the first count characters take, 0 if there are less.
func characters(text string, count int) (length int) {
	for ; count > 0; count-- {
		_, width := utf8.DecodeRuneInString(text[length:])
		if width == 0 {
			return 0
		}
		length += width
	}
	return length
}

// isOpen reports whether a piece has characters that end a token.
func isOpen(piece string) bool {
	return strings.ContainsFunc(strings.TrimRight(piece, "="), func(c rune) bool { return c >= 0x80 || endsToken(byte(c)) || c == '=' })
}
