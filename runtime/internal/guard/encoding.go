package guard

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Encodings whose text says nothing of what it stands for: base64 and base32, bytes in hexadecimal or as decimal numbers, in a row or
// in lists and dumps; and quoted-printable. They are found by their looks, so much of what is decoded is nonsense.

// decodeRuns decodes all runs of a text that may be encoded.
func decodeRuns(v *view, text []byte) {
	v.encodes = true
	const leastBase64, leastList = 11, 3*window - 1 // letters of base64 for eight bytes; two digits and a space for each
	for from, to := nextRun(text, 0, &inBase64, leastBase64); from < to; from, to = nextRun(text, to, &inBase64, leastBase64) {
		if v.parent.gone.has(from, to) || isEscapedLine(text, from, to) {
			continue
		}
		var letters []byte
		if letters, to = joined(text, from, to, leastBase64); !v.parent.isNew(from, to) {
			continue
		}
		letters = withoutRepeats(letters)
		v.base64(letters, from, to)
		for begin, end := nextRun(letters, 0, &inHex, 2*window); begin < end; begin, end = nextRun(letters, end, &inHex, 2*window) {
			v.hex(letters[begin:end], from, to)
		}
		for _, alphabet := range []*byteSet{&inBase32, &inBase32Lower} {
			for begin, end := nextRun(letters, 0, alphabet, leastBase32); begin < end; begin, end = nextRun(letters, end, alphabet, leastBase32) {
				v.base32(letters[begin:end], from, to)
			}
		}
	}
	for from, to := nextRun(text, 0, &inList, leastList); from < to; from, to = nextRun(text, to, &inList, leastList) {
		if begin := from; v.parent.isNew(begin, to) {
			v.numbers(text, begin, to)
			to = v.list(text, begin, to)
		}
	}
	v.changed = len(v.text) > 0
}

const leastBase32 = 13 // letters for eight bytes

type byteSet [256]bool

func setOf(bytes string) (set byteSet) {
	for i := range len(bytes) {
		set[bytes[i]] = true
	}
	return set
}

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

var (
	inBase64      = setOf(upper + lower + digits + "+/-_")
	inBase32      = setOf(upper + "234567")
	inBase32Lower = setOf(lower + "234567")
	inHex         = setOf(digits + "abcdefABCDEF")
	inList        = setOf(digits + "abcdefABCDEF" + "xX\\,;:-\"' \t\r\n" + string(rune(separator)))
)

// nextRun returns the next run of at least so many bytes of a set. It looks at few others.
func nextRun(text []byte, from int, set *byteSet, least int) (begin, end int) {
	for from+least <= len(text) {
		i := from + least - 1
		for i >= from && set[text[i]] {
			i--
		}
		if i >= from {
			from = i + 1
			continue
		}
		for end = from + least; end < len(text) && set[text[end]]; end++ {
		}
		return from, end
	}
	return 0, 0
}

// joined returns the letters of a run, with those that go on with it on the following lines. All lines but the last are
// long, or the words of a list would be joined.
func joined(text []byte, from, to, least int) (letters []byte, end int) {
	letters = text[from:to:to]
	for to-from >= least {
		next := to
		for next < len(text) && isSpace(text[next]) {
			next++
		}
		if next == len(text) || !inBase64[text[next]] || bytes.IndexByte(text[to:next], '\n') < 0 {
			break
		}
		for from, to = next, next; to < len(text) && inBase64[text[to]]; {
			to++
		}
		letters = append(letters, text[from:to]...)
	}
	return letters, to
}

// isEscapedLine reports whether a run is one of several lines whose ends are escaped, as JSON does it. They are joined once that
// is undone, so each by itself needs no look.
func isEscapedLine(text []byte, from, to int) bool {
	return to-from <= 2*around && from > 0 && text[from-1] == '\\' && (text[from] == 'n' || text[from] == 'r') &&
		to+1 < len(text) && text[to] == '\\' && (text[to+1] == 'n' || text[to+1] == 'r')
}

// withoutRepeats returns letters without most of what comes again and again, as zeros do in files. What is dropped decodes to
// what is left, in each of the encodings, since all of them read a period alike.
func withoutRepeats(letters []byte) []byte {
	const (
		period = 24          // a multiple of how many letters base64, base32 and hexadecimal read together
		enough = 48 * period // for a block that is encoded twice
	)
	var kept []byte
	done := 0 // up to where letters are in kept
	for i := period; i < len(letters); i++ {
		begin := i
		for i < len(letters) && letters[i] == letters[i-period] {
			i++
		}
		if again := i - begin; again > enough {
			kept = append(kept, letters[done:begin+enough]...)
			done = begin + enough + (again-enough)/period*period
		}
	}
	if done == 0 {
		return letters
	}
	return append(kept, letters[done:]...)
}

// decoded begins and ends what comes from a part of the parent's text.
func (v *view) decoded(begin, from, to int) {
	if text := v.text[begin:]; len(text) >= window {
		v.mark(begin, len(text), from, to)
		if isText(text) {
			v.texts = append(v.texts, span{begin, len(v.text)})
		}
		v.separate()
	} else {
		v.text = v.text[:begin]
	}
}

