package guard

import (
	"bytes"
	"encoding/binary"
	"html"
	"math"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// Escapes: those of JSON and of string literals, of URLs, of HTML and Markdown; the quotes that shells, SQL, YAML and CSV write
// for one; and what nobody sees, such as the colors of a terminal. They are undone rather than looked for, since any character of
// a value may be escaped or not. Layers come from JSON in a string of JSON, from an error that quotes a URL, and so
// on; after each one the text is looked at again.

// layers is how many are undone. What is left of deeper ones is not looked at.
const layers = 8

// longestEscape is how long one is at most, but for what a terminal is told.
const longestEscape = 24

// A family of escapes is what one program writes. A value may look escaped itself, in another family: so where a text has several,
// the value as it is shows only where one of them is undone alone.
type family uint8

const (
	backslashes family = 1 << iota // and quotes
	percents
	ampersands
	unseens

	all = backslashes | percents | ampersands | unseens
	// marks is not a family: only escapes of marks are undone. What stands before a value may make an escape with its first
	// characters, mostly of no mark, while what was escaped in it are marks.
	marks family = 1 << 7
)

var families = []family{backslashes, percents, ampersands, unseens, marks}

func familyOf(special byte) family {
	switch special {
	case '\\', '"', '\'':
		return backslashes
	case '%':
		return percents
	case '&':
		return ampersands
	}
	return unseens
}

// unescape undoes one layer, of all families.
func unescape(v *view, text []byte) { v.unescape(text, all) }

// unescapeOnly undoes one layer of one family alone, or of marks.
var unescapeOnly = map[family]func(*view, []byte){
	backslashes: func(v *view, text []byte) { v.unescape(text, backslashes) },
	percents:    func(v *view, text []byte) { v.unescape(text, percents) },
	ampersands:  func(v *view, text []byte) { v.unescape(text, ampersands) },
	unseens:     func(v *view, text []byte) { v.unescape(text, unseens) },
	marks:       func(v *view, text []byte) { v.unescape(text, all|marks) },
}

// unescape undoes one layer of some families. In a view that was unescaped before, more can only be where there were escapes.
func (v *view) unescape(text []byte, which family) {
	v.families, v.undoes = 0, which
	if len(v.parent.changes) == 0 {
		v.unescapeWithin(text, 0, len(text))
	}
	end := 0
	for _, change := range v.parent.changes {
		end = v.unescapeWithin(text, max(end, change.from-longestEscape), min(change.to+longestEscape, len(text)))
	}
	v.end(text)
}

// unescapeWithin undoes the escapes that begin in a part of the text, and returns where it stopped.
func (v *view) unescapeWithin(text []byte, i, end int) int {
	for i = nextSpecial(text, i, end); i < end; i = nextSpecial(text, i, end) {
		family := familyOf(text[i])
		if family&v.undoes == 0 {
			i++
			continue
		}
		kept := v.kept
		switch family {
		case backslashes:
			i += v.backslashes(text, i)
		case percents:
			i += v.percent(text, i)
		case ampersands:
			i += v.ampersand(text, i)
		default:
			i += v.invisible(text, i)
		}
		if v.kept > kept {
			v.families |= family
		}
	}
	return i
}

// specials has the bytes that something may begin with that is undone.
var specials = setOf("\\\"'%&" + unseen + "\x9b" + "\xc2\xcd\xd8\xdb\xdc\xe0\xe1\xe2\xe3\xef\xf0\xf3")

// unseen are the control characters that move nothing to another place, but separator, which is ours.
const unseen = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1f\x7f"

// nextSpecial returns where, at or after i, the next special byte is, else end. Most texts have few, so it takes eight bytes
// at once.
func nextSpecial(text []byte, i, end int) int {
	for ; end-i >= 8; i += 8 {
		for may := unusual(binary.LittleEndian.Uint64(text[i:])); may != 0; may &= may - 1 {
			if at := i + bits.TrailingZeros64(may)/8; isSpecial(text, at) {
				return at
			}
		}
	}
	for ; i < end; i++ {
		if isSpecial(text, i) {
			return i
		}
	}
	return i
}

// isSpecial tells by the byte, and mostly by the next one. Of the letters that begin with 0xe3, nearly all of Japanese, only those with
// 0x85 may be special.
func isSpecial(text []byte, i int) bool {
	switch c := text[i]; {
	case !specials[c]:
		return false
	case c == '"' || c == '\'':
		return i+1 < len(text) && inQuotes[text[i+1]]
	case c == 0xe3:
		return i+1 < len(text) && text[i+1] == 0x85
	}
	return true
}

var inQuotes = setOf("\\\"'") // what makes a quote special

const ones, high = 0x0101010101010101, 0x8080808080808080

// nonZero has the highest bit of each byte set that is not zero. All are ASCII.
func nonZero(w uint64) uint64 { return w + 0x7f*ones }

// atLeast has the highest bit of each byte set that is at least c. All are ASCII.
func atLeast(w uint64, c byte) uint64 { return w + (0x80-uint64(c))*ones }

// unusual has the highest bit set of those of eight bytes that may be special: of all but ASCII without control characters,
// backslashes and ! " # $ % & '.
func unusual(w uint64) uint64 {
	plain := w &^ high
	marks := atLeast(plain, '!') ^ atLeast(plain, '(')
	return (w | atLeast(plain, 0x7f) | marks | ^(atLeast(plain, ' ') & nonZero(plain^'\\'*ones))) & high
}

// backslashes undoes what begins at i with backslashes and quotes, and returns its width.
//
// A quote among them is what remains: however often it was escaped, and whether shells, SQL or CSV closed and opened what is
// quoted around it, or doubled it.
func (v *view) backslashes(text []byte, i int) (width int) {
	if text[i] == '\\' && (i+1 == len(text) || !inQuotes[text[i+1]]) {
		return v.backslash(text, i)
	}
	end, quote := i, byte(0)
	for at := i; at < len(text) && inQuotes[text[at]]; at++ {
		if text[at] == '\\' {
			continue
		}
		end = at + 1 // a backslash behind it belongs to what follows
		if quote == 0 {
			quote = text[at]
		}
	}
	if width = end - i; width > 0 {
		if width > 1 {
			v.change(text, i, end, quote)
		}
		return width
	}
	for i+width < len(text) && text[i+width] == '\\' {
		width++
	}
	if width > 1 {
		v.change(text, i, i+width/2*2, text[i:i+width/2]...)
	}
	if width%2 == 0 {
		return width
	}
	return width - 1 + v.backslash(text, i+width-1)
}

// backslash undoes the escape that begins at i with a backslash, if it is one, and returns its width.
func (v *view) backslash(text []byte, i int) (width int) {
	if i+1 == len(text) {
		return 1
	}
	var space [utf8.UTFMax]byte
	escaped, width := escapedBy(space[:0], text[i:])
	if width == 0 {
		return 1
	}
	v.change(text, i, i+width, escaped...)
	if text[i+1] == 'u' && v.undoes&marks == 0 {
		width += v.unicodes(text, i+width)
	}
	return width
}

// unicodes undoes the \uXXXX that follow another one at once, and returns how wide they are together. Texts in languages that are not
// written in ASCII have hundreds in a row.
func (v *view) unicodes(text []byte, from int) (width int) {
	i, at := from, len(v.text)
	for {
		c, width := unicodeAt(text[i:])
		if width == 0 || !v.fits(utf8.UTFMax) {
			break
		}
		begin := len(v.text)
		v.text = utf8.AppendRune(v.text, c)
		v.mark(begin, len(v.text)-begin, i, i+width)
		i += width
	}
	if i > from {
		v.changes[len(v.changes)-1].to += len(v.text) - at
		v.kept = i
	}
	return i - from
}

// escapedBy appends what the escape at the beginning of text stands for. The width is 0 if it is none.
func escapedBy(dst, text []byte) (_ []byte, width int) {
	c := text[1]
	switch c {
	case 'n', 't', 'r', 'b', 'f', 'v', 'a', 'e':
		return append(dst, "\n\t\r\b\f\v\a\x1b"[bytes.IndexByte([]byte("ntrbfvae"), c)]), 2
	case 'x', 'u', 'U':
		return escapedByNumber(dst, text)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return escapedByOctal(dst, text)
	}
	if isMark[c] {
		return append(dst, c), 2
	}
	return dst, 0
}

var isMark = setOf(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")

// escapedByOctal is escapedBy for \101 and \41, as C has them: one to three digits.
func escapedByOctal(dst, text []byte) (_ []byte, width int) {
	n := rune(0)
	for width = 1; width < min(4, len(text)) && isDigit(text[width], 8) && n*8+digitOf(text[width]) < 256; width++ {
		n = n*8 + digitOf(text[width])
	}
	return append(dst, byte(n)), width
}

// escapedByNumber is escapedBy for \x41, \u0041, \U00000041, and with braces \x{41} and \u{41}.
func escapedByNumber(dst, text []byte) (_ []byte, width int) {
	if dst, width = appendUnicode(dst, text); width > 0 {
		return dst, width
	}
	from, to, width := 2, 4, 4
	switch {
	case len(text) > 2 && text[2] == '{':
		from, to = 3, bytes.IndexByte(text[:min(len(text), longestEscape)], '}')
		width = to + 1
	case text[1] == 'U':
		to, width = 10, 10
	case text[1] == 'u':
		return dst, 0
	}
	if to < from || width > len(text) {
		return dst, 0
	}
	c, ok := parse(text[from:to], 16)
	switch {
	case !ok:
		return dst, 0
	case text[1] == 'x' && width == 4:
		return append(dst, byte(c)), width
	}
	return utf8.AppendRune(dst, c), width
}

// percent undoes %41 and %u0041.
func (v *view) percent(text []byte, i int) (width int) {
	if i+2 >= len(text) {
		return 1
	}
	if text[i+1] == 'u' && i+6 <= len(text) {
		if c, ok := parse(text[i+2:i+6], 16); ok {
			var space [utf8.UTFMax]byte
			v.change(text, i, i+6, utf8.AppendRune(space[:0], c)...)
			return 6
		}
	}
	if c, ok := parse(text[i+1:i+3], 16); ok {
		v.change(text, i, i+3, byte(c))
		return 3
	}
	return 1
}

// ampersand undoes &#65; and &#x41;, also without the semicolon, and names such as &quot;.
func (v *view) ampersand(text []byte, i int) (width int) {
	near := text[i:min(i+longestEscape, len(text))]
	if len(near) < 3 {
		return 1
	}
	var space [2 * utf8.UTFMax]byte
	if near[1] != '#' {
		end := bytes.IndexByte(near, ';')
		if end < 0 {
			return 1
		}
		c := named(space[:0], near[:end+1])
		if c == nil {
			return 1
		}
		v.change(text, i, i+end+1, c...)
		return end + 1
	}
	begin, base := 2, rune(10)
	if near[2]|0x20 == 'x' {
		begin, base = 3, 16
	}
	end := begin
	for end < len(near) && isDigit(near[end], base) {
		end++
	}
	c, ok := parse(near[begin:end], base)
	if !ok {
		return 1
	}
	if end < len(near) && near[end] == ';' {
		end++
	}
	v.change(text, i, i+end, utf8.AppendRune(space[:0], c)...)
	return end
}

// named appends what a name of HTML stands for, and returns nil if that is nothing.
func named(dst, name []byte) []byte {
	switch string(name) {
	case "&lt;":
		return append(dst, '<')
	case "&gt;":
		return append(dst, '>')
	case "&amp;":
		return append(dst, '&')
	case "&quot;":
		return append(dst, '"')
	case "&apos;":
		return append(dst, '\'')
	}
	for _, c := range name[1 : len(name)-1] {
		if !isDigit(c|0x20, 36) {
			return nil
		}
	}
	if plain := html.UnescapeString(string(name)); plain != string(name) {
		return append(dst, plain...)
	}
	return nil
}

// invisible drops what begins at i if it can't be seen, and undoes full-width letters and other spaces.
func (v *view) invisible(text []byte, i int) (width int) {
	switch c := text[i]; {
	case c == '\b':
		return v.backspace(text, i)
	case c == 0x1b:
		width = 1 + controlWidth(text[i+1:], 0)
		v.change(text, i, i+width)
		return width
	case c == 0x9b && !continues(text, i): // CSI of one byte
		width = 1 + controlWidth(text[i+1:], '[')
		v.change(text, i, i+width)
		return width
	case c < utf8.RuneSelf:
		v.change(text, i, i+1)
		return 1
	}
	c, width := utf8.DecodeRune(text[i:])
	switch {
	case c >= 0x80 && c < 0xa0: // ESC and a letter in one character
		width += controlWidth(text[i+width:], byte(c-0x40))
		v.change(text, i, i+width)
	case c >= 0xff01 && c <= 0xff5e:
		v.change(text, i, i+width, byte(c-0xff01+'!'))
	case c == utf8.RuneError && width > 1: // mostly what JSON makes of a byte that is no character, such as that CSI
		width += colorWidth(text[i+width:])
		v.change(text, i, i+width)
	case isOtherSpace(c):
		v.change(text, i, i+width, ' ')
	case c == '\u2800', // no dot of Braille
		c != utf8.RuneError && unicode.In(c, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		v.change(text, i, i+width)
	}
	return width
}

// isOtherSpace reports whether c is a space of another width, or one that breaks no line, as programs write for the usual one.
func isOtherSpace(c rune) bool { return c != ' ' && c != '\u3000' && unicode.Is(unicode.Zs, c) }

// backspace drops a backspace, and what is written over: programs write bold characters twice, and underlined ones over "_".
func (v *view) backspace(text []byte, i int) (width int) {
	from := i
	if i > v.kept && i+1 < len(text) && (text[i-1] == text[i+1] || text[i-1] == '_') {
		from--
	}
	v.change(text, from, i+1)
	return 1
}

// continues reports whether the byte at i is in a character that begins before it.
func continues(text []byte, i int) bool {
	for begin := i - 1; begin >= 0 && i-begin < utf8.UTFMax; begin-- {
		if utf8.RuneStart(text[begin]) {
			_, width := utf8.DecodeRune(text[begin:])
			return begin+width > i
		}
	}
	return false
}

// controlWidth returns how many bytes of a control sequence of a terminal follow ESC (ECMA-48, ECMA-35): [, parameters and
// a letter; ] or the like, and what follows up to BEL or ESC \; marks such as ( and a letter; or one byte. Where kind is not 0, it
// came with ESC.
func controlWidth(text []byte, kind byte) int {
	const longest = 256
	text = text[:min(len(text), longest)]
	i := 0
	if kind == 0 {
		if len(text) == 0 {
			return 0
		}
		kind, i = text[0], 1
	}
	switch {
	case kind == '[':
		return i + upToFinal(text[i:], 0x20, 0x3f)
	case kind >= 0x20 && kind <= 0x2f:
		return i + upToFinal(text[i:], 0x20, 0x2f)
	case kind == ']', kind == 'P', kind == 'X', kind == '^', kind == '_':
		return i + upToTerminator(text[i:])
	}
	return i
}

// colorWidth returns how many bytes there are of numbers and an "m", as they follow a CSI; 0 if that is not what follows.
func colorWidth(text []byte) int {
	const longest = 24
	for i, c := range text[:min(len(text), longest)] {
		switch {
		case c == 'm':
			return i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// upToFinal returns how many bytes there are up to the first that is not between two others, and with it if it may end a sequence. A
// line end may not: it is where a sequence breaks off.
func upToFinal(text []byte, least, most byte) int {
	for i, c := range text {
		switch {
		case c >= least && c <= most:
		case c > most && c < 0x7f:
			return i + 1
		default:
			return i
		}
	}
	return 0
}

// upToTerminator returns how many bytes there are up to BEL, ESC \ or what is both in one; 0 if the line ends before.
func upToTerminator(text []byte) int {
	for i, c := range text {
		switch {
		case c == '\n':
			return 0
		case c == '\a':
			return i + 1
		case c == 0x1b:
			return min(i+2, len(text))
		case c == 0x9c && i > 0 && text[i-1] == 0xc2:
			return i + 1
		}
	}
	return 0
}

// parse reads an unsigned number. Unlike strconv it allocates nothing for what is none: a per cent sign mostly is one.
func parse(digits []byte, base rune) (n rune, ok bool) {
	for _, c := range digits {
		if !isDigit(c, base) || n > unicode.MaxRune {
			return 0, false
		}
		n = n*base + digitOf(c)
	}
	return n, len(digits) > 0 && n <= unicode.MaxRune
}

func isDigit(c byte, base rune) bool { return digitOf(c) < base }

// digitOf returns the value of a digit or letter, 255 for any other byte.
func digitOf(c byte) rune { return rune(digitValues[c]) }

var digitValues = func() (values [256]byte) {
	for i := range values {
		values[i] = 255
	}
	for i := range 10 {
		values['0'+i] = byte(i)
	}
	for i := range 26 {
		values['a'+i], values['A'+i] = byte(10+i), byte(10+i)
	}
	return values
}()

// unescapedFully returns a text with all that looks like an escape in it undone, and that again.
func unescapedFully(text string) string {
	plain := []byte(text)
	for range layers {
		v := view{parent: new(view), around: len(plain) + around, room: math.MaxInt} // more than is near to a change
		unescape(&v, plain)
		if !v.changed {
			break
		}
		plain = v.text
	}
	return string(plain)
}
