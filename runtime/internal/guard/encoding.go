package guard

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Encodings whose text says nothing of what it stands for: base64 and base32, and bytes in hexadecimal or as decimal numbers, in a
// row or in lists and dumps (see dump.go). They are found by their looks, so much of what is decoded is nonsense.

// decodeRuns decodes all runs of a text that may be encoded.
func decodeRuns(v *view, text []byte) {
	v.encodes = true
	v.runs(text)
	v.lists(text)
	v.cells(text)
	v.changed = len(v.text) > 0
}

// runs decodes what has no spaces or marks in it.
func (v *view) runs(text []byte) {
	const least = 11 // letters of base64 for eight bytes
	for from, to := nextRun(text, 0, &inBase64, least); from < to; from, to = nextRun(text, to, &inBase64, least) {
		if v.parent.gone.has(from, to) || isEscapedLine(text, from, to) {
			continue
		}
		line, letters := text[from:to], []byte(nil)
		if letters, to = v.parent.joined(from, to, least); !v.parent.isNew(from, to) {
			continue
		}
		letters = withoutRepeats(letters)
		v.base64(letters, from, to)
		for begin, end := nextRun(letters, 0, &inHex, 2*window); begin < end; begin, end = nextRun(letters, end, &inHex, 2*window) {
			v.hex(letters[begin:end], from, to)
		}
		v.base32s(letters, from, to)
		if len(letters) > len(line) { // what follows may be no more of it
			v.base32s(line, from, to)
		}
	}
}

// lists decodes bytes that are written one by one.
func (v *view) lists(text []byte) {
	const least = 3*window - 1 // two digits and a space for each of eight bytes
	set := &inPart
	if v.parent.parent == nil {
		set = &inList // in the root, a separator stands between the numbers of a list in JSON
	}
	for from, to := nextRun(text, 0, set, least); from < to; from, to = nextRun(text, to, set, least) {
		if begin := from; v.parent.isNew(begin, to) {
			to = withoutSentence(text, begin, to)
			index, octals := v.numbers(text, begin, to)
			if index < to {
				v.indexed(text, index, to)
			}
			if octals >= window {
				v.octals(text, begin, to)
			}
			to = v.list(text, begin, to)
		}
	}
}

