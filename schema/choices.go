package schema

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

var choiceKeys = []string{"value", "label", "go_name"}

// A choice is one item of "choices".
type choice struct {
	value, label *node // label is nil where the value is shown
	goName       string
	at           Pos // what chose its name in Go
}

// readChoices reads a list of texts, or of mappings with a text and how it is shown and named in Go.
func readChoices(r *reader, d *draft, n *node) {
	seen := map[string]Pos{}
	for _, item := range r.list(n, "choices", "a list of texts") {
		c, ok := r.choice(item)
		if !ok || !r.choiceValue(c.value, seen) {
			continue
		}
		value := c.value.text
		seen[value] = c.value.pos
		d.Choices, d.ChoiceGoNames, d.choices = append(d.Choices, value), append(d.ChoiceGoNames, c.goName), append(d.choices, c.at)
		d.shownAt = append(d.shownAt, c.value.pos)
		if c.label != nil {
			r.choiceLabel(d, value, c.label)
		}
	}
	r.checkShownChoices(d)
}

// choice reads the parts of one item.
func (r *reader) choice(item *node) (choice, bool) {
	c := choice{value: item, at: item.pos}
	if item.kind != mapping {
		return c, true
	}
	entries := r.entries(item, choiceKeys)
	e, ok := r.required(item, entries, "value")
	if !ok {
		return c, false
	}
	c.value, c.at = e.value, e.value.pos
	if e, ok := find(entries, "label"); ok {
		c.label = e.value
	}
	if e, ok := find(entries, "go_name"); ok {
		c.goName, _ = r.text(e.value, "go_name")
		c.at = e.value.pos
	}
	return c, true
}

// choiceValue reports whether n can be stored as a choice that is none of those before.
func (r *reader) choiceValue(n *node, seen map[string]Pos) bool {
	s, ok := r.text(n, "a choice")
	if !ok || !r.checkText(n, "a choice", wording.ChoiceText) {
		return false
	}
	first, repeated := seen[s]
	switch {
	case s == "":
		r.errorf(n.pos, "a choice must not be empty")
	case s != strings.TrimSpace(s):
		r.errorf(n.pos, "choice %s must not begin or end with a space", quote(s))
	case s != (field.Field{Type: field.Choice}).Clean(s):
		r.errorf(n.pos, "choice %s must not begin or end with an invisible character, which would be taken off what a person enters", quote(s))
	case repeated:
		r.errorf(n.pos, "choice %s is already declared at line %d", quote(s), first.Line)
	default:
		return true
	}
	return false
}

// choiceLabel reads how a value is shown.
func (r *reader) choiceLabel(d *draft, value string, n *node) {
	label := r.shown(n, "label", wording.ChoiceLabelText)
	if label == "" {
		return
	}
	if d.ChoiceLabels == nil {
		d.ChoiceLabels = map[string]string{}
	}
	d.ChoiceLabels[value] = label
	d.shownAt[len(d.shownAt)-1] = n.pos
}

// checkShownChoices checks that a list can show each choice, and that a person who chooses one, or types what it is called, means
// no other.
func (r *reader) checkShownChoices(d *draft) {
	shown := d.ShownChoices()
	for i, text := range shown {
		pos := d.shownAt[i]
		isValue := text == d.Choices[i]
		switch first := slices.Index(shown, text); {
		case strings.HasPrefix(text, "-"):
			r.errorf(pos, `choice %s is shown as %s, which begins with "-": a dialog can't list that, give it a label that begins otherwise`, quote(d.Choices[i]), quote(text))
		case layout.Line(text) != text:
			r.errorf(pos, "choice %s is shown as %s, which a dialog lists as %s: give it a label", quote(d.Choices[i]), quote(text), quote(layout.Line(text)))
		case slices.Contains(field.ReservedRows(), text):
			r.errorf(pos, "choice %s is shown as %s, which is a row of the dialog's own: give it another label", quote(d.Choices[i]), quote(text))
		case !isValue && slices.Contains(d.Choices, text):
			r.errorf(pos, "choice %s is shown as %s, which is another choice", quote(d.Choices[i]), quote(text))
		case !isValue && first < i:
			r.errorf(pos, "choice %s is shown as %s like choice %s at line %d", quote(d.Choices[i]), quote(text), quote(d.Choices[first]), d.shownAt[first].Line)
		}
	}
}
