package field

import (
	"bytes"
	"strings"
	"unicode"
)

// The one rule for what people enter, whether they type it, paste it or name a file, has two halves. [Field.Clean] takes off
// what is surely an accident of copying. What may be meant stays, and [Field.Check] refuses it by name: see unseen.go.

// MaxEntry is how many bytes a value may have as it is entered, with what [Field.Clean] takes off: four times [MaxSize],
// since a file of short lines that end in CR LF has up to twice the bytes of the value.
const MaxEntry = 4 * MaxSize

// The marks that a terminal puts around what is pasted into it (xterm's bracketed paste mode, ESC [ 200 ~).
const (
	PasteStart = "\x1b[200~"
	PasteEnd   = "\x1b[201~"
)

// pasteMarks are those marks, and what is left of them where a program on the way shows or eats the escape character.
// Only the first two are found anywhere; nobody means what begins and ends with a pair of the others.
var pasteMarks = []struct{ start, end string }{
	{PasteStart, PasteEnd},
	{"\u009b200~", "\u009b201~"},
	{"^[[200~", "^[[201~"},
	{"[200~", "[201~"},
}

// Clean returns the value that a person means who enters text. Whoever takes a value from a person calls it before
// [Field.Check], so that a dialog, a terminal and a file make the same of the same text. It takes off
//
//   - the marks of a terminal's bracketed paste;
//   - characters that nobody sees around the value, such as a byte order mark, zero-width and no-break spaces;
//   - spaces and line ends around a value of one line. Those of multiline are part of it, but each line end, CR LF or CR,
//     becomes LF.
//
// Of a list, it does so with each item, and writes the list as [JoinList] does.
//
// It returns a text of more than [MaxEntry] bytes as it is: that may be cut, and Check refuses it. A value that is read
// from a store is never cleaned.
func (f Field) Clean(text string) string {
	if len(text) > MaxEntry {
		return text
	}
	if f.List {
		return cleanList(text, f.Item().Clean)
	}
	text = withoutMarks(text)
	around := isAround
	if f.Type == Multiline {
		around = isUnseen
	}
	for {
		text = strings.TrimFunc(text, around)
		pasted, ok := insideMarks(text)
		if !ok {
			break
		}
		text = pasted
	}
	if f.Type == Multiline {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	}
	return text
}

// isAround tells what may be around a value of one line without being part of it. What changes the look of the character
// before it, as in some emoji, is part of it.
func isAround(r rune) bool { return unicode.IsSpace(r) || isUnseen(r) && !unicode.In(r, dressing) }

// withoutMarks removes the marks of a bracketed paste, also those that only the removal of others makes.
func withoutMarks(text string) string {
	if !strings.ContainsAny(text, "\x1b\u009b") {
		return text
	}
	kept := make([]byte, 0, len(text))
	for i := range len(text) {
		kept = append(kept, text[i])
		for _, mark := range pasteMarks[:2] {
			kept = bytes.TrimSuffix(bytes.TrimSuffix(kept, []byte(mark.start)), []byte(mark.end))
		}
	}
	return string(kept)
}

// insideMarks returns what is between a pair of marks that begin and end text, but for white space around them.
func insideMarks(text string) (pasted string, ok bool) {
	outer := strings.TrimSpace(text)
	for _, mark := range pasteMarks {
		if inner, begins := strings.CutPrefix(outer, mark.start); begins {
			if inner, ends := strings.CutSuffix(inner, mark.end); ends {
				return inner, true
			}
		}
	}
	return "", false
}
