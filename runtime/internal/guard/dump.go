package guard

import "bytes"

// Dumps, and lists of bytes in hexadecimal or octal: with spaces, commas, colons or the like between them, with 0x before each,
// in groups of two or more, also with the last byte of a group first. In dumps, a line begins with its offset and mostly ends with
// the same bytes as text.

const (
	longestGroup  = 8  // digits; more are a run, or a number
	longestInDump = 16 // digits, in a dump
	perLine       = 16 // bytes in a line of a dump, mostly
)

// list decodes the lists in a run of their characters. It returns how far it looked, which is farther than to if the run is
// the beginning of a dump.
func (v *view) list(text []byte, from, to int) (end int) {
	list := v.newList()
	i := from
	for i < to {
		n := digitsAt(text, i)
		switch {
		case n == 0:
			i++
		case isOffset(text, i, n):
			next := list.dumpLine(text, i, i+n)
			i = next
			if n := digitsAt(text, i); isOffset(text, i, n) {
				to = max(to, i+1)
			}
		case is0x(text, i, n):
			i += len("0x")
		case n%2 == 0 && n <= longestGroup:
			list.add(text, i, i+n)
			i += n
		default: // a word or a number
			list.end()
			i += n
		}
	}
	list.end()
	return max(i, to)
}

// A list is one that is being decoded: where its bytes begin in the view, and which part of the parent's text it is.
type list struct {
	view            *view
	begin, from, to int

	group          int  // bytes
	isShort, mixed bool // the last one has fewer; or others have other lengths
}

func (v *view) newList() list { return list{view: v, begin: len(v.text), from: -1} }

func (l *list) has(from, to int) {
	if l.from < 0 {
		l.from = from
	}
	l.to = to
	if !l.view.fits(0) {
		l.view.text = l.view.text[:l.begin]
	}
}

// add adds a group of hexadecimal digits.
func (l *list) add(text []byte, from, to int) {
	bytes := (to - from) / 2
	if l.group == 0 {
		l.group = bytes
	}
	l.mixed = l.mixed || l.isShort || bytes > l.group
	l.isShort = bytes < l.group
	l.view.text = appendHex(l.view.text, text[from:to])
	l.has(from, to)
}

// end ends the list, and begins another one.
func (l *list) end() {
	if l.from >= 0 {
		end := len(l.view.text)
		l.view.decoded(l.begin, l.from, l.to)
		if l.group > 1 && !l.mixed {
			l.swapped(end)
		}
	}
	*l = l.view.newList()
}

// swapped decodes the same list with the last byte of each group first, as hexdump, od -x and debuggers write words.
func (l *list) swapped(end int) {
	v := l.view
	begin := len(v.text)
	if !v.fits(end - l.begin) {
		return
	}
	for at := l.begin; at < min(end, begin); at += l.group {
		for i := min(at+l.group, end) - 1; i >= at; i-- {
			v.text = append(v.text, v.text[i])
		}
	}
	v.decoded(begin, l.from, l.to)
}

// digitsAt counts the hexadecimal digits at i.
func digitsAt(text []byte, i int) int {
	n := 0
	for i+n < len(text) && inHex[text[i+n]] {
		n++
	}
	return n
}

// is0x reports whether the n digits at i are the first one of 0x.
func is0x(text []byte, i, n int) bool {
	return n == 1 && text[i] == '0' && i+1 < len(text) && text[i+1]|0x20 == 'x'
}

