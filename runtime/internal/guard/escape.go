package guard

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"html"
	"math/bits"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Escapes: those of JSON and of string literals, of URLs, and of HTML. They are undone rather than looked for, since any
// character of a value may be escaped or not. Layers come from JSON in a string of JSON, from an error that quotes a URL,
// and so on; after each one the text is looked at again.

const (
	layers    = 4
	allIntros = `\%&`
)

// isIntro reports whether c is one of the intros, which are a backslash or all.
func isIntro(c byte, intros string) bool {
	return c == '\\' || (c == '%' || c == '&') && len(intros) > 1
}

// unescapeOne appends what text begins with, an escape or a character that only looks like the beginning of one, and
// returns how many bytes of text that takes.
func unescapeOne(dst, text []byte) (_ []byte, width int) {
	switch {
	case text[0] == '%' && len(text) > 2:
		if c, ok := parse(text[1:3], 16); ok {
			return append(dst, byte(c)), 3
		}
	case text[0] == '\\' && len(text) > 1:
		switch text[1] {
		case '\\', '"', '\'', '/':
			return append(dst, text[1]), 2
		case 'n', 't', 'r', 'b', 'f':
			return append(dst, "\n\t\r\b\f"[strings.IndexByte("ntrbf", text[1])]), 2
		case 'x':
			if len(text) > 3 {
				if c, ok := parse(text[2:4], 16); ok {
					return append(dst, byte(c)), 4
				}
			}
		case 'u':
			if c, width := unescapeUnicode(text); width > 0 {
				return utf8.AppendRune(dst, c), width
			}
		}
	case text[0] == '&':
		if c, width := unescapeHTML(text); width > 0 {
			return utf8.AppendRune(dst, c), width
		}
	}
	return append(dst, text[0]), 1
}

