package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
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
	kind     field.Type // text, password, integer, number, boolean, choice or file; any, where the format has all
	choices  []string
	labels   map[string]string // how choices are shown, by value, where that is another text
	low      string            // the least number, as JSON has it; "" is none
	high     string
	address  address
	isPath   bool   // a text is a path
	isList   bool   // several values, only where it is read
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
	title, example, value, bounds, boolean, choices, labels bool
	integers, numbers                                       bool // without integers, a whole number is a number
	files, paths                                            bool // files has a type for those alone, paths one for every path
	types                                                   bool // all of them, by their names in a schema
	variables                                               bool // a variable is what names an entry
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
		key: f.Name, variable: variable, title: f.Label, secret: !f.Shows(), kind: read.Type, choices: read.Choices, labels: read.ChoiceLabels,
		example: exampleOf(f), address: address{read.Schemes, read.Hosts, read.UserInfo}, isPath: read.Format == field.PathFormat,
	}
	if !e.secret && isValue(read, f.Default) {
		e.value = f.Default
	}
	if s.bounds && (read.Type == field.Integer || read.Type == field.Number) {
		e.low, e.high = read.Bounds()
	}
	e.text = s.compose(file, f, s.identity(e), o)
	return e
}

// exampleOf returns the example of f that others may see. The examples of what is confidential are refused as values, which no
// other program knows: only a placeholder of its author's own words is shown.
func exampleOf(f field.Field) string {
	if !f.Shows() && (slices.Contains(f.Examples, f.Placeholder) || f.Placeholder == field.JoinList(f.Examples)) {
		return ""
	}
	return f.Placeholder
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
	case (f.Type == field.Integer || f.Type == field.Number) && s.numbers, f.Type == field.Boolean && s.boolean, f.Type == field.File && s.files:
		read.Type = f.Type
	case f.Type == field.Choice && s.choices:
		read.Type, read.Choices = f.Type, f.Choices
	case (f.Type == field.File || f.Format == field.PathFormat) && s.paths:
		read.Format = field.PathFormat
	}
	if read.Type == field.Choice && s.labels {
		read.ChoiceLabels = f.ChoiceLabels
	}
	if s.bounds {
		read.Range = f.Range
	}
	return read
}

// isValue reports whether what is read as f can have a text as its default: one of several lines is never written.
func isValue(f field.Field, text string) bool {
	return !strings.Contains(text, "\n") && f.Check(text) == nil
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
