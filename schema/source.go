package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read at all. A schema of 10,000 secrets has 2 MB; what is above these is no schema.
const (
	maxSize    = 8 << 20
	maxDepth   = 100     // of mappings and lists in each other; a schema has 5
	maxAliased = 100_000 // values reached through aliases
	maxRun     = 1_000   // of what the YAML scanner reads in quadratic time, see checkRuns
)

// parseTree reads src, YAML or JSON, into a tree that knows its positions. The mistakes are those of syntax; the tree is
// nil if it can't be trusted.
func parseTree(src []byte) (*node, []mistake) {
	if len(src) > maxSize {
		return nil, []mistake{{Pos{1, 1}, fmt.Sprintf("the file has %d bytes, a schema may have at most %d", len(src), maxSize)}}
	}
	// One kind of line end: the YAML scanner counts "\r\n" after a comment twice.
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
	if bad := checkRuns(text); bad != nil {
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
	if utf8.ValidString(text) {
		return nil
	}
	pos := Pos{1, 1}
	for {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			return &mistake{pos, fmt.Sprintf("the byte 0x%02x is not UTF-8, save the file as UTF-8", text[0])}
		}
		pos.Column++
		if r == '\n' {
			pos = Pos{pos.Line + 1, 1}
		}
		text = text[size:]
	}
}

// checkRuns refuses the few inputs for which the YAML scanner needs quadratic time: it looks ahead to the end of the run
// at every "<" of a run, to the end of the line at every quoted tab, and copies a block once for each empty line after it.
func checkRuns(text string) *mistake {
	pos, tabs, angles, emptyLines, empty := Pos{1, 0}, 0, 0, 0, true
	for _, c := range text {
		pos.Column++
		empty = empty && (c == ' ' || c == '\t' || c == '\n')
		switch c {
		case '\n':
			emptyLines++
			if !empty {
				emptyLines = 0
			}
			pos, tabs, angles, empty = Pos{pos.Line + 1, 0}, 0, 0, true
		case '\t':
			tabs++
		case '<':
			angles++
		default:
			angles = 0
		}
		if tabs > maxRun || angles > maxRun || emptyLines > maxRun {
			return &mistake{Pos{pos.Line, max(pos.Column, 1)}, fmt.Sprintf(`more than %d tabs in a line, empty lines or "<" in a row`, maxRun)}
		}
	}
	return nil
}

// lines are those of a text with "\n" line ends.
type lines []string

// clamp returns the place in the text that is nearest to pos.
func (l lines) clamp(pos Pos) Pos {
	line := min(max(pos.Line, 1), len(l))
	if line != pos.Line {
		pos.Column = 1
	}
	if pos.Column > len(l[line-1]) { // so many bytes, or fewer characters: count
		pos.Column = min(pos.Column, utf8.RuneCountInString(l[line-1])+1)
	}
	return Pos{line, max(pos.Column, 1)}
}