// withoutSentence returns where a list ends that is in a run of its characters: the last line may begin as one does, but be a
// sentence, such as "12 dogs".
func withoutSentence(text []byte, from, to int) int {
	const few = 3 * window // characters for less than eight bytes
	line := beginOfLine(text, from, to)
	if line > from && to-line < few && to < len(text) && isDigit(text[to], 36) {
		return line
	}
	return to
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
	inBase64 = setOf(upper + lower + digits + "+/-_")
	inHex    = setOf(digits + "abcdefABCDEF")
	// A list that is in one part of a view: what a separator stands for was left out.
	inPart = setOf(digits + "abcdefABCDEF" + "xXU\\,;:.+_|-\"' \t\r\n")
	inList = func() byteSet { set := inPart; set[separator] = true; return set }()
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
// long, or the words of a list would be joined; and the last is no word of a sentence, or follows lines that are as long as each other.
func (v *view) joined(from, to, least int) (letters []byte, end int) {
	const longWord = 11
	text := v.text
	letters = text[from:to:to]
	for before, line := 0, to-from; line >= least; before, line = line, to-from {
		next := to
		for next < len(text) && isSpace(text[next]) {
			next++
		}
		if next == len(text) || !inBase64[text[next]] || bytes.IndexByte(text[to:next], '\n') < 0 {
			break
		}
		end := next
		for end < len(text) && inBase64[text[end]] {
			end++
		}
		if end-next < longWord && before != line && v.goesOnInLine(end) {
			break
		}
		to = end
		from = next
		letters = append(letters, text[from:to]...)
	}
	return letters, to
}

// goesOnInLine reports whether there is more in a line behind a word. What a view has left out may be that.
func (v *view) goesOnInLine(to int) bool {
	text, isCut := v.text, v.parent != nil
	if to == len(text) || text[to] == separator {
		return isCut
	}
	if !inSentence[text[to]] {
		return false
	}
	for to < len(text) && isBlank(text[to]) {
		to++
	}
	if to == len(text) || text[to] == separator {
		return isCut
	}
	return text[to] != '\n' && text[to] != '\r'
}

// inSentence has what follows a word in a sentence.
var inSentence = setOf(" \t,.:;!?'")

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
	if !v.fits(4 * (len(letters)/4*3 + 3)) {
		return
	}
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

// An alphabet32 is one of base32 (RFC 4648).
type alphabet32 struct {
	letters byteSet
	values  [256]byte
	isUsual bool // the other one is rare, and has to stand alone: it has all that hexadecimal has
}

// alphabets32 has both alphabets, in capitals as they are, and in small letters as many write them.
var alphabets32 = []alphabet32{
	newAlphabet32(upper+"234567", true), newAlphabet32(lower+"234567", true),
	newAlphabet32(digits+upper[:22], false), newAlphabet32(digits+lower[:22], false),
}

func newAlphabet32(letters string, isUsual bool) alphabet32 {
	a := alphabet32{letters: setOf(letters), isUsual: isUsual}
	for i := range len(letters) {
		a.values[letters[i]] = byte(i)
	}
	return a
}

// standsAlone reports whether no other letters or digits are around a run, and it is no hexadecimal.
func standsAlone(letters []byte, from, to int) bool {
	isLetter := func(i int) bool { return isDigit(letters[i], 36) }
	if from > 0 && isLetter(from-1) || to < len(letters) && isLetter(to) {
		return false
	}
	return slices.ContainsFunc(letters[from:to], func(c byte) bool { return !inHex[c] })
}

// base32s decodes what may be base32 among letters.
func (v *view) base32s(letters []byte, from, to int) {
	for i := range alphabets32 {
		alphabet := &alphabets32[i]
		for begin, end := nextRun(letters, 0, &alphabet.letters, leastBase32); begin < end; begin, end = nextRun(letters, end, &alphabet.letters, leastBase32) {
			if alphabet.isUsual || standsAlone(letters, begin, end) {
				v.base32(alphabet, letters[begin:end], from, to)
			}
		}
	}
}

// base32 decodes letters of one case, from each of the first eight on.
func (v *view) base32(alphabet *alphabet32, letters []byte, from, to int) {
	if !v.fits(8 * (len(letters)*5/8 + 1)) {
		return
	}
	for skip := range 8 {
		begin := len(v.text)
		bits, count := uint32(0), 0
		for _, c := range letters[skip:] {
			bits = bits<<5 | uint32(alphabet.values[c])
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
	if !v.fits(2 * (len(digits)/2 + 1)) {
		return
	}
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

// indexed decodes lists of decimal numbers of which each follows its index, as JavaScript writes bytes: {"0":52,"1":101}.
func (v *view) indexed(text []byte, from, to int) {
	list := v.newList()
	index, second := rune(0), 0 // what is next, and where to go on if the first was none
	for i := from; i < to; {
		key, begin, afterKey := numberAt(text, i, to)
		value, _, afterValue := numberAt(text, afterKey, to)
		switch {
		case key == index && value >= 0 && value < 256:
			v.text = append(v.text, byte(value))
			list.has(begin, afterValue)
			if i = afterValue; index == 0 {
				second = afterKey
			}
			index++
		case index == 1:
			list.end()
			i, index = second, 0
		case index > 0:
			list.end()
			index = 0
		default:
			i = afterKey
		}
	}
	list.end()
}

// numberAt returns the first decimal number in a part of a text, and where it is: -1 at its end if there is none, or too long.
func numberAt(text []byte, from, to int) (n rune, begin, end int) {
	const longest = 6 // digits: no list of bytes is so long
	for begin = from; begin < to && !isDigit(text[begin], 10); begin++ {
	}
	for end = begin; end < to && isDigit(text[end], 10); end++ {
	}
	n, ok := parse(text[begin:min(end, begin+longest+1)], 10)
	if !ok || end-begin > longest {
		n = -1
	}
	return n, begin, end
}

// numbers decodes lists of decimal numbers, as Go and JSON write bytes. It returns where some may have their index before them, and
// how many bytes there would be in octal.
func (v *view) numbers(text []byte, from, to int) (index, octals int) {
	list := v.newList()
	index = to
	for i := from; i < to; {
		end := i
		for end < to && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, ok := parse(text[i:min(end, i+4)], 10)
		switch width := end - i; {
		case width == 7 && text[i] == '0': // an offset, as od writes it
		case ok && n < 256:
			v.text = append(v.text, byte(n))
			list.has(i, end)
			if width == 1 && n == 0 && index == to && isIndexed(text, end, to) {
				index = i
			}
		case ok || inHex[text[i]] || text[i]|0x20 == 'x':
			list.end()
		}
		if width := end - i; width == 3 || width == 6 {
			octals += width / 3
		}
		i = max(end, i+1)
	}
	list.end()
	return index, octals
}

// isIndexed reports whether what follows an index of 0 goes on with 1.
func isIndexed(text []byte, from, to int) bool {
	const near = 16 // bytes; a number, and what separates it
	to = min(to, from+near)
	_, _, from = numberAt(text, from, to)
	next, _, _ := numberAt(text, from, to)
	return next == 1
}

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
