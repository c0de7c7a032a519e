package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Here is what the author of a text that is no YAML is told. yaml/v4 has the places and names a mistake in
// one sentence of few; a sentence that a later version words differently is passed on as it is, and the
// invalid schemas of the tests show it.

const (
	textWithColon = `a text with ": " in it must be in quotes`
	keyMissing    = `a key is missing before ":"`
)

// sentences are what yaml/v4 says in our words, with the word at the place of the mistake.
var sentences = map[string]string{
	"block sequence entries are not allowed in this context": `a list that is written with "-" begins on a line of its own`,
	"did not find expected '-' indicator":                    "unexpected %s after the list item",
	"did not find expected <document start>":                 "unexpected %s",
	"did not find expected key":                              "unexpected %s after the value",
	"did not find expected node content":                     "unexpected %s",
	"found a comment without preceding whitespace":           `a comment needs a space before "#"`,
	"mapping keys are not allowed in this context":           `keys that begin with "?" are not supported, write "key: value"`,
}

// explain puts what yaml/v4 says of a text that is no YAML into our words, and to where its author has to
// look.
func (c *cursor) explain(err error) mistake {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return mistake{Pos{1, 1}, "this can't be read as YAML: " + short(err.Error())}
	}
	at, begin := c.place(e.Mark), c.place(e.ContextMark)
	_, context := c.split(begin)
	before, rest := c.split(at)
	next, _ := utf8.DecodeRuneInString(rest)
	switch message := e.Message; {
	case e.ContextMsg == "while scanning a quoted scalar":
		return c.explainQuoted(at, begin, message)
	case e.ContextMsg == "while scanning a plain scalar" && c.beginsLine(begin), message == "could not find expected ':'":
		return mistake{begin, `":" is missing after ` + word(context)}
	case next == '\t' || strings.Contains(message, " tab"):
		return mistake{at, "a tab can't indent in YAML, use spaces"}
	case message == "mapping values are not allowed in this context":
		return c.explainColon(at, before)
	case strings.HasPrefix(message, "did not find expected ','"):
		return c.explainBracket(at, begin)
	case message == "did not find expected key" && next == '-':
		return mistake{at, "unexpected list item among keys"}
	case message == "did not find expected key" && c.beginsLine(at):
		return mistake{at, word(rest) + " is indented more than the keys above it"}
	case message == "did not find expected node content" && c.isEnd(at):
		return c.explainEnd(at)
	case message == "did not find expected alphabetic or numeric character" && at.Column > begin.Column+1:
		return mistake{at, "a space is missing before " + word(rest)}
	case message == "did not find expected alphabetic or numeric character":
		return mistake{begin, "the name is missing after " + strconv.Quote(first(context))}
	case message == "found character that cannot start any token":
		return mistake{at, fmt.Sprintf("a text can't begin with %q, put it in quotes", next)}
	case message == tooDeep && next == ':':
		return mistake{begin, tooDeep}
	case sentences[message] != "":
		return mistake{at, strings.Replace(sentences[message], "%s", word(rest), 1)}
	default:
		return mistake{at, message}
	}
}

