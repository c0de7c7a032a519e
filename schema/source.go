package schema

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read at all. A schema of 10,000 secrets has 2 MB; what is above these is no schema.
const (
	maxSize    = 4 << 20
	maxDepth   = 100     // of mappings and lists in each other; a schema has 5
	maxAliased = 100_000 // values reached through aliases
)

// parseTree reads src, YAML or JSON, into a tree that knows its positions. The mistakes are those of
// syntax; the tree is nil if it can't be trusted.
func parseTree(src []byte) (*node, []mistake) {
	if len(src) > maxSize {
		return nil, []mistake{{Pos{1, 1}, fmt.Sprintf("the file has %d bytes, a schema may have at most %d", len(src), maxSize)}}
	}
	// One kind of line end, so that places are counted in one way.
	text := strings.TrimPrefix(string(src), "\uFEFF")
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	if bad := checkUTF8(text); bad != nil {
		return nil, []mistake{*bad}
	}
	if strings.HasPrefix(strings.TrimLeft(text, " \t\n"), "{") {
		return parseJSON(text)
	}
	if bad := checkCharacters(text); bad != nil {
		return nil, []mistake{*bad}
	}
	if bad := lacksDocument(text); bad != nil {
		return nil, []mistake{*bad}
	}
	return parseYAML(text)
}

// A mistake is an [Error] that does not know its file yet.
type mistake struct {
	pos  Pos
	text string
}

func checkUTF8(text string) *mistake {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return &mistake{placeOf(text, i), fmt.Sprintf("the byte 0x%02x is not UTF-8, save the file as UTF-8", text[i])}
		}
	}
	return nil
}

// checkCharacters refuses what yaml/v4 refuses without a place, and what only it takes for the end of a
// line.
func checkCharacters(text string) *mistake {
	for i, r := range text {
		switch {
		case r >= ' ' && r < '\u0085', r == '\n', r == '\t':
		case r < ' ', r == '\u0085', r == '\u2028', r == '\u2029', r == '\uFEFF', r == '\uFFFE', r == '\uFFFF':
			return &mistake{placeOf(text, i), fmt.Sprintf("the invisible character %U can't stand in YAML, remove it", r)}
		}
	}
	return nil
}

// placeOf returns the place of an offset in a text.
func placeOf(text string, offset int) Pos {
	before := text[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return Pos{strings.Count(before, "\n") + 1, utf8.RuneCountInString(line) + 1}
}

// lines are those of a text with "\n" line ends.
type lines []string

// clamp returns the place in the text that is nearest to pos.
func (l lines) clamp(pos Pos) Pos {
	line := min(max(pos.Line, 1), len(l))
	switch {
	case pos.Line < line:
		pos.Column = 1
	case pos.Line > line:
		pos.Column = math.MaxInt
	}
	if pos.Column > len(l[line-1]) { // so many bytes, or fewer characters: count
		pos.Column = min(pos.Column, utf8.RuneCountInString(l[line-1])+1)
	}
	return Pos{line, max(pos.Column, 1)}
}

// A cursor finds places in a text. It does so quickly if each is further on than the last, also in a line
// of a million characters.
type cursor struct {
	lines  lines
	pos    Pos
	offset int // of pos in its line, in bytes
}

// split returns what stands in the line of pos before it and from it on.
func (c *cursor) split(pos Pos) (before, rest string) {
	line := c.lines[pos.Line-1]
	if pos.Line != c.pos.Line || pos.Column < c.pos.Column {
		c.pos, c.offset = Pos{pos.Line, 1}, 0
	}
	for c.pos.Column < pos.Column && c.offset < len(line) {
		_, size := utf8.DecodeRuneInString(line[c.offset:])
		c.offset += size
		c.pos.Column++
	}
	return line[:c.offset], line[c.offset:]
}
