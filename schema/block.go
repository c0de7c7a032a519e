package schema

import "github.com/goccy/go-yaml/token"

// Here is what YAML writes by indentation: mappings with a key on each line, and lists with a "-" before each item.

// block reads the value whose first token stands to the right of column parent, outside of brackets.
func (y *yamlReader) block(parent int) *node {
	y.enter()
	defer y.leave()
	t := y.peek()
	column := t.Position.Column
	switch t.Type {
	case token.AnchorType:
		return y.anchor(func() *node { return y.value(parent, y.tokens[y.next-1]) })
	case token.TagType:
		y.tag()
		return y.ignore(y.value(parent, t))
	case token.SequenceEntryType:
		return y.blockList(column)
	case token.MappingKeyType, token.MappingValueType:
		y.failNoKey(t)
	}
	if y.isKey() {
		return y.blockMapping(column)
	}
	return y.inline()
}

// value reads what comes after t, a ":", "-", anchor or tag: on the same line, or below it and further to the right than
// column parent, or nothing.
func (y *yamlReader) value(parent int, t *token.Token) *node {
	first := y.peek()
	if first == nil || first.Position.Line != t.Position.Line && first.Position.Column <= parent ||
		y.peekIs(token.DocumentHeaderType, token.DocumentEndType) {
		return &node{kind: null, pos: pos(t), size: 1}
	}
	if first.Position.Line == t.Position.Line && t.Type != token.SequenceEntryType {
		switch {
		case first.Type == token.SequenceEntryType:
			y.fail(pos(first), `a list that is written with "-" begins on a line of its own`)
		case y.isKey() && t.Type == token.MappingValueType:
			y.failColon(first)
		case y.isKey():
			y.fail(pos(t), noProperties)
		}
	}
	return y.block(parent)
}

// failColon explains a ":" after the value that begins at t.
func (y *yamlReader) failColon(t *token.Token) {
	colon := y.tokens[y.next+1]
	if colon.Position.Line == t.Position.Line {
		y.fail(pos(colon), `a text with ": " in it must be in quotes`)
	}
	y.fail(pos(t), "%s is the value already, keys can't follow below it", quote(firstLine(t)))
}

// isKey reports whether a key comes next.
func (y *yamlReader) isKey() bool {
	if y.next+1 >= len(y.tokens) || !isScalar(y.tokens[y.next]) && y.tokens[y.next].Type != token.MergeKeyType {
		return false
	}
	return y.tokens[y.next+1].Type == token.MappingValueType
}

func (y *yamlReader) blockMapping(column int) *node {
	n := &node{kind: mapping, pos: pos(y.peek()), size: 1}
	for y.peek() != nil && y.peek().Position.Column == column && !y.peekIs(token.DocumentHeaderType, token.DocumentEndType) {
		if !y.isKey() {
			y.failNoKey(y.peek())
		}
		key := y.key()
		colon := y.tokens[y.next-1]
		key.value = y.mappingValue(column, colon)
		n.add(key)
		if t := y.peek(); t != nil && t.Position.Column > column {
			y.failAfter(t, colon)
		}
	}
	return n
}

// mappingValue reads the value of a key in a column. Unlike every other value, a list may begin in the column of its key.
func (y *yamlReader) mappingValue(column int, colon *token.Token) *node {
	if t := y.peek(); t != nil && t.Type == token.SequenceEntryType && t.Position.Column == column && t.Position.Line > colon.Position.Line {
		return y.block(column - 1)
	}
	return y.value(column, colon)
}

const noProperties = "a key can't be an alias, nor have an anchor or tag"

// failNoKey explains t, which stands where a key should.
func (y *yamlReader) failNoKey(t *token.Token) {
	switch {
	case t.Type == token.MappingValueType:
		y.fail(pos(t), `a key is missing before ":"`)
	case t.Type == token.SequenceEntryType:
		y.fail(pos(t), "unexpected list item among keys")
	case t.Type == token.MappingKeyType:
		y.fail(pos(t), `keys that begin with "?" are not supported, write "key: value"`)
	case t.Type == token.AnchorType || t.Type == token.AliasType || t.Type == token.TagType:
		y.fail(pos(t), noProperties)
	case isScalar(t):
		y.fail(pos(t), `":" is missing after %s`, quote(firstLine(t)))
	}
	y.fail(pos(t), "unexpected %s", quote(t.Value))
}

// failAfter explains t, which comes after the whole value of the key before colon.
func (y *yamlReader) failAfter(t, colon *token.Token) {
	if y.isKey() && t.Position.Line > colon.Position.Line {
		y.fail(pos(t), "%s is indented more than the keys above it", quote(firstLine(t)))
	}
	y.fail(pos(t), "unexpected %s after the value", quote(firstLine(t)))
}

// key reads a key and its ":".
func (y *yamlReader) key() entry {
	t, colon := y.tokens[y.next], y.tokens[y.next+1]
	y.next += 2
	if colon.Position.Line != t.Position.Line {
		y.fail(pos(t), `":" is missing after %s`, quote(firstLine(t)))
	}
	if t.Type == token.MergeKeyType {
		y.report(pos(t), `merge keys ("<<") are not supported, write the keys out`)
		return entry{pos: pos(t), ignored: true}
	}
	if scalar(t).kind != text {
		y.report(pos(t), "the key %s must be text, put it in quotes", short(t.Value))
	}
	return entry{key: t.Value, pos: pos(t)}
}

func (y *yamlReader) blockList(column int) *node {
	n := &node{kind: list, pos: pos(y.peek()), size: 1}
	for y.peekIs(token.SequenceEntryType) && y.peek().Position.Column == column {
		dash := y.peek()
		y.next++
		n.append(y.value(column, dash))
		if t := y.peek(); t != nil && t.Position.Column > column {
			y.fail(pos(t), "unexpected %s after the list item", quote(firstLine(t)))
		}
	}
	return n
}
