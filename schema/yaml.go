package schema

import (
	"fmt"
	"math"
	"strings"

	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// The tree is built here from the tokens of goccy/go-yaml's scanner, not taken from its parser. That one copies a
// mapping's entries once for each of them (0.4 s for 10,000 secrets, 1.5 s for 20,000), recurses as deep as a mapping is
// long, which a file of some megabytes turns into a stack overflow that nothing can recover from, and stops at the first
// repeated key. What a schema has no use for (tags, merge keys, keys that are no text) is refused with a way out.

// parseYAML reads a text with "\n" line ends.
func parseYAML(src string) (tree *node, mistakes []mistake) {
	y := &yamlReader{lines: lines(strings.Split(src, "\n")), anchors: map[string]*node{}}
	defer func() {
		if r := recover(); r != nil {
			stop, ok := r.(syntaxError)
			if !ok { // a bug, of the scanner or of ours: still a place to look at
				stop = syntaxError{pos(y.peek()), "this can't be read as YAML"}
			}
			tree, mistakes = nil, []mistake{{y.lines.clamp(stop.pos), stop.text}}
		}
	}()
	y.scan(expandTabs(src))
	tree = y.document()
	return tree, y.mistakes
}

// A yamlReader reads tokens into nodes. Mistakes of syntax leave it by panic with a syntaxError; those that leave the tree
// intact are collected.
type yamlReader struct {
	lines    lines
	tokens   []*token.Token // without comments
	next     int
	depth    int
	anchors  map[string]*node // nil while the anchor's own value is being read
	aliased  int
	mistakes []mistake
}

type syntaxError mistake

func (y *yamlReader) fail(pos Pos, format string, args ...any) {
	panic(syntaxError{pos, fmt.Sprintf(format, args...)})
}

func (y *yamlReader) report(pos Pos, format string, args ...any) {
	y.mistakes = append(y.mistakes, mistake{pos, fmt.Sprintf(format, args...)})
}

// scan fills y.tokens, whose positions are those of the file.
func (y *yamlReader) scan(src string) {
	var s scanner.Scanner
	s.Init(src)
	tokens, err := s.Scan() // all of them, or up to the first that is invalid
	y.tokens = make([]*token.Token, 0, len(tokens))
	at := cursor{lines: y.lines}
	content := false // of a block scalar, whose header has the position
	for _, t := range tokens {
		// In broken files the scanner can be a line too far.
		p := y.lines.clamp(pos(t))
		t.Position.Line, t.Position.Column = p.Line, p.Column
		if !content {
			at.find(t)
		}
		switch t.Type {
		case token.InvalidType:
			y.fail(pos(t), "%s", scannerText(t.Error))
		case token.CommentType:
			continue
		case token.DoubleQuoteType:
			if !strings.Contains(t.Origin, `\`) {
				break
			}
			if p, bad := at.badEscape(); bad {
				y.fail(p, `the escape must have hexadecimal digits, such as "\u00e9"`)
			}
		}
		content = t.Type == token.LiteralType || t.Type == token.FoldedType
		y.tokens = append(y.tokens, t)
	}
	if err != nil {
		y.fail(pos(nil), "this can't be read as YAML: %s", short(scannerText(err.Error())))
	}
}

// expandTabs replaces the tabs before a JSON token at the beginning of a line, or on an empty line, by a space each, so that
// a pasted object may be indented with tabs. YAML's own indentation stays: a tab there is a mistake.
func expandTabs(src string) string {
	if !strings.Contains(src, "\n\t") && !strings.Contains(src, " \t") {
		return src
	}
	out := []byte(src)
	for i, start := 0, true; i < len(src); i++ {
		if !start {
			start = src[i] == '\n'
			continue
		}
		content := i
		for content < len(src) && (src[content] == ' ' || src[content] == '\t') {
			content++
		}
		if content == len(src) || strings.IndexByte("\"{}[],\n", src[content]) >= 0 {
			for ; i < content; i++ {
				out[i] = ' '
			}
		}
		i = content - 1
		start = false
	}
	return string(out)
}

// scannerText puts what the scanner says about the commonest mistakes into our words.
func scannerText(text string) string {
	switch {
	case strings.Contains(text, "map key directly"):
		return "a tab can't stand before a key, use spaces"
	case strings.Contains(text, "tab character") || strings.Contains(text, "'\t'"):
		return "a tab can't indent in YAML, use spaces"
	case strings.Contains(text, "could not find end character"):
		return "the closing quote is missing"
	case strings.Contains(text, "is a reserved character"):
		return "a text can't begin with " + text[:3] + ", put it in quotes"
	}
	return strings.Join(strings.Fields(text), " ")
}

func (y *yamlReader) peek() *token.Token {
	if y.next < len(y.tokens) {
		return y.tokens[y.next]
	}
	return nil
}

func (y *yamlReader) peekIs(types ...token.Type) bool {
	t := y.peek()
	for _, typ := range types {
		if t != nil && t.Type == typ {
			return true
		}
	}
	return false
}

// pos returns where t stands, and a place behind the end of the file for none: [lines.clamp] finds the end.
func pos(t *token.Token) Pos {
	if t == nil {
		return Pos{math.MaxInt, 1}
	}
	return Pos{t.Position.Line, t.Position.Column}
}

// document reads the only document of the file.
func (y *yamlReader) document() *node {
	for y.peekIs(token.DirectiveType) {
		for line := y.peek().Position.Line; y.peek() != nil && y.peek().Position.Line == line; {
			y.next++
		}
	}
	if y.peekIs(token.DocumentHeaderType) {
		y.next++
	}
	n := &node{kind: null, pos: Pos{1, 1}}
	if y.peek() != nil && !y.peekIs(token.DocumentHeaderType, token.DocumentEndType) {
		n = y.block(0)
	}
	if y.peekIs(token.DocumentEndType) {
		y.next++
	}
	switch t := y.peek(); {
	case t == nil:
	case t.Type == token.DocumentHeaderType:
		y.fail(pos(t), "a second document begins here, a schema is one document")
	default:
		y.fail(pos(t), "unexpected %s", quote(t.Value))
	}
	return n
}

func (y *yamlReader) enter() {
	if y.depth++; y.depth > maxDepth {
		y.fail(pos(y.peek()), "nested more than %d levels deep", maxDepth)
	}
}

func (y *yamlReader) leave() { y.depth-- }
