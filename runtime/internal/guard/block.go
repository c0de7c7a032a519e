package guard

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is looked for: blocks. A piece is cut at fixed places into blocks of eight characters or more, and a block is found
// whole or not at all.
//
// The first block alone would do for a piece that leaves from its beginning. The later ones find what is left when a tool
// drops or splits off the beginning.
//
// Any eight characters in a row would find still more, but would give the value away: who knows eight characters sends the
// last seven of them and a guess, sees whether it is masked, and so moves on by one character every few dozen calls. At
// the border of a block nothing is known of the next one, and all of it must be guessed at once.

// longest is the length from which on a block is taken for unlike any ordinary text, whatever it is made of.
const longest = 16

// blocks cuts a piece. What is left at its end, too short for a block, is masked with the token that it is part of.
func blocks(piece string) []string {
	var found []string
	for start := 0; start < len(piece); {
		length := firstBlock(piece)
		if start > 0 {
			length = laterBlock(piece[start:])
		}
		if length == 0 {
			break
		}
		found = append(found, piece[start:start+length])
		start += length
	}
	return found
}

// firstBlock returns the length of the block at the beginning: eight characters, and more only while it says too little,
// as "00000000" does.
func firstBlock(text string) int {
	seen := map[rune]bool{}
	count := 0
	for i, c := range text {
		if count >= longest || count >= minimum && len(seen) >= 4 {
			return i
		}
		seen[c] = true
		count++
	}
	if count < minimum {
		return 0
	}
	return len(text)
}

// laterBlock returns the length of the block at the beginning of the rest of a piece, 0 if there is none. Eight characters
// out of the middle of a pass phrase, or of something with a date in it, are in ordinary texts too. So a block of eight
// must mix letters and digits, as keys do; others grow until they do, or to sixteen.
func laterBlock(text string) int {
	letter, digit := false, false
	count := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		letter = letter || unicode.IsLetter(c)
		digit = digit || unicode.IsDigit(c)
		count++
		if count >= longest || count >= minimum && letter && digit {
			return i
		}
	}
	return 0
}

// encodings returns the texts that a block becomes when what it is part of is encoded, base64 and hexadecimal. Escapes,
// of which every character may have its own or none, are undone in the text instead; see escape.go.
func encodings(block string) []string {
	found := []string{hex.EncodeToString([]byte(block))}
	found = append(found, strings.ToUpper(found[0]))
	for before := range 3 { // bytes that come before the block in its group of three
		encoded := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:before] + block))
		// The first and the last character may have bits of what is around the block.
		from := (before*8 + 5) / 6
		to := (before + len(block)) * 8 / 6
		encoded = encoded[from:to]
		found = append(found, encoded)
		if strings.ContainsAny(encoded, "+/") {
			found = append(found, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
		}
	}
	return found
}
