package emit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Here a text in JSON, or in JSON with comments, is changed in some places and stays as it is in all others, to the byte.

// A jsonText is a text and its values. It begins as [parseJSON] reads it; each change reads it again.
type jsonText struct {
	text string
	root *jsonValue
}

// A jsonValue is a value and where it stands.
type jsonValue struct {
	from, to int
	kind     byte   // '{', '[', '"', or 0 for numbers, true, false and null
	text     string // of a string, decoded; else as written, of a scalar
	members  []jsonMember
}

// A jsonMember is an item of a list, or a key of an object with its value.
type jsonMember struct {
	key   string // "" in a list
	from  int    // where the key begins, or the item
	comma int    // where the comma behind it stands, or -1
	value *jsonValue
}

// get returns the value at a path of keys, and of numbers of items, or nil. Of a key that is there twice, the last counts, as
// for JSON.parse.
func (v *jsonValue) get(path ...string) *jsonValue {
	for _, key := range path {
		if v.is('[') {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v.members) {
				return nil
			}
			v = v.members[i].value
			continue
		}
		if !v.is('{') {
			return nil
		}
		at := -1
		for i, m := range v.members {
			if m.key == key {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		v = v.members[at].value
	}
	return v
}

// items returns what is in a list, and nothing where there is none.
func items(v *jsonValue) (list []*jsonValue) {
	if v.is('[') {
		for _, m := range v.members {
			list = append(list, m.value)
		}
	}
	return list
}

// is reports whether there is a value of a kind.
func (v *jsonValue) is(kind byte) bool { return v != nil && v.kind == kind }

// decode decodes the value into one of Go, as encoding/json does.
func (v *jsonValue) decode(into any) error {
	d := json.NewDecoder(strings.NewReader(v.plain()))
	d.UseNumber()
	return d.Decode(into)
}

// plain returns v as JSON without comments.
func (v *jsonValue) plain() string {
	var out strings.Builder
	v.write(&out)
	return out.String()
}

func (v *jsonValue) write(out *strings.Builder) {
	switch v.kind {
	case '{', '[':
		out.WriteByte(v.kind)
		for i, m := range v.members {
			if i > 0 {
				out.WriteByte(',')
			}
			if v.kind == '{' {
				out.WriteString(JSON(m.key) + ":")
			}
			m.value.write(out)
		}
		out.WriteByte(v.kind + 2) // '{' and '}', '[' and ']' are two apart
	case '"':
		out.WriteString(JSON(v.text))
	default:
		out.WriteString(v.text)
	}
}

// indented returns a value as JSON over several lines, all but the first of which begin with prefix.
func indented(v any, prefix, indent string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, indent)
	if err := e.Encode(v); err != nil {
		panic(err) // it is made of texts, numbers and lists of them
	}
	return invisible.ReplaceAllStringFunc(strings.TrimSuffix(out.String(), "\n"), func(r string) string {
		return fmt.Sprintf(`\u%04x`, []rune(r)[0])
	})
}

// invisible are the characters that JSON may have as they are, and YAML may not, or takes for the end of a line.
var invisible = regexp.MustCompile(`[\x{7F}-\x{9F}\x{FEFF}\x{FFFE}\x{FFFF}]`)

// maxDepth is how deep values may be nested.
const maxDepth = 100

// parseJSON reads a text. Comments and a comma behind the last item are accepted, as editors accept them in their own files.
func parseJSON(text string) (*jsonText, error) {
	p := &jsonParser{text: text}
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
		line := strings.Count(text[:min(p.at, len(text))], "\n") + 1
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	return &jsonText{text, root}, nil
}

// isStrictJSON reports whether a text has neither comments nor other things that only editors accept.
func isStrictJSON(text string) bool { return json.Valid([]byte(text)) }

type jsonParser struct {
	text string
	at   int
}

