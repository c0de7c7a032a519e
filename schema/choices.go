package schema

import (
	"fmt"
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
	for _, item := range r.list(n, "choices", "a list such as [eu, us] or [{value: eu, label: Europe}]") {
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
	r.checkRows("choice", d.Field, d.shownAt)
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

// checkRows checks that a list can show each of the choices, or alternatives, of f, and that a person who chooses one, or types what
// it is called, means no other and no row of the list's own. The places say where it is said how each is shown.
func (r *reader) checkRows(what string, f field.Field, places []Pos) {
	for i, text := range f.ShownChoices() {
		pos, is := places[i], fmt.Sprintf("%s %s is shown as %s", what, quote(f.Choices[i]), quote(text))
		other, clashes := f.Clash(i)
		switch {
		case strings.HasPrefix(text, "-"):
			r.errorf(pos, `%s, which begins with "-": a dialog can't list that, give it a label that begins otherwise`, is)
		case layout.Line(text) != text:
			r.errorf(pos, "%s, which a dialog lists as %s: give it a label", is, quote(layout.Line(text)))
		case field.IsReserved(text):
			r.errorf(pos, "%s, which is a row of the dialog's own: give it another label", is)
		case clashes && f.Choices[other] == text:
			r.errorf(pos, "%s, which is another %s", is, what)
		case clashes:
			r.errorf(pos, "%s like %s %s at line %d", is, what, quote(f.Choices[other]), places[other].Line)
		}
	}
}
