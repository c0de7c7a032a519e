package emit

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// markdown is a page for the people who use a server: a section for each secret, between two comments that stay in place.
type markdown struct{}

func (markdown) says() says {
	return says{title: true, example: true, value: true, integers: true, numbers: true, files: true, boolean: true, choices: true, types: true}
}

const (
	pageBegin = "<!-- The settings of this server. Begin of what mcpsecrets-gen emits -->"
	pageEnd   = "<!-- End of what mcpsecrets-gen emits -->"

	pageAsks     = "The server asks for it."
	pageOptional = "It is optional."
)

func (markdown) begin(server string, _ Options) (string, []string, error) {
	return "# The settings of " + escapeMarkdown(server) + "\n\nThe server asks for each when it needs it, and keeps it in the keychain.\n\n" +
		pageBegin + "\n" + pageEnd + "\n", nil, nil
}

// hardBreak ends a line within a paragraph (CommonMark, section 6.7).
const hardBreak = "\\\n"

// section is the lines of an entry:
//
//	## Petstore API key
//
//	> Create one under Account, API keys.\
//	> It begins with sk_live_.
//
//	The server asks for it.
//
//	- name: `api_key`
//	- type: `password`
func (markdown) section(e entry, o Options) string {
	var out strings.Builder
	text := strings.TrimRight(strings.TrimSuffix(e.text, lastText(e.text)), "\n")
	out.WriteString("\n## " + escapeMarkdown(e.title) + "\n\n")
	if text != "" {
		var lines []string
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, "> "+escapeMarkdown(line))
		}
		out.WriteString(strings.Join(lines, hardBreak) + "\n\n")
	}
	required, _ := isLastLine(lastText(e.text))
	if required {
		out.WriteString(pageAsks + "\n\n")
	} else {
		out.WriteString(pageOptional + "\n\n")
	}
	item := func(name, value string) {
		if value != "" {
			out.WriteString("- " + name + ": " + codeSpan(value) + "\n")
		}
	}
	item("name", e.key)
	item("type", string(e.kind))
	items := func(name string, values []string) {
		for _, value := range values {
			item(name, value)
		}
	}
	items("choice", e.choices)
	items("scheme", e.address.schemes)
	items("host", e.address.hosts)
	if e.address.userInfo {
		item("user and password", "accepted")
	}
	item("default", e.value)
	item("example", e.example)
	if o.Env {
		item("variable", e.variable)
	}
	return out.String()
}

// lastText returns the last line of a text.
func lastText(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// escapeMarkdown writes a line of text so that it is seen as it is.
func escapeMarkdown(line string) string {
	var out strings.Builder
	for i, c := range line {
		switch {
		case c == '\t':
			out.WriteString("&#9;")
		case c == ' ' && (i == 0 || i == len(line)-1):
			out.WriteString("&#32;")
		case strings.ContainsRune("\\`*_{}[]<>#|~&$", c), strings.ContainsRune("-+.)=!:", c) && i < 10 && marksLine(line, i):
			out.WriteString("\\" + string(c))
		default:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// marksLine reports whether a character at the beginning of a line could make a list, a heading or a rule of it.
func marksLine(line string, i int) bool {
	return strings.Trim(line[:i], "0123456789") == ""
}

var markdownEscape = regexp.MustCompile("&#9;|&#32;|\\\\[\\\\`*_{}\\[\\]<>#|~&$.)=!:+-]")

func unescapeMarkdown(text string) string {
	return markdownEscape.ReplaceAllStringFunc(text, func(escape string) string {
		switch escape {
		case "&#9;":
			return "\t"
		case "&#32;":
			return " "
		}
		return escape[1:]
	})
}

// withoutBreak returns a line without the backslash that breaks it: an odd one, since those that are meant are doubled.
func withoutBreak(line string) string {
	if backslashes := len(line) - len(strings.TrimRight(line, "\\")); backslashes%2 == 1 {
		return line[:len(line)-1]
	}
	return line
}

// codeSpan writes a text as code in a line (CommonMark, section 6.1).
func codeSpan(text string) string {
	longest, run := 0, 0
	for _, c := range text {
		if c == '`' {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " "
	}
	return fence + text + fence
}

func uncodeSpan(code string) string {
	fence := code[:len(code)-len(strings.TrimLeft(code, "`"))]
	text := strings.TrimSuffix(strings.TrimPrefix(code, fence), fence)
	if len(text) > 2 && text[0] == ' ' && text[len(text)-1] == ' ' {
		text = text[1 : len(text)-1]
	}
	return text
}

// part returns what stands before, between and behind the two comments.
func (markdown) part(text string) (before, between, behind string, ok bool) {
	before, rest, begun := strings.Cut(text, pageBegin+"\n")
	// Only a line of its own is the end: a default or an example may have the same text in it.
	between, behind, ended := strings.Cut("\n"+rest, "\n"+pageEnd)
	return before + pageBegin + "\n", strings.TrimPrefix(between, "\n"), pageEnd + behind, begun && ended
}

func (m markdown) put(text, _ string, entries []entry, o Options) (string, error) {
	before, _, behind, ok := m.part(text)
	if !ok {
		return "", errors.New("it has no lines \"" + pageBegin + "\" and \"" + pageEnd + "\", between which the settings go: add them")
	}
	var out strings.Builder
	for _, e := range entries {
		out.WriteString(m.section(e, o))
	}
	if len(entries) > 0 {
		out.WriteString("\n")
	}
	return before + out.String() + behind, nil
}

func (m markdown) is(text string) bool {
	_, _, _, ok := m.part(text)
	return ok
}

func (m markdown) read(text string) (*found, error) {
	_, between, _, _ := m.part(text)
	result := &found{}
	for section := range strings.SplitSeq("\n"+strings.TrimPrefix(between, "\n"), "\n## ") {
		if strings.TrimSpace(section) == "" {
			continue
		}
		title, body, _ := strings.Cut(section, "\n")
		e := entry{title: unescapeMarkdown(title), kind: field.Text}
		var lines []string
		for line := range strings.SplitSeq(body, "\n") {
			name, code, isItem := strings.Cut(line, ": `")
			quoted, isQuoted := strings.CutPrefix(line, "> ")
			switch {
			case isQuoted:
				lines = append(lines, unescapeMarkdown(withoutBreak(quoted)))
			case isItem && strings.HasPrefix(name, "- "):
				m.item(&e, name[2:], uncodeSpan("`"+code))
			case line == pageAsks:
				e.required = true
			}
		}
		e.text = strings.TrimPrefix(strings.Join(append(lines, lastLine(e.required, Options{})), "\n"), "\n")
		switch {
		case e.key == "":
			return nil, errors.New("a section has no name: " + title)
		case !slices.Contains(field.Types(), e.kind):
			return nil, fmt.Errorf("%s: unknown type %q", e.key, e.kind)
		}
		result.entries = append(result.entries, e)
	}
	return result, nil
}

func (markdown) item(e *entry, name, value string) {
	switch name {
	case "name":
		e.key = value
	case "type":
		e.kind = field.Type(value)
		e.secret = !(field.Field{Type: e.kind}).Shows()
	case "choice":
		e.choices = append(e.choices, value)
	case "scheme":
		e.address.schemes = append(e.address.schemes, value)
	case "host":
		e.address.hosts = append(e.address.hosts, value)
	case "user and password":
		e.address.userInfo, e.secret = true, true
	case "default":
		e.value = value
	case "example":
		e.example = value
	case "variable":
		e.variable = value
	}
}
