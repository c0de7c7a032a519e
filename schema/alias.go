package schema

import "github.com/goccy/go-yaml/token"

// Here is what YAML puts before a value: anchors and tags; and aliases, which stand for one.

// anchor reads "&name" and, with read, the value that bears the name.
func (y *yamlReader) anchor(read func() *node) *node {
	t := y.peek()
	y.next++
	if y.peek() == nil || !isScalar(y.peek()) || y.peek().Position.Line != t.Position.Line {
		y.fail(pos(t), `the name is missing after "&"`)
	}
	name := y.peek().Value
	y.next++
	y.anchors[name] = nil
	n := read()
	y.anchors[name] = n
	return n
}

func (y *yamlReader) alias(t *token.Token) *node {
	if y.peek() == nil || !isScalar(y.peek()) || y.peek().Position.Line != t.Position.Line {
		y.fail(pos(t), `the name is missing after "*"`)
	}
	name := y.peek().Value
	y.next++
	target, ok := y.anchors[name]
	switch {
	case !ok:
		y.report(pos(t), "unknown alias %s, no %s stands before it", quote("*"+name), quote("&"+name))
		return &node{kind: broken, pos: pos(t), size: 1}
	case target == nil:
		y.fail(pos(t), "the alias %s stands inside of its own value", quote("*"+name))
	}
	if y.aliased += target.size; y.aliased > maxAliased {
		y.fail(pos(t), "the aliases up to here stand for more than %d values", maxAliased)
	}
	// A mistake in the value is one of the place that uses it; mistakes below it keep their own places.
	n := *target
	n.pos = pos(t)
	return &n
}

func (y *yamlReader) tag() {
	t := y.peek()
	y.next++
	y.report(pos(t), "tags such as %s are not supported, leave it out", quote(t.Value))
}

// ignore marks a value about which enough is said.
func (y *yamlReader) ignore(n *node) *node { return &node{kind: broken, pos: n.pos, size: n.size} }
