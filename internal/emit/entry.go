package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// An entry is one secret as a format has it.
type entry struct {
	key      string // the schema's name
	variable string // of the environment; "" where the file names none
	title    string // the label, where the format has a place for it
	text     string // what a person reads: whatever the format has no other place for
	secret   bool
	required bool       // only where it is read: nothing is required of a client
	kind     field.Type // text, password, integer, boolean or choice; any, where the format has all
	choices  []string
	low      *int64
	high     *int64
	address  address
	value    string // the default; "" is none
	example  string
	unsaid   bool   // whether it is secret, where it is read from a place that has no word for it
	remark   string // what is lost of it where it is read
}

// An address is what the schema says of a url.
type address struct {
	schemes, hosts []string
	userInfo       bool
}

// says is what a format has a place for, beside a name and a text. What it has no place for goes into the text.
type says struct {
	title, example, value, whole, bounds, boolean, choices bool
	types                                                  bool // all of them, by their names in a schema
	variables                                              bool // a variable is what names an entry
}

// entriesOf returns the secrets of a schema as a format has them, in their order. Of what is made of others, there is none.
func entriesOf(f *schema.File, s says, o Options) []entry {
	names := variables(f)
	entries := make([]entry, 0, len(f.Secrets))
	for i, secret := range f.Secrets {
		if secret.Derived == "" {
			entries = append(entries, s.entry(f, secret.Field, names[i], o))
		}
	}
	return entries
}

func (s says) entry(file *schema.File, f field.Field, variable string, o Options) entry {
	read := s.asRead(f)
	e := entry{
		key: f.Name, variable: variable, title: f.Label, secret: !f.Shows(), kind: read.Type, choices: read.Choices, example: f.Placeholder,
		address: address{read.Schemes, read.Hosts, read.UserInfo},
	}
	if !e.secret && isValue(read, f.Default) {
		e.value = f.Default
	}
	if low, ok := read.Range.Min(); ok {
		e.low = &low
	}
	if high, ok := read.Range.Max(); ok {
		e.high = &high
	}
	e.text = s.compose(file, f, s.identity(e), o)
	return e
}

// identity returns what names an entry in the format.
func (s says) identity(e entry) string {
	if s.variables && e.variable != "" {
		return e.variable
	}
	return e.key
}

// asRead returns the rules of f that the format keeps.
func (s says) asRead(f field.Field) field.Field {
	read := field.Field{Type: field.Text}
	switch {
	case f.Open: // no other format has choices that are not all
	case f.List && f.Shows(): // nor lists as people write them here
	case s.types && !f.List && f.Shows() == (field.Field{Type: f.Type, UserInfo: f.UserInfo}).Shows(): // else the type says otherwise
		read = field.Field{Type: f.Type, Choices: f.Choices, Schemes: f.Schemes, Hosts: f.Hosts, UserInfo: f.UserInfo}
	case !f.Shows():
		read.Type = field.Password
	case (f.Type == field.Integer || f.Type == field.Number) && s.whole, f.Type == field.Boolean && s.boolean:
		read.Type = f.Type
	case f.Type == field.Choice && s.choices:
		read.Type, read.Choices = f.Type, f.Choices
	}
	if read.Type == field.Integer && s.bounds {
		read.Range = f.Range
	}
	return read
}

// isValue reports whether what is read as f can have a text as its default: one of several lines is never written.
func isValue(f field.Field, text string) bool {
	return !strings.Contains(text, "\n") && f.Check(text) == nil
}

// The last line of a text says that a client need not have the value, and whether the server asks for it.
const (
	serverAsks = "Leave empty: the server asks."
	isOptional = "Leave empty: it is optional."
	notRead    = " The server does not read it from here yet."
)

func lastLine(required bool, o Options) string {
	line := isOptional
	if required {
		line = serverAsks
	}
	if !o.Env {
		line += notRead
	}
	return line
}

// isLastLine reports whether a line is one that [lastLine] returns, and if so, whether the server asks.
func isLastLine(line string) (required, ok bool) {
	line = strings.TrimSuffix(line, notRead)
	return line == serverAsks, line == serverAsks || line == isOptional
}

// isOurs reports whether a text was written by this package.
func isOurs(text string) bool {
	_, ok := isLastLine(text[strings.LastIndexByte(text, '\n')+1:])
	return ok
}

// What begins a line with an example or a default, where the format has no place for it.
const defaultPrefix = "Default: "

var examplePrefix = strings.TrimSuffix(wording.English().Dialog.Example, "{placeholder}")

