package guard

import "bytes"

// Lists of bytes in hexadecimal: with spaces, commas, colons or the like between them, with 0x before each, in groups of two or
// more; and dumps, where a line begins with its offset and ends with the same bytes as text.

const (
	longestGroup = 8  // digits; more are a run, or a number
	perLine      = 16 // bytes in a line of a dump
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
			next := v.dumpLine(text, i+n)
			list.has(i, next-1) // without the line end
			i = next
			if n := digitsAt(text, i); isOffset(text, i, n) {
				to = max(to, i+1)
			}
		case text[i] == '0' && n == 1 && i+1 < len(text) && text[i+1]|0x20 == 'x':
			i += 2
		case n%2 == 0 && n <= longestGroup:
			v.text = appendHex(v.text, text[i:i+n])
			list.has(i, i+n)
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
}

func (v *view) newList() list { return list{view: v, begin: len(v.text), from: -1} }

func (l *list) has(from, to int) {
	if l.from < 0 {
		l.from = from
	}
	l.to = to
}

// end ends the list, and begins another one.
func (l *list) end() {
	if l.from >= 0 {
		l.view.decoded(l.begin, l.from, l.to)
	}
	*l = l.view.newList()
}

// digitsAt counts the hexadecimal digits at i.
func digitsAt(text []byte, i int) int {
	n := 0
	for i+n < len(text) && inHex[text[i+n]] {
		n++
	}
	return n
}

// isOffset reports whether the n digits at i are the offset of a line, as xxd, hexdump, od and Go write it.
func isOffset(text []byte, i, n int) bool {
	if n < 6 || n > 8 {
		return false
	}
	after := text[i+n:]
	return bytes.HasPrefix(after, []byte(": ")) || bytes.HasPrefix(after, []byte("  ")) || n == 7 && bytes.HasPrefix(after, []byte(" "))
}

// dumpLine decodes the bytes of a line, behind its offset, and returns where the next line begins.
func (v *view) dumpLine(text []byte, i int) int {
	begin := len(v.text)
	for i < len(text) && len(v.text)-begin < perLine && !bytes.HasPrefix(text[i:], []byte("   ")) {
		n := digitsAt(text, i)
		if n%2 != 0 || n > longestGroup || n == 0 && text[i] != ' ' && text[i] != ':' {
			break
		}
		v.text = appendHex(v.text, text[i:i+n])
		i += max(n, 1)
	}
	const column = 40 // at least as long as the bytes as text, with what is around them
	if end := bytes.IndexByte(text[i:min(i+column, len(text))], '\n'); end >= 0 {
		return i + end + 1
	}
	return i
}
