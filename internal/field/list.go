package field

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A list is one text. People enter it, stores hold it and schemas offer it in the same form: the items in a row, or one
// below the other. [SplitList] reads both, and [JoinList] writes the one that [Field.Clean] makes of what was entered.

// An Item is one item of a list: its text, and what that stands for by the rules of the list.
type Item struct {
	Text  string
	Value any
}

// AnyItem is the place of an item that is not known yet, in problems that are only foreseen.
const AnyItem = -1

// CanList reports whether a schema may make a list of t. An item is one line, and there is no list of yes and no.
func (t Type) CanList() bool { return t != Boolean && t != Multiline && t != File }

// Item is what the rules of the list f make of one item.
func (f Field) Item() Field {
	f.List, f.MinItems, f.MaxItems, f.Unique, f.Default = false, 0, 0, false, ""
	return f
}

// SplitList returns the items of a list. Commas and line ends separate them, and the spaces around them are none of theirs; an
// empty line, and a comma that ends one, count for nothing. What begins and ends with brackets is a JSON array of texts and
// numbers, in which an item may have a comma. It is not ok where such a text is no
// such array, nor for what is not UTF-8.
func SplitList(text string) (items []string, ok bool) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) {
		return nil, false
	}
	if strings.HasPrefix(text, `["`) || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return splitArray(text)
	}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		for item := range strings.SplitSeq(strings.TrimSuffix(line, ","), ",") {
			items = append(items, strings.TrimSpace(item))
		}
	}
	return items, true
}

func splitArray(text string) (items []string, ok bool) {
	var array []any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&array) != nil || decoder.InputOffset() != int64(len(text)) {
		return nil, false
	}
	for _, item := range array {
		switch item := item.(type) {
		case string:
			items = append(items, item)
		case json.Number:
			items = append(items, item.String())
		default:
			return nil, false
		}
	}
	return items, true
}

// JoinList returns the text of a list, of which [SplitList] makes the same items: with a comma and a space between them where
// that will do, else as a JSON array. That of no items is "", as of a value that is not set.
func JoinList(items []string) string {
	if len(items) == 0 {
		return ""
	}
	joined := strings.Join(items, ", ")
	if again, ok := SplitList(joined); ok && slices.Equal(again, items) {
		return joined
	}
	var array bytes.Buffer
	encoder := json.NewEncoder(&array)
	encoder.SetEscapeHTML(false) // people read it
	_ = encoder.Encode(items)    // texts can be encoded
	return strings.TrimSuffix(array.String(), "\n")
}

// Texts returns the items of a list, and of anything else the text alone.
func (f Field) Texts(text string) []string {
	if !f.List {
		return []string{text}
	}
	items, _ := SplitList(text)
	return items
}

// cleanList cleans a list, and each item as clean does.
func cleanList(text string, clean func(item string) string) string {
	text = Field{Type: Multiline}.Clean(text)
	items, ok := SplitList(text)
	if !ok {
		return strings.TrimSpace(text)
	}
	for i := range items {
		items[i] = clean(items[i])
	}
	return JoinList(items)
}

// parseList returns the items of a list, as a slice of [Item].
func (f Field) parseList(text string) (any, *Problem) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, &Problem{Kind: Empty}
	case len(text) > MaxSize:
		return nil, &Problem{Kind: TooBig, Want: strconv.Itoa(MaxSize)}
	case !utf8.ValidString(text):
		return nil, &Problem{Kind: NotText}
	}
	texts, ok := SplitList(text)
	switch n := len(texts); {
	case !ok:
		return nil, &Problem{Kind: NotList}
	case n == 0:
		return nil, &Problem{Kind: Empty}
	case n < f.MinItems:
		return nil, &Problem{Kind: TooFew, Want: strconv.Itoa(f.MinItems)}
	case f.MaxItems > 0 && n > f.MaxItems:
		return nil, &Problem{Kind: TooMany, Want: strconv.Itoa(f.MaxItems)}
	}
	items := make([]Item, len(texts))
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		value, problem := f.Item().parse(text)
		if problem == nil && f.Unique && seen[fmt.Sprint(value)] {
			problem = &Problem{Kind: Repeated}
		}
		if problem != nil {
			problem.Item = i + 1
			return nil, problem
		}
		seen[fmt.Sprint(value)] = true
		items[i] = Item{text, value}
	}
	if f.namesHosts() && len(f.destinations(items)) > MaxHosts {
		return nil, &Problem{Kind: LongHosts, Want: strconv.Itoa(MaxHosts)}
	}
	return items, nil
}

// namesHosts reports whether a question names the hosts of a list.
func (f Field) namesHosts() bool { return f.GoesToItself() || f.IsSentTo }

// destinations says where what is sent to the items of a list goes.
func (f Field) destinations(items []Item) string {
	var all []string
	for _, item := range items {
		if to := f.Item().Destination(item.Text, item.Value); !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return strings.Join(all, ", ")
}

// brokenItem returns the rules that an item breaks, the first of which is problem.
func (f Field) brokenItem(text string, problem *Problem) Broken {
	broken := f.Item().brokenBy(f.Texts(text)[problem.Item-1])
	for _, p := range broken {
		p.Item = problem.Item
	}
	return broken
}

// listProblems are those of a list, and of any of its items.
func (f Field) listProblems() []*Problem {
	problems := []*Problem{{Kind: Empty}, {Kind: TooBig, Want: strconv.Itoa(MaxSize)}, {Kind: NotText}, {Kind: NotList}}
	problems = append(problems, f.countRules()...)
	ofItem := f.Item().Problems()
	if f.Unique {
		ofItem = append(ofItem, &Problem{Kind: Repeated})
	}
	for _, p := range ofItem {
		p.Item = AnyItem
	}
	problems = append(problems, ofItem...)
	if f.namesHosts() {
		problems = append(problems, &Problem{Kind: LongHosts, Want: strconv.Itoa(MaxHosts)})
	}
	return problems
}

// countRules say how many items a list has.
func (f Field) countRules() (rules []*Problem) {
	if f.MinItems > 1 {
		rules = append(rules, &Problem{Kind: TooFew, Want: strconv.Itoa(f.MinItems)})
	}
	if f.MaxItems > 0 {
		rules = append(rules, &Problem{Kind: TooMany, Want: strconv.Itoa(f.MaxItems)})
	}
	return rules
}
