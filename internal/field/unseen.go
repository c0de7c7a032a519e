package field

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters that nobody sees get into a value by copying it from a web page, a chat or a document. Around a value they
// are taken off; inside it they may be meant, and are refused by name and place.

// checkUnseen refuses the first character of text that nobody sees, unless the type has a use for it:
//
//   - A text, and one of several lines, may have what spells a word or makes an emoji: see [Spells].
//   - JSON may have anything in its strings, since every reader of JSON takes that. No reader of JSON takes it elsewhere,
//     nor does one of PEM anywhere.
//   - A choice is what the schema says.
func (f Field) checkUnseen(text string) *Problem {
	if f.Type == Choice && (!f.Open || f.isListed(text)) {
		return nil
	}
	isWords := f.Type == Text || f.Type == Multiline
	var before rune // the last character that is seen
	for i, r := range text {
		if !isUnseen(r) && !(f.Type == Multiline && isStray(r)) {
			before = r
			continue
		}
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		if isWords && Spells(r, before, after) {
			continue
		}
		if f.Type == Multiline && json.Valid([]byte(text)) {
			return nil
		}
		return &Problem{Kind: Unseen, Found: fmt.Sprintf("%s (%U) %s", nameOf(r), r, f.placeAfter(text[:i]))}
	}
	return nil
}

// isUnseen tells the characters that are drawn as nothing, or as a space although they are not the ordinary one.
func isUnseen(r rune) bool {
	return r > unicode.MaxASCII && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) && unicode.In(r, unicode.Cf, unicode.Zs,
		unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, brailleBlank)
}

var brailleBlank = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}}

// isStray tells the controls that are no white space, which no text of several lines has.
func isStray(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\v\f\r", r) }

// dressing is what changes the look of the character before it: variation selectors, and the tags in the flags of regions.
var dressing = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0xe0020, Hi: 0xe007f, Stride: 1}, {Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}

// Spells reports whether r is spelling beside the characters before and after it. The joiners are that in Persian and the
// Indic scripts and in emoji, and the ideographic space is what the space bar types in Japanese. Beside ASCII, and at the end, where
// after is utf8.RuneError, they are not.
func Spells(r, before, after rune) bool {
	const nonJoiner, joiner, ideographicSpace = '\u200c', '\u200d', '\u3000'
	if r != nonJoiner && r != joiner && r != ideographicSpace && !unicode.In(r, dressing) {
		return false
	}
	return before > unicode.MaxASCII || after > unicode.MaxASCII && after != utf8.RuneError && !isUnseen(after)
}

// placeAfter says where a character is that follows text, such as "after the 5th character".
func (f Field) placeAfter(text string) string {
	lines := strings.Split(text, "\n")
	count := utf8.RuneCountInString(lines[len(lines)-1])
	switch {
	case f.Type != Multiline && count == 0:
		return "at the beginning"
	case f.Type != Multiline:
		return "after the " + ordinal(count) + " character"
	case count == 0:
		return fmt.Sprintf("at the beginning of line %d", len(lines))
	}
	return fmt.Sprintf("after the %s character of line %d", ordinal(count), len(lines))
}

func ordinal(n int) string {
	ending := "th"
	if tens := n / 10 % 10; tens != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprint(n) + ending
}

// unseenNames are the names of the characters that people meet, mostly those of Unicode.
var unseenNames = map[rune]string{
	'\u00a0': "a no-break space",
	'\u00ad': "a soft hyphen",
	'\u061c': "an Arabic letter mark",
	'\u2007': "a figure space",
	'\u2009': "a thin space",
	'\u200b': "a zero-width space",
	'\u200c': "a zero-width non-joiner",
	'\u200d': "a zero-width joiner",
	'\u200e': "a left-to-right mark",
	'\u200f': "a right-to-left mark",
	'\u2028': "a line separator",
	'\u2029': "a paragraph separator",
	'\u202a': "a left-to-right embedding",
	'\u202b': "a right-to-left embedding",
	'\u202c': "an end of a change of direction",
	'\u202d': "a left-to-right override",
	'\u202e': "a right-to-left override",
	'\u202f': "a narrow no-break space",
	'\u2060': "a word joiner",
	'\u2066': "a left-to-right isolate",
	'\u2067': "a right-to-left isolate",
	'\u2068': "a first strong isolate",
	'\u2069': "an end of an isolate",
	'\u2800': "a Braille blank",
	'\u3000': "an ideographic space",
	'\u3164': "a Hangul filler",
	'\ufeff': "a byte order mark",
}

func nameOf(r rune) string {
	if name, ok := unseenNames[r]; ok {
		return name
	}
	switch {
	case unicode.IsControl(r):
		return "a control character"
	case unicode.IsSpace(r):
		return "a space that is not the ordinary one"
	default:
		return "an invisible character"
	}
}
