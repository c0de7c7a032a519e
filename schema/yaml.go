package schema

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yaml/v4 reads the text into its nodes, and here they become ours. Its decoder is of no use: it has no
// places for keys, takes dates for times, and expands aliases and merge keys. What a schema has no use for
// (tags, merge keys, keys that are no text) is refused with a way out.

// parseYAML reads a text with "\n" line ends.
func parseYAML(src string) (tree *node, mistakes []mistake) {
	y := &yamlReader{
		text:       cursor{lines: strings.Split(src, "\n")},
		surrogates: hasSurrogates(src),
		values:     map[*yaml.Node]*node{},
	}
	defer func() {
		if recover() != nil { // a bug of the library or of ours: still a mistake, and no stack trace
			tree, mistakes = nil, []mistake{{Pos{1, 1}, "this can't be read as YAML"}}
		}
	}()
	root, err := load(src)
	switch {
	case err != nil:
		return nil, []mistake{y.text.explain(err)}
	case root == nil:
		return &node{kind: null, pos: Pos{1, 1}, size: 1}, nil
	}
	tree = y.node(root)
	if y.fatal != nil {
		return nil, []mistake{*y.fatal}
	}
	return tree, y.mistakes
}

// load returns the root of the only document in a text, or nil if there is none.
func load(src string) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(strings.NewReader(prepare(src)), yaml.WithPlugin(depth{}, anchors{}))
	if err != nil {
		return nil, err
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	switch err := loader.Load(&second); err {
	case io.EOF:
		return document.Content[0], nil
	case nil:
		place := yaml.Mark{Line: second.Line, Column: second.Column}
		return nil, &yaml.LoadError{Mark: place, Message: "a second document begins here, a schema is one document"}
	default:
		return nil, err
	}
}

// A yamlReader turns nodes of yaml/v4 into ours. Its mistakes are those that leave the tree intact.
type yamlReader struct {
	text       cursor
	surrogates bool                 // whether [joinSurrogates] may have left traces
	values     map[*yaml.Node]*node // behind anchors; nil while the value is being read
	aliased    int
	fatal      *mistake // makes the tree useless: nothing more is read
	mistakes   []mistake
}

func (y *yamlReader) report(pos Pos, format string, args ...any) {
	y.mistakes = append(y.mistakes, mistake{pos, fmt.Sprintf(format, args...)})
}

// fail reports a mistake that makes the tree useless. Only the first counts.
func (y *yamlReader) fail(pos Pos, format string, args ...any) {
	if y.fatal == nil {
		y.fatal = &mistake{pos, fmt.Sprintf(format, args...)}
	}
}

func (y *yamlReader) node(n *yaml.Node) *node {
	v := &node{pos: y.text.begin(n), size: 1}
	if n.Anchor != "" {
		y.values[n] = nil
	}
	switch {
	case y.fatal != nil:
		return v
	case n.Kind == yaml.AliasNode:
		return y.alias(n)
	case n.Kind == yaml.MappingNode:
		v.kind = mapping
		v.entries = make([]entry, 0, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			v.add(y.entry(n.Content[i], n.Content[i+1]))
		}
	case n.Kind == yaml.SequenceNode:
		v.kind = list
		v.items = make([]*node, 0, len(n.Content))
		for _, item := range n.Content {
			v.append(y.item(item))
		}
	default:
		v.kind, v.text = kindOf(n), y.textOf(n)
	}
	if tagged(n) {
		y.report(v.pos, "tags such as %s are not supported, leave it out", quote(n.Tag))
		v.kind = broken
	}
	if n.Anchor != "" {
		y.values[n] = v
	}
	return v
}

func isEmpty(n *yaml.Node) bool { return n.Tag == "!!null" && n.Value == "" }

func tagged(n *yaml.Node) bool { return n.Style&yaml.TaggedStyle != 0 || n.Tag == "!" }

// kindOf returns the kind of a scalar. A date is a text.
func kindOf(n *yaml.Node) kind {
	switch n.Tag {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	}
	return text
}

// textOf returns the text of a scalar.
func (y *yamlReader) textOf(n *yaml.Node) string {
	switch {
	case n.Tag == "!!null":
		return ""
	case n.Tag == "!!bool":
		return strings.ToLower(n.Value)
	case y.surrogates:
		return unjoined(n)
	}
	return n.Value
}

