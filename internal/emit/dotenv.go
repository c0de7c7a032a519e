package emit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// dotenv is an .env.example: what a person reads in comments, then NAME=default. No line is in effect unless the server reads its
// environment.
type dotenv struct{}

func (dotenv) says() says { return says{value: true, variables: true} }

// isConfidential is the line that says so: the format has no other way.
const isConfidential = "It is confidential."

func (dotenv) begin(server string, o Options) (string, []string, error) {
	text := "# The settings of " + server + ", which asks for them itself and keeps them in the keychain: none needs to be here.\n"
	if !o.Env {
		text += "# By default it reads none of these variables.\n"
	}
	return text, nil, nil
}

// assignment is a line such as export NAME=value, which may be a comment.
var assignment = regexp.MustCompile(`^[ \t]*(#?)[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(.*)$`)

// assigned returns the parts of an assignment, or nil.
func assigned(line string) []string {
	return assignment.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
}

// lines returns the lines of an entry.
func (dotenv) lines(e entry, o Options) []string {
	var lines []string
	text := e.text
	if e.secret {
		text += "\n" + isConfidential
	}
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.TrimRight("# "+line, " "))
	}
	line := e.variable + "=" + quoteValue(e.value)
	if !o.Env {
		line = "#" + line // without a space: a line of the text is never taken for it
	}
	return append(lines, line)
}

var plainValue = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)

// quoteValue writes a value as the readers of such files agree on it, or nothing where they would not.
func quoteValue(value string) string {
	switch {
	case plainValue.MatchString(value):
		return value
	case strings.Contains(value, "\n"):
		return ""
	}
	for _, quote := range []string{`'`, "\"", "`"} {
		if !strings.Contains(value, quote) && (quote != `"` || !strings.ContainsAny(value, `\$`)) {
			return quote + value + quote
		}
	}
	return ""
}

// unquoteValue returns the value of what stands behind a "=".
func unquoteValue(text string) string {
	text = strings.TrimSpace(text)
	if text != "" && strings.Contains("'\"`", text[:1]) {
		if end := strings.Index(text[1:], text[:1]); end >= 0 {
			return text[1 : end+1]
		}
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	return text
}

// A paragraph is lines of a file that belong to one variable: comments and the assignment, from and to as of a slice.
type paragraph struct {
	from, to int
	entry    entry
	ours     bool
}

// paragraphs finds the variables of a file. Comments belong to the assignment behind them; an empty line parts.
func (dotenv) paragraphs(lines []string) (found []paragraph) {
	for begin := 0; begin < len(lines); {
		end := begin
		for end < len(lines) && strings.TrimSpace(lines[end]) != "" {
			end++
		}
		found = append(found, paragraphsIn(lines, begin, end)...)
		begin = end + 1
	}
	return found
}

func paragraphsIn(lines []string, begin, end int) (found []paragraph) {
	for begin < end {
		at := ourAssignment(lines, begin, end)
		if at >= 0 {
			found = append(found, readParagraph(lines, begin, at, true))
			begin = at + 1
			continue
		}
		at = begin
		for at < end && assigned(lines[at]) == nil {
			at++
		}
		if at < end {
			found = append(found, readParagraph(lines, begin, at, false))
		}
		begin = at + 1
	}
	return found
}

// ourAssignment returns the line of the first assignment that this package wrote, or -1. The line before says that it may stay
// empty, or that it is confidential, behind that.
func ourAssignment(lines []string, begin, end int) int {
	for at := begin + 1; at < end; at++ {
		before := comment(lines[at-1])
		if before == isConfidential && at-2 >= begin {
			before = comment(lines[at-2])
		}
		if _, ok := isLastLine(before); ok && assigned(lines[at]) != nil && !strings.HasPrefix(lines[at], "# ") {
			return at
		}
	}
	return -1
}

func comment(line string) string {
	text := strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "#")
	return strings.TrimPrefix(text, " ")
}

