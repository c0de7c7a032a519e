package schema

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// checkExamples reads the examples as values of the secret's own type and rules, or of a list as items of it. They are the
// placeholder where the author gives none.
func (r *reader) checkExamples(d *draft, n *node) {
	var examples []string
	for _, item := range r.list(n, "examples", "a list of values") {
		text, ok := r.value(d, d.Item(), item, "example")
		switch {
		case !ok || !r.checkText(item, "an example", wording.ExampleText):
		case d.HidesExamples() && !isPlainlyAnExample(d.Field, text):
			r.errorf(item.pos, `an example of %s must plainly be nobody's: have the word "example" in it, or one character for the most part, such as xxxxxxxx`, d.kind())
		case slices.Contains(examples, text):
			r.errorf(item.pos, "an example must not be there twice")
		default:
			examples = append(examples, text)
		}
	}
	d.Examples = examples // only now: a confidential value must be none of them
	if d.Placeholder == "" {
		d.Placeholder = placeholder(d.Field)
	}
}

// placeholder is what the examples of f show of a value: the first of them, or all together where f is a list.
func placeholder(f field.Field) string {
	if len(f.Examples) == 0 {
		return ""
	}
	text := f.Examples[0]
	if f.List {
		text = field.JoinList(f.Examples)
	}
	if text = f.Shown(text); wording.PlaceholderText.Check(text) != nil {
		return ""
	}
	return text
}

// isPlainlyAnExample reports whether nobody can take text for a value that somebody uses. What a schema says is committed.
func isPlainlyAnExample(f field.Field, text string) bool {
	text = strings.ToLower(strings.TrimPrefix(text, f.PrefixOf(text)))
	if strings.Contains(text, "example") {
		return true
	}
	return slices.ContainsFunc([]rune(text), func(c rune) bool { return 2*strings.Count(text, string(c)) > utf8.RuneCountInString(text) })
}