// base64 decodes letters, from each of the first four on: what is before them may look alike.
func (v *view) base64(letters []byte, from, to int) {
	for skip := range 4 {
		begin := len(v.text)
		rest := letters[skip:]
		v.text = slices.Grow(v.text, len(rest)+window)
		decoded := v.text[begin:cap(v.text)]
		n := 0
		for ; len(rest) >= 8; rest = rest[8:] {
			eight := (*[8]byte)(rest)
			bits := uint64(sextets[eight[0]])<<58 | uint64(sextets[eight[1]])<<52 | uint64(sextets[eight[2]])<<46 | uint64(sextets[eight[3]])<<40 |
				uint64(sextets[eight[4]])<<34 | uint64(sextets[eight[5]])<<28 | uint64(sextets[eight[6]])<<22 | uint64(sextets[eight[7]])<<16
			binary.BigEndian.PutUint64(decoded[n:], bits)
			n += 6
		}
		if len(rest) >= 4 {
			bits := uint32(sextets[rest[0]])<<26 | uint32(sextets[rest[1]])<<20 | uint32(sextets[rest[2]])<<14 | uint32(sextets[rest[3]])<<8
			binary.BigEndian.PutUint32(decoded[n:], bits)
			n, rest = n+3, rest[4:]
		}
		v.text = v.text[:begin+n]
		if len(rest) >= 2 {
			v.text = append(v.text, sextets[rest[0]]<<2|sextets[rest[1]]>>4)
		}
		if len(rest) == 3 {
			v.text = append(v.text, sextets[rest[1]]<<4|sextets[rest[2]]>>2)
		}
		v.decoded(begin, from, to)
	}
}

var sextets = func() (values [256]byte) {
	for _, alphabet := range []string{upper + lower + digits + "+/", upper + lower + digits + "-_"} {
		for i := range len(alphabet) {
			values[alphabet[i]] = byte(i)
		}
	}
	return values
}()

// base32 decodes letters of one case, from each of the first eight on.
func (v *view) base32(letters []byte, from, to int) {
	for skip := range 8 {
		begin := len(v.text)
		bits, count := uint32(0), 0
		for _, c := range letters[skip:] {
			value := uint32(c|0x20) - 'a'
			if c <= '9' {
				value = uint32(c) - '2' + 26
			}
			bits = bits<<5 | value
			if count += 5; count >= 8 {
				count -= 8
				v.text = append(v.text, byte(bits>>count))
			}
		}
		v.decoded(begin, from, to)
	}
}

// hex decodes digits, from each of the first two on.
func (v *view) hex(digits []byte, from, to int) {
	for skip := range 2 {
		begin := len(v.text)
		v.text = appendHex(v.text, digits[skip:])
		v.decoded(begin, from, to)
	}
}

func appendHex(dst, digits []byte) []byte {
	for ; len(digits) >= 2; digits = digits[2:] {
		dst = append(dst, byte(digitOf(digits[0])<<4|digitOf(digits[1])))
	}
	return dst
}

// numbers decodes lists of decimal numbers, as Go and JSON write bytes.
func (v *view) numbers(text []byte, from, to int) {
	list := v.newList()
	for i := from; i < to; {
		end := i
		for end < to && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, ok := parse(text[i:min(end, i+4)], 10)
		switch {
		case ok && n < 256:
			v.text = append(v.text, byte(n))
			list.has(i, end)
		case ok || inHex[text[i]] || text[i]|0x20 == 'x':
			list.end()
		}
		i = max(end, i+1)
	}
	list.end()
}

// quotedPrintable undoes =41 and the line ends that it hides (RFC 2045).
func quotedPrintable(v *view, text []byte) {
	for i := 0; ; {
		next := bytes.IndexByte(text[i:], '=')
		if next < 0 {
			break
		}
		if i += next; !v.parent.isNew(i, i+3) {
			i++
			continue
		}
		switch rest := text[i+1:]; {
		case len(rest) >= 2 && isUpperHex(rest[0]) && isUpperHex(rest[1]):
			v.change(text, i, i+3, byte(digitOf(rest[0])<<4|digitOf(rest[1])))
			i += 3
		case bytes.HasPrefix(rest, []byte("\r\n")) && isFull(text[:i]):
			v.change(text, i, i+3)
			i += 3
		case bytes.HasPrefix(rest, []byte("\n")) && isFull(text[:i]):
			v.change(text, i, i+2)
			i += 2
		default:
			i++
		}
	}
	v.end(text)
}

// isFull reports whether the last line of a text is as long as one that is broken only because of its length. Any other
// that ends with "=" may be the name of something on the next line.
func isFull(text []byte) bool {
	const least, most = 72, 100 // RFC 2045 has 76; encoders don't break within =41, and something may stand before the text
	begin := bytes.LastIndexAny(text[max(0, len(text)-most-1):], "\n\x1e") + 1
	length := min(len(text), most+1) - begin
	return length >= least && length <= most
}

func isUpperHex(c byte) bool { return inHex[c] && c < 'a' }

// textsOnly drops what was decoded for nothing.
func textsOnly(v *view, text []byte) {
	for _, part := range v.parent.texts {
		v.take(text, part.from, part.to)
		v.separate()
		v.changed = true
	}
}

// isText reports whether nearly all of a text can be read.
func isText(text []byte) bool {
	const oneOf = 32
	some := min(8, len(text)/16) // bytes that are in no text: what is before it may look encoded too
	bad, wide, zeros := 0, 0, 0
	for i, c := range text {
		if zeros++; c != 0 {
			zeros = 0
		}
		if isControl[c] || zeros > mostZeros {
			if bad++; bad > some+i/oneOf {
				return false
			}
		}
		wide += int(c >> 7)
	}
	if wide <= len(text)/4 {
		return true
	}
	for i := 0; i < len(text); {
		c, width := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && width == 1 {
			if bad++; bad > some+i/oneOf {
				return false
			}
		}
		i += width
	}
	return true
}

// mostZeros is how many zeros follow each other in a text: one in UTF-16, three in UTF-32. Files that are no text have more of
// them, such as databases, archives and images.
const mostZeros = 3

// isControl has the control characters that are in no text. Of zeros, a text may have some, and ESC is undone as an escape.
var isControl = setOf("\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1c\x1d\x1e\x1f\x7f")
