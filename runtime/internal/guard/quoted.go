package guard

import (
	"bytes"
	"slices"
)

// Quoted-printable (RFC 2045), and the encoded words of headers (RFC 2047).

// quotedPrintable undoes =41 and the line ends that it hides, in paragraphs that are surely written so; in encoded words also the
// spaces, and what joins two of them.
func quotedPrintable(v *view, text []byte) {
	var word encodedWord // that i is in, or was in last
	var around paragraph
	v.leaves = false
	for i := nextQuoted(text, 0, word); i < len(text); i = nextQuoted(text, i, word) {
		next, isWord := wordAt(text, i)
		switch {
		case !v.parent.isNew(i, i+3):
			i++
		case isWord:
			if i >= word.after && word.to >= max(v.kept, 1) && len(bytes.TrimSpace(text[word.after:i])) == 0 {
				v.change(text, word.to, next.from)
			}
			word = next
			i = word.from
		case text[i] == '_':
			v.change(text, i, i+1, ' ')
			i++
		case i < word.to:
			i += v.quoted(text, i)
		default:
			if isEscape(text[i+1:]) || softBreak(text[i+1:]) > 0 {
				around = around.with(text, i)
			}
			if i < around.to && around.isSure {
				i += v.quoted(text, i)
			} else {
				v.leaves = true
				i++
			}
		}
	}
	v.end(text)
}

// perhapsQuoted undoes what quotedPrintable leaves, and small letters, which no program writes but many read. It may be a name and the
// sign behind it as well: "key=42eC" is no "keyBeC". So nothing counts that has none of it.
func perhapsQuoted(v *view, text []byte) {
	v.guesses, v.leaves = true, false
	v.eachDoubt(text, func(i int) (width int) {
		width = v.quoted(text, i)
		v.leaves = v.leaves || width > 1 && isSpace(text[i+1])
		return width
	})
}

// perhapsJoined undoes only the line ends that quotedPrintable leaves, for what is encoded on both sides. It leaves them where
// something was found beside one: that is encoded alone, and ends with "=".
func perhapsJoined(v *view, text []byte) {
	v.eachDoubt(text, func(i int) (width int) {
		if softBreak(text[i+1:]) == 0 || v.parent.gone.hasAny(max(0, i-1), min(i+4, len(text))) {
			return 1
		}
		return v.quoted(text, i)
	})
}

// eachDoubt has what begins with each "=" undone that quotedPrintable leaves.
func (v *view) eachDoubt(text []byte, undo func(i int) (width int)) {
	var around paragraph
	for i := 0; ; {
		next := bytes.IndexByte(text[i:], '=')
		if next < 0 {
			break
		}
		i += next
		if v.parent.isQuoted {
			around = around.with(text, i)
		}
		if around.isSure || !v.parent.isNew(i, i+3) {
			i++
		} else {
			i += undo(i)
		}
	}
	v.end(text)
}

// nextQuoted returns where, at or after i, something may be to undo.
func nextQuoted(text []byte, i int, word encodedWord) int {
	if i < word.to && word.isQuoted {
		if next := bytes.IndexAny(text[i:word.to], "=_"); next >= 0 {
			return i + next
		}
	}
	for i = max(i, word.to); i < len(text); i++ {
		next := bytes.IndexByte(text[i:], '=')
		if next < 0 {
			break
		}
		if i += next; i+1 < len(text) && followsQuoted[text[i+1]] {
			return i
		}
	}
	return len(text)
}

// followsQuoted has what may follow "=" if that is no usual sign.
var followsQuoted = setOf(digits + "ABCDEFabcdef?\r\n")

// An encodedWord is where the text of one is, and where all of it ends.
type encodedWord struct {
	from, to, after int
	isQuoted        bool // or else in base64
}

// wordAt returns the encoded word that begins at i, if one does.
func wordAt(text []byte, i int) (word encodedWord, ok bool) {
	const longest = 100 // RFC 2047 has 75
	near := text[i:min(i+longest, len(text))]
	if !bytes.HasPrefix(near, []byte("=?")) {
		return word, false
	}
	from := 2 + bytes.IndexByte(near[2:], '?') + 1
	if from < 4 || from+2 > len(near) || near[from+1] != '?' {
		return word, false
	}
	encoding := near[from] | 0x20
	from += 2
	length := bytes.Index(near[from:], []byte("?="))
	if length < 0 || encoding != 'q' && encoding != 'b' {
		return word, false
	}
	word = encodedWord{from: i + from, to: i + from + length, isQuoted: encoding == 'q'}
	word.after = word.to + len("?=")
	return word, true
}

