// Package jsonc changes texts in JSON, or in JSON with comments, in some places, and leaves them as they are in all others, to
// the byte. Begin at [Parse]; edit.go has the changes.
package jsonc

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Document is a text and its values. It begins as [Parse] reads it; each change reads it again.
type Document struct {
	Text  string
	Root  *Value
	Taken []string // what was there under the name of a Part, and of somebody else

	// Comment and Comma are where the first comment stands, and the first comma behind a last item, which not all readers accept.
	Comment, Comma Place
}

// A Place is a place in a text, for people: a line, and a column in bytes. Both count from 1; the zero Place is none.
type Place struct{ Line, Column int }

func placeOf(text string, at int) Place {
	before := text[:at]
	return Place{strings.Count(before, "\n") + 1, at - strings.LastIndexByte(before, '\n')}
}

// A SyntaxError says what is wrong, with words of the text, and where.
type SyntaxError struct {
	Place
	Err error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// A Value is a value and where it stands.
type Value struct {
	From, To int
	Kind     byte   // '{', '[', '"', or 0 for numbers, true, false and null
	Text     string // of a string, decoded; else as written, of a scalar
	Members  []Member
}

// A Member is an item of a list, or a key of an object with its value.
type Member struct {
	Key   string // "" in a list
	From  int    // where the key begins, or the item
	Comma int    // where the comma behind it stands, or -1
	Value *Value
}

// Get returns the value at a path of keys, and of numbers of items, or nil. Of a key that is there twice, the last counts, as
// for JSON.parse.
func (v *Value) Get(path ...string) *Value {
	for _, key := range path {
		if v.Is('[') {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v.Members) {
				return nil
			}
			v = v.Members[i].Value
			continue
		}
		if !v.Is('{') {
			return nil
		}
		at := -1
		for i, m := range v.Members {
			if m.Key == key {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		v = v.Members[at].Value
	}
	return v
}

// Items returns what is in a list, and nothing where there is none.
func Items(v *Value) (list []*Value) {
	if v.Is('[') {
		for _, m := range v.Members {
			list = append(list, m.Value)
		}
	}
	return list
}

// Is reports whether there is a value of a kind.
func (v *Value) Is(kind byte) bool { return v != nil && v.Kind == kind }

// Decode decodes the value into one of Go, as encoding/json does.
func (v *Value) Decode(into any) error {
	d := json.NewDecoder(strings.NewReader(v.Plain()))
	d.UseNumber()
	return d.Decode(into)
}

// Plain returns v as JSON without comments.
func (v *Value) Plain() string {
	var out strings.Builder
	v.write(&out)
	return out.String()
}

func (v *Value) write(out *strings.Builder) {
	switch v.Kind {
	case '{', '[':
		out.WriteByte(v.Kind)
		for i, m := range v.Members {
			if i > 0 {
				out.WriteByte(',')
			}
			if v.Kind == '{' {
				out.WriteString(Quote(m.Key) + ":")
			}
			m.Value.write(out)
		}
		out.WriteByte(v.Kind + 2) // '{' and '}', '[' and ']' are two apart
	case '"':
		out.WriteString(Quote(v.Text))
	default:
		out.WriteString(v.Text)
	}
}

// maxDepth is how deep values may be nested.
const maxDepth = 100

// Parse reads a text. Comments and a comma behind the last item are accepted, as editors accept them in their own files. The error
// is a [*SyntaxError].
func Parse(text string) (*Document, error) {
	p := &parser{text: text}
	if strings.HasPrefix(text, "\ufeff") {
		p.at = len("\ufeff")
	}
	root, err := p.value(0)
	if err == nil {
		err = p.space()
	}
	if err == nil && p.at < len(text) {
		err = errors.New("something is left over behind the value")
	}
	if err != nil {
		return nil, &SyntaxError{placeOf(text, min(p.at, len(text))), err}
	}
	return &Document{Text: text, Root: root, Comment: p.comment, Comma: p.comma}, nil
}

// Editable reads a text that is to be changed. Of a key that is there twice, readers take the first or the last, so that a change
// would be seen by some of them only.
func Editable(text string) (*Document, error) {
	t, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if key, is := t.Root.twice(); is {
		return nil, fmt.Errorf("it has the key %q twice, of which readers take either: remove one", key)
	}
	return t, nil
}

// twice returns a key that an object has twice.
func (v *Value) twice() (key string, is bool) {
	seen := map[string]bool{}
	for _, m := range v.Members {
		if v.Is('{') && seen[m.Key] {
			return m.Key, true
		}
		seen[m.Key] = true
		if key, is := m.Value.twice(); is {
			return key, true
		}
	}
	return "", false
}

// IsStrict reports whether a text has neither comments nor other things that only editors accept.
func IsStrict(text string) bool { return json.Valid([]byte(text)) }

type parser struct {
	text           string
	at             int
	comment, comma Place
}

// space skips white space and comments.
func (p *parser) space() error {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			p.at++
		case strings.HasPrefix(rest, "//"):
			p.note(&p.comment, p.at)
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			p.at += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return errors.New("a comment does not end")
			}
			p.note(&p.comment, p.at)
			p.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

// note keeps the first place of what not all readers accept.
func (p *parser) note(first *Place, at int) {
	if first.Line == 0 {
		*first = placeOf(p.text, at)
	}
}

func (p *parser) next() (byte, error) {
	if err := p.space(); err != nil {
		return 0, err
	}
	if p.at >= len(p.text) {
		return 0, errors.New("the text ends inside a value")
	}
	return p.text[p.at], nil
}

func (p *parser) value(depth int) (*Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	c, err := p.next()
	if err != nil {
		return nil, err
	}
	v := &Value{From: p.at}
	switch c {
	case '{', '[':
		v.Kind = c
		err = p.members(v, depth)
	case '"':
		v.Kind = c
		v.Text, err = p.string()
	default:
		v.Text, err = p.word()
	}
	v.To = p.at
	return v, err
}

// members reads what stands between the brackets of v.
func (p *parser) members(v *Value, depth int) error {
	for p.at++; ; {
		c, err := p.next()
		if err != nil {
			return err
		}
		if c == v.Kind+2 {
			if n := len(v.Members); n > 0 && v.Members[n-1].Comma >= 0 {
				p.note(&p.comma, v.Members[n-1].Comma)
			}
			p.at++
			return nil
		}
		if n := len(v.Members); n > 0 && v.Members[n-1].Comma < 0 {
			return fmt.Errorf("a comma is missing before %q", c)
		}
		m := Member{From: p.at, Comma: -1}
		if v.Kind == '{' {
			if m.Key, err = p.key(); err != nil {
				return err
			}
		}
		if m.Value, err = p.value(depth + 1); err != nil {
			return err
		}
		if c, err := p.next(); err == nil && c == ',' {
			m.Comma = p.at
			p.at++
		}
		v.Members = append(v.Members, m)
	}
}

// key reads a key and the colon behind it.
func (p *parser) key() (string, error) {
	if p.text[p.at] != '"' {
		return "", fmt.Errorf("a key in quotes is missing before %q", p.text[p.at])
	}
	key, err := p.string()
	if err != nil {
		return "", err
	}
	if c, err := p.next(); err != nil || c != ':' {
		return "", fmt.Errorf("a colon is missing behind %q", key)
	}
	p.at++
	return key, nil
}

func (p *parser) string() (text string, err error) {
	begin := p.at
	for p.at++; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
		case '"':
			p.at++
			written := p.text[begin:p.at]
			if err := json.Unmarshal([]byte(written), &text); err != nil || !utf8.ValidString(written) {
				return "", errors.New("a text in quotes is no JSON")
			}
			return text, nil
		}
	}
	return "", errors.New("a text in quotes does not end")
}

// word reads a number, true, false or null.
func (p *parser) word() (string, error) {
	end := strings.IndexAny(p.text[p.at:], " \t\r\n,:{}[]\"/")
	if end < 0 {
		end = len(p.text) - p.at
	}
	word := p.text[p.at : p.at+end]
	if !json.Valid([]byte(word)) {
		return "", fmt.Errorf("%q is no value", p.text[p.at:min(p.at+max(end, 1), len(p.text))])
	}
	p.at += end
	return word, nil
}
