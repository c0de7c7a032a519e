package guard

import (
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
	// longest is the number of characters from which on a block is taken for unlike any ordinary text, whatever it is made
	// of.
	longest = 16
)

// A block is a part of a piece.
type block struct {
	text  string
	says  saying
	piece string // if that is short, and begins with the block
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

// allBlocks returns the blocks of all pieces of a value.
func allBlocks(value, prefix string) (all []block) {
	for _, piece := range pieces(value, prefix) {
		all = append(all, blocks(piece)...)
		if plus := strings.ReplaceAll(piece, " ", "+"); plus != piece { // the form encoding of spaces
			all = append(all, blocks(plus)...)
		}
	}
	return all
}

// blocks cuts a piece. What is left at its end, too short for a block, is masked with the token that it is part of.
//
// Some characters of a piece may be escapes themselves ("ab%41cd"). Where the text around the piece is escaped too, they are
// undone with it, so that the rest is looked for as it reads then. Only the first block is looked for both ways. Then its
// other reading takes eight characters more than it, or all that there are: else the two would end at nearly the same
// place, and who knows one would have little to guess to the end of the other.
func blocks(piece string) []block {
	says := saying(0)
	if isOpen(piece) {
		says = open
	}
	from, to := firstBlock(piece)
	if to == 0 {
		return nil
	}
	found := []block{newBlock(piece, from, to, says)}
	reading := unescapedFully(piece)
	at := to
	if !strings.HasPrefix(reading, piece[:to]) {
		count := utf8.RuneCountInString(unescapedFully(piece[:to])) + 2*minimum - 1
		count = min(count, utf8.RuneCountInString(reading), longest) / minimum * minimum
		if at = characters(reading, count); at > 0 {
			found = append(found, newBlock(reading, 0, at, says))
		}
	}
	for at < len(reading) {
		from, to := laterBlock(reading[at:])
		if to == 0 {
			break
		}
		found = append(found, block{text: reading[at+from : at+to], says: says | later})
		at += to
	}
	return found
}

func newBlock(piece string, from, to int, says saying) block {
	b := block{text: piece[from:to], says: says}
	switch {
	case utf8.RuneCountInString(b.text) >= longest:
		b.says |= later
	case from == 0 && len(piece) <= short:
		b.piece = piece
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
