package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// What people read in a dialog must fit the screen, and must look like what it is.

// holes are what the runtime's sentences fill in. A schema's text with a hole in it would be filled in too.
var holes = wording.Holes()

const (
	oneLine      = false
	severalLines = true
)

// helpCharacters bounds what is looked at: so many fill the lines of a help text.
const helpCharacters = field.HelpLines * (layout.Columns + len("\n"))

// line reads a text of one line that people will read.
func (r *reader) line(n *node, key string, columns int) string {
	text := r.shown(n, key, columns, oneLine)
	if width := layout.Width(text); width > columns {
		r.errorf(n.pos, "%s is %d columns wide, a dialog has room for %d; some characters take two", key, width, columns)
		return ""
	}
	return text
}

// help reads what a dialog says above its entry.
func (r *reader) help(n *node) string {
	text := r.prose(n, "help_text", helpCharacters)
	if height := layout.Height(text); height > field.HelpLines {
		r.errorf(n.pos, "help_text takes %d lines of %d columns, a dialog has room for %d", height, layout.Columns, field.HelpLines)
		return ""
	}
	return text
}

// prose reads a text of several lines that people will read.
func (r *reader) prose(n *node, key string, limit int) string {
	return r.shown(n, key, limit, severalLines)
}

// shown leaves out the space around the text: a YAML block ends with a newline that nobody means.
func (r *reader) shown(n *node, key string, limit int, newlines bool) string {
	if _, ok := r.text(n, key); !ok {
		return ""
	}
	trimmed := *n
	trimmed.text = strings.TrimSpace(n.text)
	if !r.checkText(&trimmed, key, limit, newlines) {
		return ""
	}
	return trimmed.text
}

// untrimmed reads a text of one line in which every space counts.
func (r *reader) untrimmed(n *node, key string, limit int) string {
	if _, ok := r.text(n, key); !ok || !r.checkText(n, key, limit, oneLine) {
		return ""
	}
	return n.text
}

// checkText reports the first reason why a dialog can't show n.
func (r *reader) checkText(n *node, key string, limit int, newlines bool) bool {
	if length := utf8.RuneCountInString(n.text); length > limit {
		r.errorf(n.pos, "%s has %d characters, a dialog has room for %d", key, length, limit)
		return false
	}
	for _, c := range n.text {
		switch {
		case c == '\n' && !newlines:
			r.errorf(n.pos, "%s must be one line", key)
			return false
		case (c == '\n' || c == '\t') && newlines:
		case unicode.IsControl(c):
			r.errorf(n.pos, "%s has the control character %U in it, remove it", key, c)
			return false
		case invisible(c):
			r.errorf(n.pos, "%s has the invisible character %U in it, remove it", key, c)
			return false
		case !layout.Shows(c) && !joins(c):
			r.errorf(n.pos, "%s has the character %U in it, which a dialog can't show, remove it", key, c)
			return false
		}
	}
	for _, after := range strings.Split(n.text, "{")[1:] {
		name, _, closed := strings.Cut(after, "}")
		if _, hole := holes[name]; closed && hole {
			r.errorf(n.pos, "%s has %q in it, which a question fills in, write it without the braces", key, "{"+name+"}")
			return false
		}
	}
	return true
}

// invisible reports whether c changes what is seen without being seen itself, such as the bidirectional controls.
func invisible(c rune) bool {
	if c < unicode.MaxASCII || joins(c) {
		return false
	}
	return unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// joins reports whether c is an invisible character that is part of a visible one. The zero-width joiner and non-joiner are
// spelling in Persian and the Indic scripts, and part of emoji.
func joins(c rune) bool {
	return c == '\u200c' || c == '\u200d' || unicode.Is(unicode.Variation_Selector, c)
}
