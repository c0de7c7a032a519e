package guard

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// What JSON is made of (RFC 8259).

// appendString appends the text of the string that begins at i, and returns where it ends: invalid if it does not.
func appendString(dst, text []byte, i int) (_ []byte, end int) {
	dst = slices.Grow(dst, len(text)-i) // no string is longer than it is written
	n := len(dst)
	dst = dst[:cap(dst)]
	for i++; i < len(text); {
		if len(text)-i >= 8 {
			w := binary.LittleEndian.Uint64(text[i:])
			binary.LittleEndian.PutUint64(dst[n:], w) // what is not plain is written over
			unlike := unlikeJSON(w)
			if unlike == 0 {
				i, n = i+8, n+8
				continue
			}
			plain := bits.TrailingZeros64(unlike) / 8
			i, n = i+plain, n+plain
		}
		switch c := text[i]; {
		case c == '"':
			return dst[:n], i + 1
		case c == '\\' && i+1 < len(text) && escapedJSON[text[i+1]] != 0:
			dst[n] = escapedJSON[text[i+1]]
			i, n = i+2, n+1
		case c == '\\':
			escaped, width := appendUnicode(dst[:n], text[i:])
			if width == 0 {
				return dst[:n], invalid
			}
			i, n = i+width, len(escaped)
		case c < ' ':
			return dst[:n], invalid
		default:
			dst[n] = c
			i, n = i+1, n+1
		}
	}
	return dst[:n], invalid
}

// textLength returns where the string ends that begins at i, and how long its text is. It is one that appendString found valid.
func textLength(text []byte, i int) (end, length int) {
	for i++; text[i] != '"'; {
		if len(text)-i >= 8 {
			unlike := unlikeJSON(binary.LittleEndian.Uint64(text[i:]))
			if unlike == 0 {
				i, length = i+8, length+8
				continue
			}
			plain := bits.TrailingZeros64(unlike) / 8
			i, length = i+plain, length+plain
		}
		switch c, width := unicodeAt(text[i:]); {
		case text[i] == '"':
		case width > 0:
			i, length = i+width, length+len(string(c))
		case text[i] == '\\':
			i, length = i+2, length+1
		default:
			i, length = i+1, length+1
		}
	}
	return i + 1, length
}

// appendUnicode appends the character whose number is at the beginning of text. The width is 0 if there is none.
func appendUnicode(dst, text []byte) (_ []byte, width int) {
	c, width := unicodeAt(text)
	if width == 0 {
		return dst, 0
	}
	return utf8.AppendRune(dst, c), width
}

var escapedJSON = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unicodeAt reads \uXXXX, or two of them that are one character. Half of a pair is U+FFFD once it is written, as in
// encoding/json. The width is 0 if there is none.
func unicodeAt(text []byte) (c rune, width int) {
	c, ok := unitAt(text)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(c) {
		if low, ok := unitAt(text[6:]); ok {
			if both := utf16.DecodeRune(c, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return c, 6
}

func unitAt(text []byte) (c rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	a, b, c, d := digitOf(text[2]), digitOf(text[3]), digitOf(text[4]), digitOf(text[5])
	return a<<12 | b<<8 | c<<4 | d, a|b|c|d < 16
}

// appendQuoted appends a text as a string. Of what need not be escaped, all stays as it is.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(text); i++ {
		if len(text)-i >= 8 {
			unlike := unlikeJSON(binary.LittleEndian.Uint64(text[i:]))
			if unlike == 0 {
				i += 7
				continue
			}
			i += bits.TrailingZeros64(unlike) / 8
		}
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			dst = append(dst, text[done:i]...)
			if escape := writtenJSON[c]; escape != 0 {
				dst = append(dst, '\\', escape)
			} else {
				dst = fmt.Appendf(dst, `\u%04x`, c)
			}
			done = i + 1
		}
	}
	return append(append(dst, text[done:]...), '"')
}

var writtenJSON = [256]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}

// unlikeJSON has the highest bit set of the first of eight bytes that is a control character, a quote or a backslash, and of none
// before it. Each of the three differences borrows from the byte above only behind such a one.
func unlikeJSON(w uint64) uint64 {
	quote, backslash := w^'"'*ones, w^'\\'*ones
	return ((w-' '*ones)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & high
}

// numberEnd returns where the number ends that begins at i, invalid if it does not.
func numberEnd(text []byte, i int) int {
	digits := func() bool {
		begin := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		return i > begin
	}
	if text[i] == '-' {
		i++
	}
	if i < len(text) && text[i] == '0' {
		i++
	} else if !digits() {
		return invalid
	}
	if i < len(text) && text[i] == '.' {
		if i++; !digits() {
			return invalid
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return invalid
		}
	}
	return i
}