// quoted undoes what begins at i with "=", and returns its width.
func (v *view) quoted(text []byte, i int) (width int) {
	rest := text[i+1:]
	if len(rest) >= 2 && inHex[rest[0]] && inHex[rest[1]] {
		v.change(text, i, i+3, byte(digitOf(rest[0])<<4|digitOf(rest[1])))
		return 3
	}
	if width = softBreak(rest); width > 0 && isFull(text, i) {
		v.change(text, i, i+1+width)
		return 1 + width
	}
	return 1
}

// softBreak returns the width of the line end that a text begins with, 0 if it begins with none.
func softBreak(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("\n")):
		return 1
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	}
	return 0
}

// A paragraph is a line with those that soft line breaks join to it.
type paragraph struct {
	from, to int
	isSure   bool
}

// with returns the paragraph around i, which is p or behind it.
func (p paragraph) with(text []byte, i int) paragraph {
	if i < p.to {
		return p
	}
	return paragraphAt(text, beginOfLine(text, p.to, i))
}

// How much each sign says that a paragraph is quoted-printable. Names with values behind them have some of these signs by chance,
// and base64 may end with "=" where a line does.
const (
	byByte   = 1 // one that has to be escaped, with a letter among its digits
	byBreak  = 2
	byEquals = 2 // "=" itself
	byRow    = 3 // an escape behind another
	surely   = 3
	isNoSign = 0
)

// paragraphAt returns the paragraph that begins at from. All "=" in one that is quoted-printable are escapes or end a line.
func paragraphAt(text []byte, from int) paragraph {
	p := paragraph{from: from}
	signs, isValid, line, escaped := 0, true, from, -1
	i := from
	for ; i < len(text) && text[i] != '\n' && text[i] != separator; i++ {
		if text[i] != '=' {
			continue
		}
		rest := text[i+1:]
		switch width := softBreak(rest); {
		case width > 0 && isFull(text, i):
			signs += signOfBreak(text[line:i])
			i += width
			line = i + 1
		case isEscape(rest):
			signs += signOf(rest[0], rest[1])
			if escaped == i {
				signs += byRow
			}
			i += 2
			escaped = i + 1
		default: // also what encodes a word of a header
			isValid = isValid && (len(rest) > 0 && rest[0] == '?' || i > from && text[i-1] == '?')
		}
	}
	p.to, p.isSure = i, isValid && signs >= surely
	return p
}

// isFull reports whether the line that ends at i is as long as one that is broken only because of its length. Any other
// that ends with "=" may be the name of something on the next line.
func isFull(text []byte, i int) bool {
	const least, most, mostAtFirst = 72, 76, 100 // RFC 2045 has 76; encoders don't break within =41, and something may stand before the text
	begin := beginOfLine(text, max(0, i-mostAtFirst-1), i)
	before := bytes.TrimRight(text[max(0, begin-3):begin], "\r\n")
	if isFirst := !bytes.HasSuffix(before, []byte("=")); isFirst {
		return i-begin >= least && i-begin <= mostAtFirst
	}
	return i-begin >= least && i-begin < most
}

// beginOfLine returns where the line around i begins, or least if it begins before that.
func beginOfLine(text []byte, least, i int) int {
	for i > least && text[i-1] != '\n' && text[i-1] != separator {
		i--
	}
	return i
}

func signOf(high, low byte) int {
	switch c := digitOf(high)<<4 | digitOf(low); {
	case c == '=':
		return byEquals
	case high <= '9' && low <= '9':
		return isNoSign
	case c >= 0x80, c == '\n', c == '\r':
		return byByte
	}
	return isNoSign
}

// signOfBreak is signOf for the end of a line that the next one goes on with. One of base64 may end with "=" itself.
func signOfBreak(line []byte) int {
	const read = 4 // letters of base64 that are read together
	if (len(line)+1)%read == 0 && !slices.ContainsFunc(line, func(c byte) bool { return !inBase64[c] }) {
		return isNoSign
	}
	return byBreak
}

// isEscape reports whether a text begins with what follows "=" in an escape, as programs write it.
func isEscape(text []byte) bool {
	return len(text) >= 2 && isUpperHex(text[0]) && isUpperHex(text[1])
}

func isUpperHex(c byte) bool { return inHex[c] && c < 'a' }