// space skips white space and comments.
func (p *jsonParser) space() error {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.ContainsRune(" \t\r\n", rune(rest[0])):
			p.at++
		case strings.HasPrefix(rest, "//"):
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
			p.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (p *jsonParser) next() (byte, error) {
	if err := p.space(); err != nil {
		return 0, err
	}
	if p.at >= len(p.text) {
		return 0, errors.New("the text ends inside a value")
	}
	return p.text[p.at], nil
}

func (p *jsonParser) value(depth int) (*jsonValue, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	c, err := p.next()
	if err != nil {
		return nil, err
	}
	v := &jsonValue{from: p.at}
	switch c {
	case '{', '[':
		v.kind = c
		err = p.members(v, depth)
	case '"':
		v.kind = c
		v.text, err = p.string()
	default:
		v.text, err = p.word()
	}
	v.to = p.at
	return v, err
}

// members reads what stands between the brackets of v.
func (p *jsonParser) members(v *jsonValue, depth int) error {
	for p.at++; ; {
		c, err := p.next()
		if err != nil {
			return err
		}
		if c == v.kind+2 {
			p.at++
			return nil
		}
		if n := len(v.members); n > 0 && v.members[n-1].comma < 0 {
			return fmt.Errorf("a comma is missing before %q", c)
		}
		m := jsonMember{from: p.at, comma: -1}
		if v.kind == '{' {
			if m.key, err = p.key(); err != nil {
				return err
			}
		}
		if m.value, err = p.value(depth + 1); err != nil {
			return err
		}
		if c, err := p.next(); err == nil && c == ',' {
			m.comma = p.at
			p.at++
		}
		v.members = append(v.members, m)
	}
}

// key reads a key and the colon behind it.
func (p *jsonParser) key() (string, error) {
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

func (p *jsonParser) string() (text string, err error) {
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
func (p *jsonParser) word() (string, error) {
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

// An edit puts another text in place of a part.
type edit struct {
	from, to int
	text     string
}

// edited returns a text with edits, which do not overlap.
func edited(text string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for _, e := range edits {
		out.WriteString(text[at:e.from] + e.text)
		at = e.to
	}
	return out.String() + text[at:]
}

// apply makes the edits, with the line ends of the text.
func (t *jsonText) apply(edits []edit) error {
	if strings.Contains(t.text, "\r\n") {
		for i := range edits {
			edits[i].text = strings.ReplaceAll(edits[i].text, "\n", "\r\n")
		}
	}
	changed, err := parseJSON(edited(t.text, edits))
	if err != nil {
		return fmt.Errorf("the change made it no JSON, please report this: %w", err)
	}
	*t = *changed
	return nil
}

// lineIndent returns the white space with which the line begins that a place is in.
func (t *jsonText) lineIndent(at int) string {
	line := t.text[strings.LastIndexByte(t.text[:at], '\n')+1 : at]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// indent returns by how much the lines of the text go in for each level.
func (t *jsonText) indent() string {
	if t.root.kind == '{' && len(t.root.members) > 0 {
		if indent := t.lineIndent(t.root.members[0].from); indent != "" {
			return indent
		}
	}
	return "  "
}

// A part is an item of a list or a key of an object, as it should be.
type part struct {
	key   string
	value any
}

// put makes members of the list or object at path what parts say, and leaves the others as they are. Those that are new come
// last; stale says which are to go. In a list, name is the key of an item that has its name.
func (t *jsonText) put(path []string, name string, parts []part, stale func(key string, v *jsonValue) bool) error {
	if list := t.root.get(path...); !list.is('[') && !list.is('{') {
		return fmt.Errorf("%s is no list or object", strings.Join(path, "."))
	}
	if err := t.remove(path, func(m jsonMember) bool {
		key := memberKey(m, name)
		return stale(key, m.value) && !slices.ContainsFunc(parts, func(p part) bool { return p.key == key })
	}); err != nil {
		return err
	}
	list := t.root.get(path...)
	unit := t.indent()
	var edits []edit
	known := map[string]int{}
	for i, m := range list.members {
		known[memberKey(m, name)] = i
	}
	var more []string
	inner := t.lineIndent(list.from) + unit
	if n := len(list.members); n > 0 {
		inner = t.lineIndent(list.members[n-1].from)
	}
	for _, p := range parts {
		if i, ok := known[p.key]; ok {
			v := list.members[i].value
			edits = append(edits, edit{v.from, v.to, indented(p.value, t.lineIndent(list.members[i].from), unit)})
			continue
		}
		text := indented(p.value, inner, unit)
		if list.kind == '{' {
			text = JSON(p.key) + ": " + text
		}
		more = append(more, text)
	}
	if len(more) > 0 {
		edits = append(edits, t.appended(list, inner, more)...)
	}
	return t.apply(edits)
}

// memberKey returns the name of a member: of an item in a list, the text under the key name.
func memberKey(m jsonMember, name string) string {
	if m.key != "" {
		return m.key
	}
	if v := m.value.get(name); v.is('"') {
		return v.text
	}
	return ""
}

// appended returns the edits that add members to a list or object.
func (t *jsonText) appended(list *jsonValue, indent string, more []string) []edit {
	text := "\n" + indent + strings.Join(more, ",\n"+indent)
	n := len(list.members)
	if n == 0 {
		from, to := list.from+1, list.from+1
		if strings.TrimSpace(t.text[from:list.to-1]) == "" { // else comments stand there, which stay behind
			to = list.to - 1
		}
		return []edit{{from, to, text + "\n" + t.lineIndent(list.from)}}
	}
	last := list.members[n-1]
	if rest := t.text[last.value.to:list.to]; !strings.Contains(rest, "\n") {
		text += "\n" + t.lineIndent(list.to-1) // before the bracket, as where it was on a line of its own
	}
	if last.comma >= 0 {
		at := t.behindComment(last.comma + 1)
		return []edit{{at, at, text}}
	}
	at := t.behindComment(last.value.to)
	return []edit{{last.value.to, last.value.to, ","}, {at, at, text}}
}

// behindComment returns the end of the line where a comment is all that follows a place in it, since it says something of what
// stands before; else the place.
func (t *jsonText) behindComment(at int) int {
	line, _, _ := strings.Cut(t.text[at:], "\n")
	line = strings.TrimRight(line, "\r")
	if strings.HasPrefix(strings.TrimLeft(line, " \t"), "//") {
		return at + len(line)
	}
	return at
}

// remove removes members of the list or object at path, each with its line.
func (t *jsonText) remove(path []string, goes func(jsonMember) bool) error {
	list := t.root.get(path...)
	var edits []edit
	last := -1 // of those that stay
	for i, m := range list.members {
		if !goes(m) {
			last = i
			continue
		}
		to := m.value.to
		if m.comma >= 0 {
			to = m.comma + 1
		}
		edits = append(edits, t.wholeLine(m.from, to))
	}
	if n := len(list.members); last >= 0 && last < n-1 && list.members[n-1].comma < 0 {
		edits = append(edits, edit{list.members[last].comma, list.members[last].comma + 1, ""})
	}
	if len(edits) == 0 {
		return nil
	}
	return t.apply(edits)
}

// wholeLine returns the edit that removes a part of the text, with its line where nothing else is on it.
func (t *jsonText) wholeLine(from, to int) edit {
	indent := t.lineIndent(from)
	begin := from - len(indent)
	end := strings.IndexByte(t.text[to:], '\n')
	if end >= 0 && (begin == 0 || t.text[begin-1] == '\n') && strings.TrimSpace(t.text[to:to+end]) == "" {
		return edit{begin, to + end + 1, ""}
	}
	return edit{from, to, ""}
}

// ensure adds an empty list or object under the last key of a path, where the object before it has none.
func (t *jsonText) ensure(path []string, empty any) error {
	parent, key := path[:len(path)-1], path[len(path)-1]
	object := t.root.get(parent...)
	if !object.is('{') {
		return fmt.Errorf("%s is no object", cmp.Or(strings.Join(parent, "."), "it"))
	}
	if object.get(key) != nil {
		return nil
	}
	return t.put(parent, "", []part{{key, empty}}, func(string, *jsonValue) bool { return false })
}
