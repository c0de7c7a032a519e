package schema

import (
	"strconv"
	"strings"
)

// A node is a value in the file, whether written as YAML or as JSON.
type node struct {
	kind    kind
	pos     Pos
	text    string  // of a scalar, without quotes
	entries []entry // of a mapping, in file order, with repeated keys
	items   []*node // of a list
	size    int     // how many nodes it is, with those below it and behind aliases
}

// An entry is a key with its value.
type entry struct {
	key   string
	pos   Pos // of the key
	value *node

	ignored bool // a mistake that is reported already
}

type kind int

const (
	broken kind = iota // a mistake that is reported already: says nothing more
	null
	boolean
	number
	text
	mapping
	list
)

func (n *node) add(e entry) {
	n.size += e.value.size
	if !e.ignored {
		n.entries = append(n.entries, e)
	}
}

func (n *node) append(item *node) {
	n.items = append(n.items, item)
	n.size += item.size
}

// found describes n in an error: "found ...".
func (n *node) found() string {
	switch n.kind {
	case null:
		return "nothing"
	case boolean:
		return n.text
	case number:
		return "the number " + short(n.text)
	case text:
		return "the text " + quote(n.text)
	case list:
		return "a list"
	default:
		return "a mapping"
	}
}

// absent reports whether n stands for a key that was left out: null, or the empty text of frameworks without a null.
func (n *node) absent() bool { return n.kind == null || n.kind == text && n.text == "" }

// integer returns the number that n stands for, if it is a whole one in plain digits. A leading zero is not plain: it
// means octal to some readers of YAML.
func (n *node) integer() (int64, bool) {
	digits := strings.TrimLeft(n.text, "+-")
	if n.kind != number || len(digits) > 1 && digits[0] == '0' {
		return 0, false
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	return i, err == nil
}

// quote quotes the author's word: an error is one line, and not a long one.
func quote(word string) string { return strconv.Quote(short(word)) }

func short(word string) string {
	if len(word) > 60 {
		if runes := []rune(word); len(runes) > 60 {
			return string(runes[:57]) + "..."
		}
	}
	return word
}
