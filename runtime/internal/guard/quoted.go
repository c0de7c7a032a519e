package guard

import "bytes"

// Quoted-printable (RFC 2045), and the encoded words of headers (RFC 2047).

// quotedPrintable undoes =41 and the line ends that it hides; in encoded words also the spaces, and what joins two of them.
func quotedPrintable(v *view, text []byte) {
	var word encodedWord // that i is in, or was in last
	for i := nextQuoted(text, 0, word); i < len(text); i = nextQuoted(text, i, word) {
		next, isWord := wordAt(text, i)
		switch {
		case !v.parent.isNew(i, i+3):
			i++
		case isWord:
			if i >= word.after && word.to >= max(v.kept, 1) && len(bytes.TrimSpace(text[word.after:i])) == 0 {
				v.change(text, word.to, next.from)
				v.isSure = true
			}
			word = next
			i = word.from
		case text[i] == '_':
			v.isSure = true
			v.change(text, i, i+1, ' ')
			i++
		default:
			i += v.quoted(text, i)
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
var followsQuoted = setOf(digits + "ABCDEF?\r\n")

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

// quoted undoes what begins at i with "=", and returns its width. One alone that has only decimal digits is mostly a setting, such
// as "limit=20".
func (v *view) quoted(text []byte, i int) (width int) {
	switch rest := text[i+1:]; {
	case len(rest) >= 2 && isUpperHex(rest[0]) && isUpperHex(rest[1]):
		v.isSure = v.isSure || rest[0] > '9' || rest[1] > '9' || v.changed && i == v.kept
		v.change(text, i, i+3, byte(digitOf(rest[0])<<4|digitOf(rest[1])))
		return 3
	case bytes.HasPrefix(rest, []byte("\r\n")) && isFull(text[:i]):
		v.isSure = true
		v.change(text, i, i+3)
		return 3
	case bytes.HasPrefix(rest, []byte("\n")) && isFull(text[:i]):
		v.isSure = true
		v.change(text, i, i+2)
		return 2
	}
	return 1
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