// compose returns the text of an entry: the label, the help text, what else the schema says and the format has no place for, and
// that it may stay empty. What a dialog would have no room for is left out, since it is the help text of whoever reads it.
func (s says) compose(file *schema.File, f field.Field, identity string, o Options) string {
	help := f
	add := func(line string) {
		longer := help
		longer.Help = strings.TrimPrefix(help.Help+"\n"+line, "\n")
		if line != "" && fits(file.Server, longer) {
			help = longer
		}
	}
	if rules := wording.English().Rules(f); rules != wording.English().Rules(s.asRead(f)) {
		add(rules)
	}
	add(s.oneOf(f))
	if to := file.Secret(f.SentTo); to != nil {
		add("It is sent to the address in: " + to.Label)
	}
	if f.Docs != "" {
		add("See " + f.Docs)
	}
	if f.Deprecated != "" {
		add("Deprecated: " + f.Deprecated)
	}
	if !s.example && f.Placeholder != "" {
		add(examplePrefix + f.Placeholder)
	}
	// The default is read from here where the format has no place for it, and stays text where it is none of what is read.
	if f.Shows() && f.Default != "" && !strings.Contains(f.Default, "\n") && s.value != isValue(s.asRead(f), f.Default) {
		add(defaultPrefix + f.Default)
	}
	lines := []string{help.Help, lastLine(f.Required, o)}
	if !s.title && !strings.EqualFold(f.Label, identity) {
		lines = append([]string{f.Label}, lines...)
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// oneOf returns the line with the values of a choice, where the format has no place for them.
func (s says) oneOf(f field.Field) string {
	switch {
	case f.Open:
		return "Such as: " + strings.Join(f.Choices, ", ")
	case s.types:
	case f.Type == field.Choice && !s.choices:
		return "One of: " + strings.Join(f.Choices, ", ")
	case f.Type == field.Boolean && !s.boolean:
		return "One of: true, false"
	}
	return ""
}

// fits reports whether a dialog has room for f.
func fits(server string, f field.Field) bool {
	return wording.HelpText.Check(f.Help) == nil && wording.English().DialogHeight(server, f) <= layout.Lines
}

// split takes a text apart that [says.compose] may have put together: the other way round it takes what it finds.
func (s says) split(e *entry) (label, help string, ours bool) {
	lines := strings.Split(strings.ReplaceAll(e.text, "\r\n", "\n"), "\n")
	if required, ok := isLastLine(lines[len(lines)-1]); ok {
		ours, e.required = true, required
		lines = lines[:len(lines)-1]
	}
	take := func(prefix string, rule wording.Text, into *string) {
		n := len(lines)
		if n == 0 || !ours {
			return
		}
		if rest, ok := strings.CutPrefix(lines[n-1], prefix); ok && isText(rest, rule) {
			*into, lines = rest, lines[:n-1]
		}
	}
	if !s.value && !e.secret {
		take(defaultPrefix, wording.PatternText, &e.value)
	}
	if !s.example {
		take(examplePrefix, wording.PlaceholderText, &e.example)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if title := strings.TrimSpace(e.title); s.title {
		if wording.LabelText.Check(title) == nil {
			return title, text, ours
		}
		return "", strings.TrimSpace(title + "\n" + text), ours // too long for a label
	}
	first, rest, _ := strings.Cut(text, "\n")
	if isText(first, wording.LabelText) && rest == strings.TrimSpace(rest) && !strings.EqualFold(first, s.identity(*e)) {
		return first, rest, ours
	}
	return "", text, ours
}

// isText reports whether a schema takes a text, and it stays as it is.
func isText(text string, rule wording.Text) bool {
	return text != "" && text == strings.TrimSpace(text) && rule.Check(text) == nil
}

// variables returns the name of the environment variable of each secret: the first that the schema has, or one that is made of
// its name and that no other has.
func variables(f *schema.File) []string {
	taken := map[string]bool{}
	for _, s := range f.Secrets {
		for _, name := range s.Env {
			taken[strings.ToUpper(name)] = true
		}
	}
	names := make([]string, len(f.Secrets))
	for i, s := range f.Secrets {
		if len(s.Env) > 0 {
			names[i] = s.Env[0]
			continue
		}
		names[i] = unused(variableFor(s.Name), taken)
		taken[strings.ToUpper(names[i])] = true
	}
	return names
}

// variableFor makes the name of a variable of a secret's.
func variableFor(name string) string {
	variable := strings.Map(func(c rune) rune {
		if c == '.' || c == '-' {
			return '_'
		}
		return c
	}, strings.ToUpper(name))
	if variable[0] >= '0' && variable[0] <= '9' {
		variable = "_" + variable
	}
	return variable[:min(len(variable), field.MaxNameLength)]
}

// unused returns name, or one that is made of it, which is not taken in capitals.
func unused(name string, taken map[string]bool) string {
	other := name
	for n := 2; taken[strings.ToUpper(other)]; n++ {
		suffix := fmt.Sprintf("_%d", n)
		other = name[:min(len(name), field.MaxNameLength-len(suffix))] + suffix
	}
	return other
}
