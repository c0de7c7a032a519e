package emit

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Here a text in YAML is changed in some lines and stays as it is in all others. What is changed must be written in lines, as
// people write it, not in brackets.

// A yamlText is a text and its root. Each change reads it again.
type yamlText struct {
	lines []string // with their ends
	root  *yaml.Node
	taken []string // what was there under the name of a block, and of somebody else
}

func parseYAML(text string) (*yamlText, error) {
	t := &yamlText{lines: strings.SplitAfter(text, "\n")}
	if n := len(t.lines); t.lines[n-1] == "" {
		t.lines = t.lines[:n-1]
	}
	var document yaml.Node
	if err := yaml.Load([]byte(text), &document); err != nil {
		return nil, fmt.Errorf("this can't be read as YAML: %w", err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("it is no mapping")
	}
	t.root = document.Content[0]
	return t, nil
}

func (t *yamlText) String() string { return strings.Join(t.lines, "") }

// yamlGet returns the value at a path of keys, or nil.
func yamlGet(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if _, n = yamlEntry(n, key); n == nil {
			return nil
		}
	}
	return n
}

func yamlEntry(n *yaml.Node, key string) (name, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// yamlTwice returns a key that a mapping has twice, which YAML forbids.
func yamlTwice(n *yaml.Node) (key string, is bool) {
	seen := map[string]bool{}
	for i, item := range n.Content {
		if isKey := n.Kind == yaml.MappingNode && i%2 == 0; isKey {
			if seen[item.Value] {
				return item.Value, true
			}
			seen[item.Value] = true
		}
		if key, is := yamlTwice(item); is {
			return key, true
		}
	}
	return "", false
}

// yamlString returns the text under a key, or "".
func yamlString(n *yaml.Node, key string) string {
	value := yamlGet(n, key)
	if value == nil || value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
		return ""
	}
	return value.Value
}

// A block is an item of a list or a key with its value, as it should be: lines without the indentation of the first, and without
// their ends.
type block struct {
	key   string
	lines []string
}

// A child is an item or a key of a collection, and its lines.
type child struct {
	key      string
	value    *yaml.Node
	from, to int // of lines, to excluded
	indent   int
}

// children returns what is in a list, whose items have their name under the key name, or in a mapping.
func (t *yamlText) children(n *yaml.Node, name string) (list []child) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			list = append(list, t.child(key.Value, n.Content[i+1], key.Line-1, key.Column-1))
		}
		return list
	}
	for _, item := range n.Content {
		line := item.Line - 1
		indent := strings.IndexByte(t.lines[line], '-')
		for indent < 0 && line > 0 { // the item begins on the line behind its "-"
			line--
			indent = strings.IndexByte(t.lines[line], '-')
		}
		list = append(list, t.child(yamlString(item, name), item, line, max(indent, 0)))
	}
	return list
}

func (t *yamlText) child(key string, value *yaml.Node, from, indent int) child {
	to := from + 1
	for next := to; next < len(t.lines); next++ {
		line := strings.TrimSpace(t.lines[next])
		deeper := len(t.lines[next])-len(strings.TrimLeft(t.lines[next], " ")) > indent
		isItem := value.Kind == yaml.SequenceNode && strings.HasPrefix(t.lines[next], strings.Repeat(" ", indent)+"-")
		switch {
		case line == "", line[0] == '#' && !deeper:
			continue // part of the value if more of it follows
		case !deeper && !isItem:
			return child{key, value, from, to, indent}
		}
		to = next + 1
	}
	return child{key, value, from, to, indent}
}

// A lineEdit puts other lines in place of some.
type lineEdit struct {
	from, to int
	lines    []string // without their ends
	key      string   // of what was there
}

// replace makes edits, which are in order and do not overlap.
func (t *yamlText) replace(edits ...lineEdit) error {
	end := "\n"
	if len(t.lines) > 0 && strings.HasSuffix(t.lines[0], "\r\n") {
		end = "\r\n"
	}
	var text strings.Builder
	at := 0
	for _, e := range edits {
		text.WriteString(strings.Join(t.lines[at:e.from], ""))
		if len(e.lines) > 0 && e.from > 0 && !strings.HasSuffix(t.lines[e.from-1], "\n") {
			text.WriteString(end)
		}
		for _, line := range e.lines {
			text.WriteString(line + end)
		}
		at = e.to
	}
	changed, err := parseYAML(text.String() + strings.Join(t.lines[at:], ""))
	if err != nil {
		return fmt.Errorf("it can't be changed: write it in lines of two spaces more for each level: %w", err)
	}
	t.lines, t.root = changed.lines, changed.root
	return nil
}

func indentedLines(lines []string, indent int) []string {
	var text []string
	for _, line := range lines {
		text = append(text, strings.TrimRight(strings.Repeat(" ", indent)+line, " "))
	}
	return text
}

