package schema

import (
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Here is what YAML writes without indentation: scalars, and mappings and lists in brackets.

// flow reads a value inside of brackets.
func (y *yamlReader) flow() *node {
	if y.peek() == nil {
		y.fail(pos(nil), "the file ends inside brackets")
	}
	y.enter()
	defer y.leave()
	return y.inline()
}

// inline reads a value whose end does not depend on indentation: a scalar, an alias, or one in brackets.
func (y *yamlReader) inline() *node {
	t := y.peek()
	y.next++
	switch t.Type {
	case token.MappingStartType:
		return y.flowMapping(t)
	case token.SequenceStartType:
		return y.flowList(t)
	case token.AliasType:
		return y.alias(t)
	case token.LiteralType, token.FoldedType:
		n := &node{kind: text, pos: pos(t), size: 1}
		if y.peekIs(token.StringType) {
			n.text = y.peek().Value
			y.next++
		}
		return n
	case token.AnchorType:
		y.next--
		return y.anchor(y.flow)
	case token.TagType:
		y.next--
		y.tag()
		return y.ignore(y.flow())
	}
	if !isScalar(t) {
		y.fail(pos(t), "unexpected %s", quote(t.Value))
	}
	n := scalar(t)
	n.pos = pos(t)
	return n
}

func (y *yamlReader) flowMapping(start *token.Token) *node {
	n := &node{kind: mapping, pos: pos(start), size: 1}
	for first := true; y.another(start, first, token.MappingEndType, "}"); first = false {
		if !y.isKey() {
			y.failNoKey(y.peek())
		}
		key := y.key()
		if y.peekIs(token.CollectEntryType, token.MappingEndType) {
			key.value = &node{kind: null, pos: pos(y.tokens[y.next-1]), size: 1}
		} else {
			key.value = y.flow()
		}
		n.add(key)
	}
	return n
}

func (y *yamlReader) flowList(start *token.Token) *node {
	n := &node{kind: list, pos: pos(start), size: 1}
	for first := true; y.another(start, first, token.SequenceEndType, "]"); first = false {
		item := y.flow()
		if y.peekIs(token.MappingValueType) {
			y.fail(pos(y.peek()), `a text with ": " in it must be in quotes`)
		}
		n.append(item)
	}
	return n
}

// another reports whether the brackets that start opened hold one more value, and reads the comma before it. One comma
// may stand before the end.
func (y *yamlReader) another(start *token.Token, first bool, end token.Type, bracket string) bool {
	if !first && y.peekIs(token.CollectEntryType) {
		y.next++
	} else if !first && y.peek() != nil && !y.peekIs(end) {
		y.fail(pos(y.peek()), `"," or %q is missing before %s`, bracket, quote(firstLine(y.peek())))
	}
	switch {
	case y.peek() == nil:
		y.fail(pos(start), "%q is never closed, %q is missing", start.Value, bracket)
	case y.peekIs(end):
		y.next++
		return false
	}
	return true
}

func isScalar(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType, token.NullType, token.BoolType,
		token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType,
		token.FloatType, token.InfinityType, token.NanType:
		return true
	}
	return false
}

func scalar(t *token.Token) *node {
	n := &node{kind: text, text: t.Value, size: 1}
	switch t.Type {
	case token.NullType:
		n.kind = null
	case token.BoolType:
		n.kind, n.text = boolean, strings.ToLower(t.Value)
	case token.SingleQuoteType, token.DoubleQuoteType:
	case token.StringType: // also a number of more than 64 bits
		if digits := strings.TrimLeft(t.Value, "+-"); digits != "" && strings.Trim(digits, "0123456789") == "" {
			n.kind = number
		}
	default:
		n.kind = number
	}
	return n
}

// firstLine returns how t begins, as the author wrote it.
func firstLine(t *token.Token) string {
	line, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	return strings.TrimSpace(line)
}