// item reads an item of a list. Within brackets, "a: b" is a mapping to YAML.
func (y *yamlReader) item(n *yaml.Node) *node {
	isMapping := n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0
	if pos := y.text.begin(n); isMapping && n.Anchor == "" && !tagged(n) {
		if _, rest := y.text.split(pos); !strings.HasPrefix(rest, "{") {
			y.fail(pos, textWithColon)
		}
	}
	return y.node(n)
}

func (y *yamlReader) entry(key, value *yaml.Node) entry {
	e := entry{key: key.Value, pos: y.text.begin(key)}
	before, rest := y.text.split(e.pos)
	unblanked := strings.TrimRight(before, " \t")
	switch {
	case key.Kind == yaml.AliasNode || key.Anchor != "" || tagged(key):
		y.fail(e.pos, "a key can't be an alias, nor have an anchor or tag")
	case strings.HasSuffix(unblanked, "?"):
		mark := Pos{e.pos.Line, e.pos.Column - 1 - (len(before) - len(unblanked))}
		y.fail(mark, `keys that begin with "?" are not supported, write "key: value"`)
	case key.Kind != yaml.ScalarNode:
		y.fail(e.pos, "a key must be text")
	case isEmpty(key):
		y.fail(e.pos, keyMissing)
	case y.lacksColon(rest, e.pos, value):
		y.fail(e.pos, `":" is missing after %s`, quote(key.Value))
	case key.Tag == "!!merge":
		y.report(e.pos, `merge keys ("<<") are not supported, write the keys out`)
		e.ignored = true
	case kindOf(key) != text:
		y.report(e.pos, "the key %s must be text, put it in quotes", short(key.Value))
	default:
		e.key = y.textOf(key)
	}
	e.value = y.node(value)
	return e
}

// lacksColon reports whether no ":" stands in rest, what follows from the key at pos on, before its empty
// value. YAML allows that within braces.
func (y *yamlReader) lacksColon(rest string, pos Pos, value *yaml.Node) bool {
	if !isEmpty(value) {
		return false
	}
	if begin := y.text.begin(value); begin.Line == pos.Line {
		_, after := y.text.split(begin)
		rest = strings.TrimSuffix(rest, after)
	}
	return !strings.Contains(rest, ":")
}

func (y *yamlReader) alias(n *yaml.Node) *node {
	v := node{pos: y.text.begin(n), size: 1}
	target, isValue := y.values[n.Alias]
	switch {
	case n.Alias == unknown:
		y.report(v.pos, "unknown alias %s, no %s stands before it", quote("*"+n.Value), quote("&"+n.Value))
	case !isValue: // a key, which can't have an anchor
	case target == nil:
		y.fail(v.pos, "the alias %s stands inside of its own value", quote("*"+n.Value))
	default:
		if y.aliased += target.size; y.aliased > maxAliased {
			y.fail(v.pos, "the aliases up to here stand for more than %d values", maxAliased)
		}
		// A mistake in the value is one of the place that uses it; mistakes below it keep their own places.
		pos := v.pos
		v = *target
		v.pos = pos
	}
	return &v
}

var tooDeep = fmt.Sprintf("nested more than %d levels deep", maxDepth)

// depth bounds how deep a document is nested, for whatever recurses as deep.
type depth struct{}

func (depth) CheckDepth(levels int, in *yaml.DepthContext) error {
	if in.Kind == yaml.DepthKindFlow {
		levels++ // brackets stand inside of the file's mapping
	}
	if levels > maxDepth {
		return errors.New(tooDeep)
	}
	return nil
}

func (depth) CheckAlias(int, int) error { return nil } // that is of values, which are not made

// anchors are those of a document. Without them, yaml/v4 would stop at the first unknown alias.
type anchors map[string]*yaml.Node

// unknown is what an unknown alias stands for.
var unknown = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}

func (anchors) NewAliasDataContext(yaml.AliasDataServices) (yaml.AliasDataContext, error) {
	return anchors{}, nil
}

func (anchors) BeginDocument() error { return nil }
func (anchors) EndDocument() error   { return nil }

func (a anchors) DefineAnchor(name string, n *yaml.Node) error {
	a[name] = n
	return nil
}

func (a anchors) ResolveAlias(name string) (*yaml.Node, bool, error) {
	if n, ok := a[name]; ok {
		return n, true, nil
	}
	return unknown, true, nil
}
