package dialog

import (
	"strings"
	"unicode"
)

// Clean makes a text harmless on its way to the screen: what is left is seen as
// it is, in reading order, within the given number of lines and columns, and is
// never taken for an option.
//
//   - Invisible characters go: NUL and other controls, zero-width ones, and those
//     that reverse the direction of reading. Line breaks stay while more than
//     one line is allowed; other white space becomes a space. Invalid UTF-8 and
//     characters without a meaning become U+FFFD.
//   - Piles of accents, which paint over the lines around, are cut at four.
//   - Long lines are broken. What is too much is cut, and ends with "…".
//   - A text that begins with "-" is led by a space: GTK reads its options from
//     all arguments, wherever they stand, before the program reads its own.
//
// To bound a part of a larger text on its own, clean the part first.
func Clean(text string, lines, columns int) string {
	text = visible(text)
	if lines == 1 {
		text = strings.Join(strings.Fields(text), " ")
	}
	text = strings.Trim(withoutTrailingSpaces(text), " \n")
	if strings.HasPrefix(text, "-") {
		text = " " + text
		columns = max(columns, 2) // so that the line is not broken after the space
	}
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		out = append(out, breakLine(line, columns)...)
		if len(out) > lines {
			break
		}
	}
	if len(out) > lines {
		out = out[:lines]
		first, _ := cut(out[lines-1], columns-1)
		out[lines-1] = first + "…"
	}
	return strings.Join(out, "\n")
}

func withoutTrailingSpaces(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// visible keeps what can be seen, spaces and line breaks.
func visible(text string) string {
	var b strings.Builder
	marks := 0
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, r := range text { // invalid UTF-8 comes as U+FFFD
		// Controls, and Cf has all that is zero-width or bidirectional. They part no pile of accents.
		if unicode.In(r, unicode.Variation_Selector, blank) || unicode.In(r, unicode.Cc, unicode.Cf) && !unicode.IsSpace(r) {
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case marks > 4:
			// nothing
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte('\n')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsGraphic(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// blank are letters and symbols that look like nothing.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // Braille blank
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth Hangul filler
	},
}

// breakLine breaks a line at spaces, or inside a word that is too long.
func breakLine(line string, columns int) []string {
	var lines []string
	for {
		first, rest := cut(line, columns)
		if rest == "" {
			return append(lines, first)
		}
		if i := strings.LastIndexByte(first, ' '); i > 0 && rest[0] != ' ' {
			first, rest = line[:i], line[i:]
		}
		if first = strings.TrimRight(first, " "); first != "" {
			lines = append(lines, first)
		}
		line = strings.TrimLeft(rest, " ")
	}
}

// cut splits a line so that the first part has at most so many columns, but at
// least one character.
func cut(line string, columns int) (first, rest string) {
	used := 0
	for i, r := range line {
		if used += width(r); used > columns && i > 0 {
			return line[:i], line[i:]
		}
	}
	return line, ""
}

// width says how many columns a character takes. Rather too many: then a line
// is broken too early, which is better than a window wider than the screen.
func width(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0xfdf0 && r <= 0xfdfd, r >= 0x12000 && r <= 0x1254f, r == 0x2e3a, r == 0x2e3b:
		return 12 // whole phrases in one Arabic character, cuneiform, the longest dashes
	case r < 0x0590, r >= 0x2000 && r < 0x2c00:
		return 1 // Latin, Greek, Cyrillic and their neighbours; punctuation and symbols
	default:
		return 2
	}
}

// The bounds of a dialog's texts.
const (
	textLines    = 24
	titleColumns = 60
	labelColumns = 30
)

func cleanText(text string) string   { return Clean(text, textLines, textColumns) }
func cleanTitle(title string) string { return Clean(title, 1, titleColumns) }
func cleanLabel(label string) string { return Clean(label, 1, labelColumns) }

// plain is one line without anything that Clean removes, of any sensible
// length and beginning with anything.
func plain(text string) string {
	return strings.TrimPrefix(Clean("."+text, 1, 1000), ".")
}