// unescapeUnicode reads \uXXXX, or two of them that are one character.
func unescapeUnicode(text []byte) (c rune, width int) {
	if len(text) < 6 {
		return 0, 0
	}
	c, ok := parse(text[2:6], 16)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(c) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if low, ok := parse(text[8:12], 16); ok {
			if both := utf16.DecodeRune(c, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return c, 6
}

// unescapeHTML reads &#65; and &#x41; and the names of what HTML must escape.
func unescapeHTML(text []byte) (c rune, width int) {
	end := bytes.IndexByte(text[:min(len(text), 10)], ';')
	if end < 0 {
		return 0, 0
	}
	switch name := string(text[1:end]); name {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	default:
		digits, isNumber := strings.CutPrefix(name, "#")
		base := rune(10)
		if hex := strings.TrimLeft(digits, "xX"); len(hex) == len(digits)-1 {
			digits, base = hex, 16
		}
		if c, ok := parse([]byte(digits), base); isNumber && ok {
			return c, end + 1
		}
		return 0, 0
	}
}

// parse reads an unsigned number. Unlike strconv it allocates nothing for what is none: a per cent sign mostly is one.
func parse(digits []byte, base rune) (n rune, ok bool) {
	for _, c := range digits {
		digit := rune(c) - '0'
		if c >= 'A' {
			digit = rune(c|0x20) - 'a' + 10
		}
		if digit < 0 || digit >= base || c > '9' && c < 'A' || n > 0x10ffff {
			return 0, false
		}
		n = n*base + digit
	}
	return n, len(digits) > 0
}

// nested is how much of the text an escape in an escape may take, in all of its layers.
const nested = 24

// unescapeAround appends the text with one layer of those escapes undone that begin with one of the intros, but only the
// surroundings of escapes, with any intro, that matter. It gives up, and returns false, where what matters is escaped all
// over, and that again: then it takes more text than this looks at.
func (t *table) unescapeAround(dst, text []byte, intros string) (_ []byte, ok bool) {
	before := 0 // where the last escape ends, in all of its layers
	for i := t.nextEscape(text, 0); i < len(text); i = t.nextEscape(text, i) {
		width, matters := t.matters(text, i, before)
		if !matters {
			i += width
			before = i
			continue
		}
		dst = append(dst, 0) // fragments must not form a match across it
		end := i + 1
		if width == nested && text[i+1] != '\\' {
			// Escapes before this one may be of the same pattern, though by themselves they did not look like it.
			i = max(0, i-nested)
		} else {
			dst = append(dst, text[max(0, i-window):i]...)
		}
		for i < end {
			plain := i
			for i < end && !isIntro(text[i], allIntros) {
				i++
			}
			dst = append(dst, text[plain:i]...)
			if i == end {
				break
			}
			width, matters := t.matters(text, i, before)
			if matters {
				if width == nested && isDense(text[i:]) {
					return dst, false
				}
				end = min(max(end, i+width+window), len(text))
			}
			before = max(before, i+width)
			width = 1
			if isIntro(text[i], intros) {
				dst, width = unescapeOne(dst, text[i:])
			} else {
				dst = append(dst, text[i])
			}
			i += width
		}
	}
	return dst, true
}

// isDense reports whether a text begins with escapes only, nearly as many as a block has characters at least. Ordinary
// encoders don't write that, since they escape few characters that follow each other.
func isDense(text []byte) bool {
	for range minimum - 1 {
		for len(text) > 1 && text[0] == '\\' && text[1] == '\\' {
			text = text[1:]
		}
		if len(text) == 0 || !isIntro(text[0], allIntros) {
			return false
		}
		var space [utf8.UTFMax]byte
		_, width := unescapeOne(space[:0], text)
		if width < 3 {
			return false
		}
		text = text[width:]
	}
	return true
}

// pairBits is a set of pairs of bytes.
type pairBits [1 << 16 / 64]uint64

func pair(a, b byte) uint16              { return uint16(a) | uint16(b)<<8 }
func (p *pairBits) add(pair uint16)      { p[pair/64] |= 1 << (pair % 64) }
func (p *pairBits) has(pair uint16) bool { return p[pair/64]>>(pair%64)&1 != 0 }

// learnEscapes notes how escapes for c begin, or for what begins an escape.
func (t *table) learnEscapes(c byte) {
	for escape, stands := range short {
		if stands == c && c != 0 {
			t.escapes.add(pair('\\', byte(escape)))
		}
	}
	for _, c := range []byte("ux") {
		t.escapes.add(pair('\\', c))
	}
	if c == '\\' { // else those of "\\\\n" matter as little as what the last of them escapes
		t.escapes.add(pair('\\', c))
	}
	for _, c := range []byte("#lgaq") {
		t.escapes.add(pair('&', c))
	}
	for _, c := range []byte{c, '\\', '%', '&'} {
		t.escapes.add(pair('%', "0123456789abcdef"[c>>4]))
		t.escapes.add(pair('%', "0123456789ABCDEF"[c>>4]))
	}
}

// nextEscape returns where, at or after i, the next escape may be that matters; else the length of text. Most texts are full
// of escapes that don't, so it takes eight bytes at once.
func (t *table) nextEscape(text []byte, i int) int {
	const ones = 0x0101010101010101
	rest := text[i:] // shortened rather than indexed, as in next
	for ; len(rest) > 11; rest = rest[8:] {
		next := (*[12]byte)(rest)
		w := binary.LittleEndian.Uint64(next[:])
		// A byte of backslash is 0 if it was one, one of others if it was $, %, & or '. Less one, its highest bit is set.
		backslash, others := w^'\\'*ones, w&(0xfc*ones)^'$'*ones
		for found := ((backslash-ones)&^backslash | (others-ones)&^others) & (0x80 * ones); found != 0; found &= found - 1 {
			at := bits.TrailingZeros64(found) / 8 % 8
			if t.escapes.has(pair(next[at], next[at+1])) {
				if !t.wide && next[at] == '\\' && next[at+1] == 'u' && (next[at+2] != '0' || next[at+3] != '0') {
					continue // not ASCII, as much of it is in JSON that Python wrote
				}
				return firstBackslash(text, i, len(text)-len(rest)+at)
			}
		}
	}
	for ; len(rest) > 1; rest = rest[1:] {
		if t.escapes.has(pair(rest[0], rest[1])) {
			return firstBackslash(text, i, len(text)-len(rest))
		}
	}
	return len(text)
}

// firstBackslash returns where the escape at i begins, at or after from: of "\\\\u0041", it is found at the last backslash.
func firstBackslash(text []byte, from, i int) int {
	for i > from && text[i] == '\\' && text[i-1] == '\\' {
		i--
	}
	return i
}

// short has what stands for what in escapes of two bytes; every other byte has 0.
var short = [256]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', '"': '"', '\'': '\'', '/': '/'}

// matters reports whether the escape at i can belong to a pattern: it stands for a byte that patterns have, between bytes
// that are around it there; or for the beginning of another escape. It takes up to width bytes. The escape
// before it ended at before; right after it, the byte before this one may be the end of one in another layer.
func (t *table) matters(text []byte, i, before int) (width int, matters bool) {
	fits := func(c byte, end int) bool {
		return t.alphabet[c] &&
			(i < before+window || isIntro(text[i-1], allIntros) || t.begins[c] || t.pairs.has(pair(text[i-1], c))) &&
			(end == len(text) || isIntro(text[end], allIntros) || t.ends[c] || t.pairs.has(pair(c, text[end])))
	}
	if text[i] == '\\' && i+1 < len(text) && short[text[i+1]] != 0 { // nearly all of them
		return 2, fits(short[text[i+1]], i+2)
	}
	if text[i] == '\\' && i+6 <= len(text) && string(text[i+1:i+4]) == "u00" { // most others: Go writes <, > and & so
		if c, ok := parse(text[i+4:i+6], 16); ok && c < utf8.RuneSelf && !t.alphabet[c] && !isIntro(byte(c), allIntros) {
			return 6, false
		}
	}
	last := i
	for text[i] == '\\' && last+1 < len(text) && text[last+1] == '\\' { // of "\\\\n", it is the last one that escapes something
		last++
	}
	if last > i && t.alphabet['\\'] {
		return nested, true
	}
	var space [utf8.UTFMax]byte
	c, width := unescapeOne(space[:0], text[last:])
	end := last + width
	if width == 1 {
		return end - i, false
	}
	if t.wide && string(c) == "\ufffd" { // half of a pair, of which the other half is after further backslashes
		return nested, true
	}
	switch c[0] {
	case '\\', '%':
		return nested, true
	case '#', ';': // in a path, these are escaped, and the ampersand is not
		if bytes.IndexByte(text[max(0, i-10):i], '&') >= 0 {
			return nested, true
		}
	case '&':
		if text[i] == '%' || beginsHTML(text[end:]) || isDense(text[end:]) {
			return nested, true
		}
	}
	return end - i, fits(c[0], end) || len(c) > 1 && t.alphabet[c[0]]
}

// beginsHTML reports whether an ampersand before text would be an escape, be what follows escaped itself. Ampersands are
// escaped in all the JSON that Go writes.
func beginsHTML(text []byte) bool {
	var space [16]byte
	html := append(space[:0], '&')
	for len(text) > 0 && len(html) < 10 {
		width := 1
		if isIntro(text[0], allIntros) {
			html, width = unescapeOne(html, text)
		} else {
			html = append(html, text[0])
		}
		text = text[width:]
		switch c := html[len(html)-1]; {
		case c == ';':
			_, width := unescapeHTML(html)
			return width > 0
		case (c < '0' || c > 'z' || c == '=') && c != '#':
			return false
		}
	}
	return false
}

// A view is a text after some layers of escapes were undone.
type view struct {
	text []byte
	at   []int // where in the original text each byte comes from, and its end; nil if this is the original
}

// unescaped returns the view after one more layer, and false if there is none.
func (v view) unescaped() (view, bool) {
	if !slices.ContainsFunc(v.text, func(c byte) bool { return isIntro(c, allIntros) }) {
		return v, false
	}
	next := view{text: make([]byte, 0, len(v.text)), at: make([]int, 0, len(v.text)+1)}
	for i := 0; i < len(v.text); {
		width := 1
		if isIntro(v.text[i], allIntros) {
			next.text, width = unescapeOne(next.text, v.text[i:])
		} else {
			next.text = append(next.text, v.text[i])
		}
		for len(next.at) < len(next.text) {
			next.at = append(next.at, i)
		}
		i += width
	}
	next.at = append(next.at, len(v.text))
	if v.at != nil {
		for i, at := range next.at {
			next.at[i] = v.at[at]
		}
	}
	return next, len(next.text) < len(v.text)
}

// origin returns which part of the original the part of the view comes from.
func (v view) origin(from, to int) (int, int) {
	if v.at == nil {
		return from, to
	}
	return v.at[from], v.at[to]
}

func unescapedFully(text string) string {
	v, more := view{text: []byte(text)}, true
	for i := 0; i < layers && more; i++ {
		v, more = v.unescaped()
	}
	return string(v.text)
}

// escapedForms returns what the usual encoders make of a piece, if it is not the same, as with most keys.
func escapedForms(piece string) []string {
	quoted, _ := json.Marshal(piece) // of a string, it has no error
	inJSON := string(quoted[1 : len(quoted)-1])
	forms := []string{
		inJSON, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inJSON),
		url.QueryEscape(piece), html.EscapeString(piece),
	}
	slices.Sort(forms)
	return slices.DeleteFunc(slices.Compact(forms), func(form string) bool { return form == piece })
}
