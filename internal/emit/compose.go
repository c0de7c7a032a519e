package emit

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// Here the text of an entry is put together and taken apart again.

// The last line of a text says that a client need not have the value, and whether the server asks for it.
const (
	serverAsks = "Leave empty: the server asks."
	isOptional = "Leave empty: it is optional."
	notRead    = " By default the server does not read it from here."
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

// wholeNumber is the line that says so where a format has one type for all numbers. With bounds behind it, it begins as
// wholeNumberBegin.
var (
	wholeNumber      = wording.English().Rules(field.Field{Type: field.Integer})
	wholeNumberBegin = strings.TrimSuffix(wholeNumber, ".")
)

// What begins a line that says what a format has no place for.
const (
	choiceLine, openLine   = "One of: ", "Such as: "
	listLine, openListLine = "Some of these, with commas between them: ", "Such as these, with commas between them: "
	fileLine               = "It is the path of a file."
	uniqueLine             = "No two items may be the same."
	sentToLine             = "It is sent to the address in: "
	sentToHostsLine        = "It is sent to: "
	onlySentLine           = "The server can only send it, and not read it."
	docsLine               = "See "
	deprecatedLine         = "Deprecated: "
)

// compose returns the text of an entry: the label, the help text, what else the schema says and the format has no place for, and
// that it may stay empty. What a dialog would have no room for is left out, since it is the help text of whoever reads it. What it
// depends on is said first, in place of the end of the help text if need be: without it, every member of a one_of would look as if
// it stood alone.
func (s says) compose(file *schema.File, f field.Field, identity string, o Options) string {
	read, help := s.asRead(f), f
	add := func(line string) {
		if longer := withLine(help, line); line != "" && fits(file.Server, longer) {
			help = longer
		}
	}
	help = withDependence(file, f)
	if rules := wording.English().Rules(f); rules != wording.English().Rules(read) {
		add(rules)
	}
	if f.Type == field.File && read.Type != field.File && read.Format != field.PathFormat {
		add(fileLine)
	}
	add(choicesLine(f, read))
	if f.Unique {
		add(uniqueLine)
	}
	if to := file.Secret(f.SentTo); to != nil && to.Derived == "" {
		add(sentToLine + to.Label)
	}
	if hosts := f.FixedHosts(); hosts != "" {
		add(sentToHostsLine + hosts)
	}
	if f.Unrevealed {
		add(onlySentLine)
	}
	if f.Docs != "" {
		add(docsLine + f.Docs)
	}
	if f.Deprecated != "" {
		add(deprecatedLine + f.Deprecated)
	}
	if read.Type == field.Integer && !s.integers && !strings.Contains(help.Help, wholeNumberBegin) {
		add(wholeNumber)
	}
	if example := exampleOf(f); !s.example && example != "" {
		add(examplePrefix + example)
	}
	// The default is read from here where the format has no place for it, and stays text where it is none of what is read.
	if f.Shows() && f.Default != "" && !strings.Contains(f.Default, "\n") && s.value != isValue(read, f.Default) {
		add(defaultPrefix + f.Default)
	}
	lines := []string{help.Help, lastLine(f.Required && oneOfWith(file, f.Name) == nil, o)}
	if !s.title && (!strings.EqualFold(f.Label, identity) || isLabelled(help.Help)) { // else its first line would be the label
		lines = append([]string{f.Label}, lines...)
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

func withLine(f field.Field, line string) field.Field {
	f.Help = strings.TrimPrefix(f.Help+"\n"+line, "\n")
	return f
}

// withDependence returns f with what it depends on in its help text.
func withDependence(file *schema.File, f field.Field) field.Field {
	line := dependence(file, f)
	if line == "" {
		return f
	}
	for rest := f; ; rest.Help = strings.TrimRight(rest.Help[:strings.LastIndexAny(rest.Help, " \n")+1], " \n") {
		cut := rest
		if cut.Help != f.Help && cut.Help != "" {
			cut.Help += " …"
		}
		if longer := withLine(cut, line); fits(file.Server, longer) {
			return longer
		}
		if rest.Help == "" {
			return f
		}
	}
}

// choicesLine returns the line with the values of a choice, where the format has no place for them or for how they are shown.
func choicesLine(f, read field.Field) string {
	var values []string
	for _, value := range f.Choices {
		if shown := f.Shown(value); shown != value && shown != labelFor(value) && read.ChoiceLabels == nil {
			value += " (" + shown + ")"
		}
		values = append(values, value)
	}
	all := strings.Join(values, ", ")
	isThere := read.Type == f.Type && !f.List && !f.Open
	switch {
	case f.Type == field.Boolean && !isThere:
		return choiceLine + "true, false"
	case f.Type != field.Choice, isThere && slices.Equal(values, f.Choices):
		return ""
	case f.List && f.Open:
		return openListLine + all
	case f.List:
		return listLine + all
	case f.Open:
		return openLine + all
	}
	return choiceLine + all
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
	if ours && e.kind == field.Number && !s.integers && allWhole(e.value, e.low, e.high) {
		lines = e.takeWhole(lines)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if title := strings.TrimSpace(e.title); s.title {
		if wording.LabelText.Check(title) == nil {
			return title, text, ours
		}
		return "", strings.TrimSpace(title + "\n" + text), ours // too long for a label
	}
	if first, rest, _ := strings.Cut(text, "\n"); isLabelled(text) && (ours || !strings.EqualFold(first, s.identity(*e))) {
		return first, rest, ours
	}
	return "", text, ours
}

// isLabelled reports whether the first line of a text is read as a label.
func isLabelled(text string) bool {
	first, rest, _ := strings.Cut(text, "\n")
	return isText(first, wording.LabelText) && rest == strings.TrimSpace(rest)
}

// takeWhole makes an integer of a number of which one of the lines says so, and takes off the last where it says nothing else.
func (e *entry) takeWhole(lines []string) []string {
	saysSo := func(line string) bool { return strings.Contains(line, wholeNumberBegin) }
	if !slices.ContainsFunc(lines, saysSo) {
		return lines
	}
	e.kind = field.Integer
	if last := len(lines) - 1; lines[last] == wholeNumber && !slices.ContainsFunc(lines[:last], saysSo) {
		return lines[:last]
	}
	return lines
}

// isText reports whether a schema takes a text, and it stays as it is.
func isText(text string, rule wording.Text) bool {
	return text != "" && text == strings.TrimSpace(text) && rule.Check(text) == nil
}
