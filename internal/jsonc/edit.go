package jsonc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

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
func (t *Document) apply(edits []edit) error {
	if strings.Contains(t.Text, "\r\n") {
		for i := range edits {
			edits[i].text = strings.ReplaceAll(edits[i].text, "\n", "\r\n")
		}
	}
	changed, err := Parse(edited(t.Text, edits))
	if err != nil {
		return fmt.Errorf("the change made it no JSON, please report this: %w", err)
	}
	t.Text, t.Root, t.Comment, t.Comma = changed.Text, changed.Root, changed.Comment, changed.Comma
	return nil
}

// lineIndent returns the white space with which the line begins that a place is in.
func (t *Document) lineIndent(at int) string {
	line := t.Text[strings.LastIndexByte(t.Text[:at], '\n')+1 : at]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// indent returns by how much the lines of the text go in for each level.
func (t *Document) indent() string {
	if t.Root.Kind == '{' && len(t.Root.Members) > 0 {
		if indent := t.lineIndent(t.Root.Members[0].From); indent != "" {
			return indent
		}
	}
	return "  "
}

// A part is an item of a list or a key of an object, as it should be.
type Part struct {
	Key   string
	Value any
}

// Put makes members of the list or object at path what parts say, and leaves the others as they are. Those that are new come
// last; ours says which were written by this package, and are to go where no part has their name. In a list, name is the key of an
// item that has its name.
func (t *Document) Put(path []string, name string, parts []Part, ours func(key string, v *Value) bool) error {
	if list := t.Root.Get(path...); !list.Is('[') && !list.Is('{') {
		return fmt.Errorf("%s is no list or object", strings.Join(path, "."))
	}
	if err := t.remove(path, func(m Member) bool {
		key := m.Name(name)
		return ours(key, m.Value) && !slices.ContainsFunc(parts, func(p Part) bool { return p.Key == key })
	}); err != nil {
		return err
	}
	list := t.Root.Get(path...)
	unit := t.indent()
	var edits []edit
	known := map[string]int{}
	for i, m := range list.Members {
		key := m.Name(name)
		if _, twice := known[key]; twice && slices.ContainsFunc(parts, func(p Part) bool { return p.Key == key }) {
			return fmt.Errorf("%s has %q twice: remove one", strings.Join(path, "."), key)
		}
		known[key] = i
	}
	var more []string
	inner := t.lineIndent(list.From) + unit
	if n := len(list.Members); n > 0 {
		inner = t.lineIndent(list.Members[n-1].From)
	}
	for _, p := range parts {
		if i, ok := known[p.Key]; ok {
			v := list.Members[i].Value
			if !ours(p.Key, v) && v.Plain() != parsed(p.Value).Plain() {
				t.Taken = append(t.Taken, p.Key)
			}
			edits = append(edits, edit{v.From, v.To, Indented(p.Value, t.lineIndent(list.Members[i].From), unit)})
			continue
		}
		text := Indented(p.Value, inner, unit)
		if list.Kind == '{' {
			text = Quote(p.Key) + ": " + text
		}
		more = append(more, text)
	}
	if len(more) > 0 {
		edits = append(edits, t.appended(list, inner, more)...)
	}
	return t.apply(edits)
}

// parsed returns a value as it is read.
func parsed(v any) *Value {
	t, err := Parse(Quote(v))
	if err != nil {
		panic(err) // it was written as JSON
	}
	return t.Root
}

// Name returns the key of a member, or of an item in a list the text under key.
func (m Member) Name(key string) string {
	if m.Key != "" {
		return m.Key
	}
	if v := m.Value.Get(key); v.Is('"') {
		return v.Text
	}
	return ""
}

// appended returns the edits that add members to a list or object.
func (t *Document) appended(list *Value, indent string, more []string) []edit {
	text := "\n" + indent + strings.Join(more, ",\n"+indent)
	n := len(list.Members)
	if n == 0 {
		from, to := list.From+1, list.From+1
		if strings.TrimSpace(t.Text[from:list.To-1]) == "" { // else comments stand there, which stay behind
			to = list.To - 1
		}
		return []edit{{from, to, text + "\n" + t.lineIndent(list.From)}}
	}
	last := list.Members[n-1]
	if rest := t.Text[last.Value.To:list.To]; !strings.Contains(rest, "\n") {
		text += "\n" + t.lineIndent(list.To-1) // before the bracket, as where it was on a line of its own
	}
	if last.Comma >= 0 {
		at := t.behindComment(last.Comma + 1)
		return []edit{{at, at, text}}
	}
	at := t.behindComment(last.Value.To)
	return []edit{{last.Value.To, last.Value.To, ","}, {at, at, text}}
}

// behindComment returns the end of the line where a comment is all that follows a place in it, since it says something of what
// stands before; else the place.
func (t *Document) behindComment(at int) int {
	line, _, _ := strings.Cut(t.Text[at:], "\n")
	line = strings.TrimRight(line, "\r")
	comment := strings.TrimSpace(line)
	if strings.HasPrefix(comment, "//") || strings.HasPrefix(comment, "/*") && strings.Index(comment, "*/") == len(comment)-2 {
		return at + len(line)
	}
	return at
}

// remove removes members of the list or object at path, each with its line.
func (t *Document) remove(path []string, goes func(Member) bool) error {
	list := t.Root.Get(path...)
	var edits []edit
	last := -1 // of those that stay
	for i, m := range list.Members {
		if !goes(m) {
			last = i
			continue
		}
		to := m.Value.To
		if m.Comma >= 0 {
			to = m.Comma + 1
		}
		edits = append(edits, t.wholeLine(m.From, to))
	}
	if n := len(list.Members); last >= 0 && last < n-1 && list.Members[n-1].Comma < 0 {
		edits = append(edits, edit{list.Members[last].Comma, list.Members[last].Comma + 1, ""})
	}
	if len(edits) == 0 {
		return nil
	}
	return t.apply(edits)
}

// wholeLine returns the edit that removes a part of the text, with its line where nothing else is on it.
func (t *Document) wholeLine(from, to int) edit {
	indent := t.lineIndent(from)
	begin := from - len(indent)
	end := strings.IndexByte(t.Text[to:], '\n')
	if end >= 0 && (begin == 0 || t.Text[begin-1] == '\n') && strings.TrimSpace(t.Text[to:to+end]) == "" {
		return edit{begin, to + end + 1, ""}
	}
	return edit{from, to, ""}
}

// Ensure adds an empty list or object under the last key of a path, where the object before it has none.
func (t *Document) Ensure(path []string, empty any) error {
	parent, key := path[:len(path)-1], path[len(path)-1]
	object := t.Root.Get(parent...)
	if !object.Is('{') {
		return fmt.Errorf("%s is no object", cmp.Or(strings.Join(parent, "."), "it"))
	}
	if object.Get(key) != nil {
		return nil
	}
	return t.Put(parent, "", []Part{{key, empty}}, func(string, *Value) bool { return false })
}

// Quote writes a value as JSON in one line, as people read it.
func Quote(v any) string { return Indented(v, "", "") }

// Indented returns a value as JSON over several lines, all but the first of which begin with prefix.
func Indented(v any, prefix, indent string) string {
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