// put makes children of the collection at path what blocks say, and leaves the others as they are. Those that are new come last;
// ours says which were written by this package, and are to go where no block has their name. A collection that is empty then goes too.
func (t *yamlText) put(path []string, name string, blocks []block, ours func(child) bool) error {
	if len(blocks) > 0 {
		if err := t.ensure(path); err != nil {
			return err
		}
	}
	n := yamlGet(t.root, path...)
	switch {
	case n == nil, isNull(n) && len(blocks) == 0:
		return nil
	case n.Kind != yaml.SequenceNode && n.Kind != yaml.MappingNode && !isNull(n):
		return fmt.Errorf("%s is no list or mapping", strings.Join(path, "."))
	case n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0:
		return fmt.Errorf("%s is written in brackets, write it in lines", strings.Join(path, "."))
	}
	known := t.children(n, name)
	gone := slices.DeleteFunc(slices.Clone(known), func(c child) bool {
		return !ours(c) || slices.ContainsFunc(blocks, func(b block) bool { return b.key == c.key })
	})
	if len(gone) == len(known) && len(known) > 0 && len(blocks) == 0 {
		return t.removeKey(path)
	}
	if len(known) == 0 {
		return t.fill(path, blocks)
	}
	last := known[len(known)-1]
	var edits []lineEdit
	for _, c := range known {
		i := slices.IndexFunc(blocks, func(b block) bool { return b.key == c.key })
		switch {
		case i >= 0 && slices.ContainsFunc(edits, func(e lineEdit) bool { return e.key == c.key }):
			return fmt.Errorf("%s has %q twice: remove one", strings.Join(path, "."), c.key)
		case i >= 0:
			lines := indentedLines(blocks[i].lines, c.indent)
			if !ours(c) && strings.Join(lines, "\n") != asWritten(t.lines[c.from:c.to]) {
				t.taken = append(t.taken, c.key)
			}
			edits = append(edits, lineEdit{c.from, c.to, lines, c.key})
		case ours(c):
			edits = append(edits, lineEdit{from: c.from, to: c.to})
		}
	}
	var more []string
	for _, b := range blocks {
		if !slices.ContainsFunc(known, func(c child) bool { return c.key == b.key }) {
			more = append(more, indentedLines(b.lines, last.indent)...)
		}
	}
	return t.replace(append(edits, lineEdit{from: last.to, to: last.to, lines: more})...)
}

// asWritten returns lines as a text with line ends of its own.
func asWritten(lines []string) string {
	return strings.TrimRight(strings.ReplaceAll(strings.Join(lines, ""), "\r\n", "\n"), "\n")
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// orElse adds a key to the mapping at path where it has none: line is the key with its value.
func (t *yamlText) orElse(path []string, key, line string) error {
	if yamlGet(t.root, append(slices.Clone(path), key)...) != nil {
		return nil
	}
	return t.put(path, "", []block{{key, []string{line}}}, func(child) bool { return false })
}

// nothing is how an empty collection is written.
var nothing = regexp.MustCompile(`:[ \t]+(?:\[[ \t]*\]|\{[ \t]*\}|~|null|Null|NULL)`)

// fill puts blocks into a collection that is empty.
func (t *yamlText) fill(path []string, blocks []block) error {
	if len(blocks) == 0 {
		return nil
	}
	key, value := yamlEntry(yamlGet(t.root, path[:len(path)-1]...), path[len(path)-1])
	own := strings.TrimRight(t.lines[key.Line-1], "\r\n")
	if value.Line > key.Line && !isNull(value) {
		return fmt.Errorf("%s is written in brackets, write it in lines", strings.Join(path, "."))
	}
	lines := []string{strings.TrimRight(nothing.ReplaceAllString(own, ":"), " \t")}
	for _, b := range blocks {
		lines = append(lines, indentedLines(b.lines, key.Column+1)...)
	}
	return t.replace(lineEdit{from: key.Line - 1, to: key.Line, lines: lines})
}

// ensure adds the keys of a path that are not there.
func (t *yamlText) ensure(path []string) error {
	parent := t.root
	for i, key := range path {
		if parent.Style&yaml.FlowStyle != 0 {
			return fmt.Errorf("%s is written in brackets, write it in lines", cmp.Or(strings.Join(path[:i], "."), "it"))
		}
		_, value := yamlEntry(parent, key)
		switch isLast := i == len(path)-1; {
		case value == nil:
			all := t.children(parent, "")
			last := all[len(all)-1]
			if err := t.replace(lineEdit{from: last.to, to: last.to, lines: []string{strings.Repeat(" ", last.indent) + key + ":"}}); err != nil {
				return err
			}
			return t.ensure(path)
		case !isLast && (isNull(value) || value.Kind == yaml.MappingNode && len(value.Content) == 0):
			if err := t.fill(path[:i+1], []block{{path[i+1], []string{path[i+1] + ":"}}}); err != nil {
				return err
			}
			return t.ensure(path)
		case !isLast && value.Kind != yaml.MappingNode:
			return fmt.Errorf("%s is no mapping", strings.Join(path[:i+1], "."))
		}
		parent = value
	}
	return nil
}

func (t *yamlText) removeKey(path []string) error {
	parent := yamlGet(t.root, path[:len(path)-1]...)
	for _, c := range t.children(parent, "") {
		if c.key == path[len(path)-1] {
			return t.replace(lineEdit{from: c.from, to: c.to})
		}
	}
	return nil
}

// line returns "key: value" in YAML.
func line(key, value string) string { return key + ": " + scalar(value) }

// escaped finds an escape that only double quotes have.
var escaped = regexp.MustCompile(`\\[^"]`)

// scalar writes a text in YAML as Prettier does, by which Docker's catalogue checks its files: what has double quotes in it, but
// needs no escape, stands in single ones.
func scalar(text string) string {
	written := YAML(text)
	if strings.HasPrefix(written, `"`) && strings.Contains(text, `"`) && !escaped.MatchString(written) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return written
}

// typed returns a value in YAML as one of its type.
func typed(kind field.Type, value string) string {
	if kind == field.Integer || kind == field.Number || kind == field.Boolean {
		return value
	}
	return scalar(value)
}