// isOffset reports whether the n digits at i are the offset of a line, as xxd, hexdump, od, tcpdump, debuggers and Go write it.
func isOffset(text []byte, i, n int) bool {
	const least, most = 4, 20
	if n < least || n > most || i+n == len(text) {
		return false
	}
	after := text[i+n:]
	isWide := after[0] == '\t' || len(after) > 1 && (after[0] == ':' || after[0] == ' ') && isBlank(after[1])
	switch n {
	case 7: // od
		return isWide || after[0] == ' '
	case 8:
		return isWide
	case 6, 16:
		return (isWide || after[0] == ' ' && text[i+n-1] == '0') && beginsLine(text, i)
	}
	return isWide && beginsLine(text, i)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// beginsLine reports whether only blanks and 0x are before i in its line.
func beginsLine(text []byte, i int) bool {
	const most = 16 // blanks
	if i >= 2 && text[i-2] == '0' && text[i-1]|0x20 == 'x' {
		i -= 2
	}
	for range most {
		if i == 0 || !isBlank(text[i-1]) {
			break
		}
		i--
	}
	return i == 0 || text[i-1] == '\n' || text[i-1] == separator
}

// dumpLine adds the bytes of a line, behind its offset, and returns where the next line begins.
func (l *list) dumpLine(text []byte, from, i int) int {
	begin := len(l.view.text)
	for i < len(text) && (isBlank(text[i]) || text[i] == ':') {
		i++
	}
	for i < len(text) {
		n := digitsAt(text, i)
		isWide := i+1 < len(text) && isBlank(text[i]) && isBlank(text[i+1])
		switch done := max(0, len(l.view.text)-begin); {
		case is0x(text, i, n):
			i += len("0x")
			continue
		case n%2 != 0, n > longestInDump, n == 0 && !isBlank(text[i]) && text[i] != ':',
			done >= perLine && isWide, bytes.HasPrefix(text[i:], []byte("   ")):
			return l.endLine(text, from, i, done)
		case n == 0:
			i++
		default:
			l.add(text, i, i+n)
			i += n
		}
	}
	return i
}

// endLine skips the bytes of a line as text, with what is around them.
func (l *list) endLine(text []byte, from, i, bytesInLine int) int {
	const around = 24
	column := text[i:min(i+bytesInLine+around, len(text))]
	if end := bytes.IndexByte(column, '\n'); end >= 0 {
		l.has(from, i+end)
		return i + end + 1
	}
	l.has(from, i)
	return i
}

// octals decodes lists of bytes or words in octal, as od -b and od write them, without their offsets.
func (v *view) octals(text []byte, from, to int) {
	list := v.newList()
	for i := from; i < to; {
		n := digitsAt(text, i)
		value, ok := parse(text[i:i+min(n, 8)], 8)
		switch {
		case n == 3 && ok && value < 256:
			v.text = append(v.text, byte(value))
			list.has(i, i+n)
		case n == 6 && ok && value < 1<<16: // the last byte first
			v.text = append(v.text, byte(value), byte(value>>8))
			list.has(i, i+n)
		case n == 7 && ok: // an offset
		case n > 0:
			list.end()
		}
		i += max(n, 1)
	}
	list.end()
}

// cells decodes dumps of characters, as od -c and hexdump -c write them: behind the offset, four columns for each.
func (v *view) cells(text []byte) {
	list := v.newList()
	for begin, end := 0, 0; begin < len(text); begin = end + 1 {
		if end = begin + bytes.IndexByte(text[begin:], '\n'); end < begin {
			end = len(text)
		}
		n := digitsAt(text, begin)
		if n < 6 || n > 8 || begin+n == end || !v.parent.isNew(begin, end) {
			list.end()
			continue
		}
		for cells := text[begin+n : end]; len(cells) >= 4 && cells[0] == ' '; cells = cells[4:] {
			v.text = appendCell(v.text, bytes.TrimLeft(cells[1:4], " "))
			list.has(begin, end)
		}
		list.has(begin, end)
	}
	list.end()
}

// appendCell appends the byte that a cell stands for: itself, or its name, its escape or its number.
func appendCell(dst, cell []byte) []byte {
	switch name := string(cell); {
	case name == "", name == "sp":
		return append(dst, ' ')
	case len(name) == 1:
		return append(dst, name[0])
	case name[0] == '\\':
		dst, _ = escapedBy(dst, cell)
		return dst
	}
	if n, ok := parse(cell, 8); ok {
		return append(dst, byte(n))
	}
	return append(dst, separator) // a character that is no part of a value
}
