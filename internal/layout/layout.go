// Package layout says how a text looks in a window: what of it can be seen, where its lines break, and whether there is
// room for it.
//
// The generator, the runtime and the dialogs all measure by this package, so that a text which the generator lets through
// is one that a dialog shows whole. Begin with [Fits]. What must be shown is measured and never cut; what may be shortened,
// such as a tool's name, is shortened by [Shorten] or [Clip] and ends in "…" or has one in it.
package layout

import (
	"strings"
	"unicode"
)

// The size of a window's text. So much, with an entry and buttons, is whole on a screen of 1024 by 768.
const (
	Lines   = 25
	Columns = 60 // even of the widest letters
)

// Fits reports whether a window shows text whole.
func Fits(text string) bool { return Height(text) <= Lines }

// Height returns how many lines of a window text takes.
func Height(text string) int { return len(wrap(clean(text), Columns)) }

// Width returns how many columns text takes on one line. Characters of scripts beyond the Latin, the Greek and the Cyrillic
// count as two, as the wide ones of East Asia are.
func Width(text string) int {
	used := 0
	for _, r := range text {
		used += width(r)
	}
	return used
}

// Line returns text in one line, of any length, without what can't be seen.
func Line(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// Shorten returns text in one line of at most so many columns. What is too much goes from the middle, for "…": names that
// are alike differ at either end.
func Shorten(text string, columns int) string {
	text = Line(text)
	if Width(text) <= columns {
		return text
	}
	first, _ := cut(text, columns/2)
	room, last := columns-Width(first)-1, len(text)
	runes := []rune(text)
	for i := len(runes) - 1; i >= 0; i-- {
		if room -= width(runes[i]); room < 0 {
			break
		}
		last -= len(string(runes[i]))
	}
	return first + "…" + text[last:]
}

// Clip returns text if it takes at most so many lines of a window, else its first lines, with "…" for what is too much.
func Clip(text string, lines int) string {
	wrapped := wrap(clean(text), Columns)
	if len(wrapped) <= lines {
		return text
	}
	return bounded(wrapped, lines, Columns)
}

// Hang returns text in one line, broken for a window so that all but its beginning is indented. No part of it looks like a
// line of its own then: otherwise who chooses a long name would choose what a line begins with.
func Hang(text string) string {
	line := Line(text)
	lines := breakLine(line, Columns)
	if len(lines) == 1 {
		return line
	}
	rest := strings.TrimLeft(line[len(lines[0]):], " ")
	return lines[0] + "\n" + indent + strings.Join(breakLine(rest, Columns-len(indent)), "\n"+indent)
}

const indent = "    "

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
	if lines == 1 {
		text = Line(text)
	}
	text = clean(text)
	if strings.HasPrefix(text, " -") {
		columns = max(columns, 2) // so that the line is not broken after the space
	}
	return bounded(wrap(text, columns), lines, columns)
}

// clean is Clean before lines are broken or cut.
func clean(text string) string {
	text = strings.Trim(withoutTrailingSpaces(visible(text)), " \n")
	if strings.HasPrefix(text, "-") {
		text = " " + text
	}
	return text
}

// bounded joins lines of a width, and cuts what is too much.
func bounded(wrapped []string, lines, columns int) string {
	if len(wrapped) > lines {
		wrapped = wrapped[:lines]
		first, _ := cut(wrapped[lines-1], columns-1)
		wrapped[lines-1] = first + "…"
	}
	return strings.Join(wrapped, "\n")
}

// wrap breaks the lines of text.
func wrap(text string, columns int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, breakLine(line, columns)...)
	}
	return lines
}
func withoutTrailingSpaces(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// Shows reports whether a character can be seen in a window, as space or as itself.
func Shows(r rune) bool { return unicode.IsSpace(r) || visible(string(r)) == string(r) }

// visible keeps what can be seen, spaces and line breaks.
func visible(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !isPlain(r) }) {
		return text
	}
	var b strings.Builder
	marks := 0
	text = strings.ReplaceAll(text, "\r\n", "\n")
	b.Grow(len(text))
	for _, r := range text { // invalid UTF-8 comes as U+FFFD
		if isPlain(r) {
			b.WriteByte(byte(r))
			marks = 0
			continue
		}
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

// isPlain reports whether a character is seen as it is, as nearly all are: of ASCII without control characters.
func isPlain(r rune) bool { return r >= ' ' && r <= '~' || r == '\n' }

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
	case r < 0x0300:
		return 1
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