// explainQuoted explains a mistake in the quoted text that begins at another place.
func (c *cursor) explainQuoted(at, begin Pos, message string) mistake {
	_, rest := c.split(at)
	switch message {
	case "did not find expected hexadecimal number":
		return mistake{Pos{at.Line, at.Column - len(`\u`)}, `the escape must have hexadecimal digits, such as "\u00e9"`}
	case "found invalid Unicode character escape code":
		return mistake{Pos{at.Line, at.Column - len(`\u`)}, "the escape stands for no character"}
	case "found unknown escape character":
		unknown, _ := utf8.DecodeRuneInString(strings.TrimPrefix(rest, `\`))
		return mistake{Pos{at.Line, at.Column + 1}, fmt.Sprintf("%s %q", message, unknown)}
	case "found unexpected end of stream", "found unexpected document indicator":
		return mistake{begin, "the closing quote is missing"}
	}
	return mistake{at, message}
}

// explainEnd explains an end of the text inside of brackets. With one more word there, yaml/v4 tells where
// they begin.
func (c *cursor) explainEnd(at Pos) mistake {
	var e *yaml.LoadError
	_, err := load(strings.Join(c.lines, "\n") + " x")
	if errors.As(err, &e) && strings.HasPrefix(e.Message, "did not find expected ','") {
		return c.explainBracket(at, c.place(e.ContextMark))
	}
	return mistake{at, "the file ends inside brackets"}
}

// isEnd reports whether the text ends at pos.
func (c *cursor) isEnd(pos Pos) bool {
	_, rest := c.split(pos)
	return rest == "" && pos.Line == len(c.lines)
}

// place returns where a mark of yaml/v4 is in the text. Of what is missing at the end of a text, yaml/v4 says that it is a line
// behind it, so no mark is taken as it is.
func (c *cursor) place(mark yaml.Mark) Pos { return c.lines.clamp(Pos{mark.Line, mark.Column}) }

// begin returns where a node of yaml/v4 begins.
func (c *cursor) begin(n *yaml.Node) Pos { return c.place(yaml.Mark{Line: n.Line, Column: n.Column}) }

// beginsLine reports whether nothing stands before pos in its line.
func (c *cursor) beginsLine(pos Pos) bool {
	before, _ := c.split(pos)
	return strings.TrimLeft(before, " \t") == ""
}

// first returns the first sign of rest, or "" where rest is.
func first(rest string) string { return rest[:min(1, len(rest))] }

// word returns the word or sign at the beginning of rest, in quotes.
func word(rest string) string {
	if rest != "" && strings.IndexByte("[]{},:", rest[0]) >= 0 {
		return quote(rest[:1])
	}
	end := len(rest)
	for _, stop := range []string{": ", " #", ",", "]", "}"} {
		if i := strings.Index(rest, stop); i >= 0 {
			end = min(end, i)
		}
	}
	return quote(strings.TrimSpace(strings.TrimSuffix(rest[:end], ":")))
}

// explainColon explains a ":" where no key can end. The file up to there, read alone, tells which text it
// belongs to.
func (c *cursor) explainColon(at Pos, before string) mistake {
	text, err := load(strings.Join(append(slices.Clone(c.lines[:at.Line-1]), before), "\n"))
	if err != nil {
		return c.explain(err)
	}
	if text == nil || isEmpty(text) { // "--- :"
		return mistake{at, keyMissing}
	}
	key := text
	for n := len(text.Content); n > 0; n = len(text.Content) {
		key, text = text.Content[max(n-2, 0)], text.Content[n-1]
	}
	begin := c.begin(text)
	_, line := c.split(begin)
	line = quote(strings.TrimSpace(line))
	switch {
	case strings.Contains(before, ": ") || begin.Line == at.Line:
		return mistake{at, textWithColon}
	case key != text && key.Line == text.Line:
		return mistake{begin, line + " is the value already, keys can't follow below it"}
	}
	return mistake{begin, `":" is missing after ` + line}
}

// explainBracket explains what stands at a place where the bracket that begins at another must end.
func (c *cursor) explainBracket(at, begin Pos) mistake {
	_, open := c.split(begin)
	open, closing := first(open), map[string]string{"[": "]", "{": "}"}[first(open)]
	before, rest := c.split(at)
	if quote, ok := c.openQuote(at, before); ok {
		return mistake{quote, "the closing quote is missing"}
	}
	switch key := strings.TrimLeft(before, " \t"); {
	case strings.HasSuffix(before, ":"):
		return mistake{at, "a space is missing before " + word(rest)}
	case strings.HasPrefix(rest, ":") && (at.Line == begin.Line || strings.Contains(key, ": ")):
		return mistake{at, textWithColon}
	case strings.HasPrefix(rest, ":") && key != "": // yaml/v4 takes it for the end of the text above
		at.Column -= utf8.RuneCountInString(key)
		rest = key
	}
	line := c.lines[begin.Line-1]
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if c.isEnd(at) || at.Line > begin.Line && at.Column <= indent+1 && !strings.HasPrefix(rest, `"`) {
		return mistake{begin, fmt.Sprintf("%q is never closed, %q is missing", open, closing)}
	}
	return mistake{at, fmt.Sprintf(`"," or %q is missing before %s`, closing, word(rest))}
}

// openQuote looks above for the quote that one before at closes without being meant to.
func (c *cursor) openQuote(at Pos, before string) (Pos, bool) {
	for n := at.Line - 1; n > 0 && strings.Contains(before, `"`); n-- {
		if line := c.lines[n-1]; strings.Count(line, `"`)%2 == 1 {
			return Pos{n, utf8.RuneCountInString(line[:strings.LastIndexByte(line, '"')]) + 1}, true
		}
	}
	return Pos{}, false
}
