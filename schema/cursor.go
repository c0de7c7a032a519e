package schema

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// A cursor follows the scanner's tokens through the file, because the scanner's own columns leave out tabs and fall back
// by one behind a tag.
type cursor struct {
	lines  lines
	line   int
	column int
	rest   string // of the line, from column on
	taken  bool   // whether a token begins here already
	unsure bool   // whether the scanner's columns need a correction in this line
}

// find puts the cursor at t, and t's position where it really is.
func (c *cursor) find(t *token.Token) {
	p := t.Position
	if p.Line != c.line {
		c.line, c.column, c.rest, c.taken = p.Line, 1, c.lines[p.Line-1], false
		c.unsure = strings.ContainsAny(c.rest, "\t!")
	}
	if !c.unsure && t.Type != token.DoubleQuoteType {
		return
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(t.Origin, " \t\n"))
	column, rest := c.column, c.rest
	for rest != "" {
		r, size := utf8.DecodeRuneInString(rest)
		if r == first && column >= p.Column && !(c.taken && column == c.column) {
			c.column, c.rest, c.taken = column, rest, true
			p.Column = column
			return
		}
		column, rest = column+1, rest[size:]
	}
	c.unsure = false // lost: trust the scanner again
}

// badEscape returns the place of the first escape, in the double-quoted text at the cursor, whose digits are none: the
// scanner makes up a character for it.
func (c cursor) badEscape() (Pos, bool) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}
	rest, p := c.rest[1:], Pos{c.line, c.column + 1}
	for {
		for rest != "" && rest[0] != '"' {
			_, size := utf8.DecodeRuneInString(rest)
			width := 1
			if rest[0] == '\\' && len(rest) > 1 {
				n := digits[rest[1]]
				if hex := rest[2:]; len(hex) < n || strings.Trim(hex[:n], "0123456789abcdefABCDEF") != "" {
					return p, true
				}
				_, next := utf8.DecodeRuneInString(rest[1:])
				size, width = 1+next, 2
			}
			rest = rest[size:]
			p.Column += width
		}
		if rest != "" || p.Line >= len(c.lines) {
			return Pos{}, false
		}
		rest, p = c.lines[p.Line], Pos{p.Line + 1, 1}
	}
}