func readParagraph(lines []string, from, at int, ours bool) paragraph {
	var text []string
	for _, line := range lines[from:at] {
		text = append(text, comment(line))
	}
	parts := assigned(lines[at])
	e := entry{variable: parts[2], value: unquoteValue(parts[3]), kind: field.Text}
	if n := len(text); ours && text[n-1] == isConfidential {
		e.secret, text = true, text[:n-1]
	}
	e.text = strings.Join(text, "\n")
	return paragraph{from, at + 1, e, ours}
}

func (d dotenv) put(text, _ string, entries []entry, o Options) (string, error) {
	if odd := d.oddLine(text); odd > 0 {
		return "", fmt.Errorf("line %d is neither a comment nor an assignment, as in an .env file", odd)
	}
	lines := strings.SplitAfter(text, "\n")
	var out []string
	byVariable := map[string]entry{}
	for _, e := range entries {
		byVariable[e.variable] = e
	}
	at := 0
	var taken []string
	for _, p := range d.paragraphs(lines) {
		e, known := byVariable[p.entry.variable]
		if !known && !p.ours {
			continue
		}
		if known && d.isOfSomebody(p, lines[p.to-1], e, o) {
			taken = append(taken, e.variable)
		}
		from := p.from
		if !p.ours {
			from = p.to - 1 // the comments before it are somebody else's
		}
		out = append(out, lines[at:from]...)
		at = p.to
		switch {
		case known && from > p.from:
			out = append(out, "\n")
			fallthrough
		case known:
			out = append(out, d.lines(e, o)...)
			delete(byVariable, p.entry.variable)
		case len(out) > 0 && strings.TrimSpace(out[len(out)-1]) == "":
			out = out[:len(out)-1] // that which parted it
		}
	}
	out = append(out, lines[at:]...)
	if n := len(out); n > 0 && out[n-1] == "" {
		out = out[:n-1]
	}
	for _, e := range entries {
		if _, missing := byVariable[e.variable]; missing {
			out = append(out, append([]string{"\n"}, d.lines(e, o)...)...)
		}
	}
	whole := joined(out, strings.Contains(text, "\r\n"))
	if n := len(lines); at < n && lines[n-1] != "" && len(byVariable) == 0 { // the file's own last line had no end
		whole = strings.TrimRight(whole, "\r\n")
	}
	return whole, o.takes(taken)
}

// isOfSomebody reports whether an assignment would be lost: that of somebody else, unless it stays as it is, and a secret's value that
// somebody has filled in, since none is ever written.
func (d dotenv) isOfSomebody(p paragraph, line string, e entry, o Options) bool {
	if p.ours {
		return p.entry.secret && p.entry.value != ""
	}
	ours := d.lines(e, o)
	return strings.TrimSpace(line) != ours[len(ours)-1]
}

// joined returns lines as a text; those without an end get the one that the file has.
func joined(lines []string, windows bool) string {
	end := "\n"
	if windows {
		end = "\r\n"
	}
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(strings.TrimRight(line, "\r\n"))
		if strings.HasSuffix(line, "\n") && line != "\n" {
			out.WriteString(line[len(strings.TrimRight(line, "\r\n")):])
		} else {
			out.WriteString(end)
		}
	}
	return out.String()
}

// is reports whether every line is a comment, an assignment or empty, and one is an assignment.
func (d dotenv) is(text string) bool {
	return d.oddLine(text) == 0 && slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return assigned(line) != nil })
}

// oddLine returns the number of the first line that is neither a comment, an assignment nor empty, or 0.
func (dotenv) oddLine(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !assignment.MatchString(line) {
			return n
		}
	}
	return 0
}

func (d dotenv) read(text string) (*found, error) {
	result := &found{}
	seen := map[string]bool{}
	for _, p := range d.paragraphs(strings.SplitAfter(text, "\n")) {
		if seen[p.entry.variable] {
			return nil, fmt.Errorf("%s is there twice", p.entry.variable)
		}
		seen[p.entry.variable] = true
		p.entry.unsaid = true
		result.entries = append(result.entries, p.entry)
	}
	return result, nil
}
