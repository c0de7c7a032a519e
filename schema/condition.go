package schema

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A condition is one entry of required_when: what it says is checked when all names are known.
type condition struct {
	entry
	values []*node
}

const requiredWhenWant = "a mapping of settings to values, such as {auth_mode: cloud}"

func readRequiredWhen(r *reader, d *draft, n *node) {
	if n.kind != mapping {
		r.wrongType(n, "required_when", requiredWhenWant)
		return
	}
	if len(n.entries) == 0 {
		r.errorf(n.pos, "required_when must not be an empty mapping")
	}
	seen := map[string]Pos{}
	for _, e := range n.entries {
		if first, repeated := seen[e.key]; repeated {
			r.errorf(e.pos, "%s is already declared at line %d", quote(e.key), first.Line)
			continue
		}
		seen[e.key] = e.pos
		c := condition{entry: e, values: []*node{e.value}}
		if e.value.kind == list {
			c.values = r.list(e.value, "required_when", "a list of values")
		}
		d.conditions = append(d.conditions, c)
	}
}

// checkConditions checks every required_when, and notes it in the secrets.
func (r *reader) checkConditions() {
	for _, d := range r.drafts {
		r.about = subject{"secret", d.Name}
		if d.Required && d.places.has("required") && d.places.has("required_when") {
			r.errorf(d.At("required_when"), "required_when makes no sense with required: true, which always asks for it")
		}
		for _, c := range d.conditions {
			if known := r.decidable(c); known != nil {
				r.checkCondition(d, c, known)
			}
		}
		r.about = subject{}
	}
	r.checkCircles()
}

// decidable returns the values that the setting of a condition can have, or nil where it is none that decides.
func (r *reader) decidable(c condition) []string {
	if o, ok := r.oneOf[c.key]; ok {
		return o.Field().Choices
	}
	target, ok := r.seen[c.key]
	switch {
	case !ok:
		r.errorf(c.pos, "required_when %s must name a choice, a boolean or a one_of, there is none of this name%s", quote(c.key), r.suggestion(c.key, r.settings()))
	case c.key == r.about.name:
		r.errorf(c.pos, "required_when %s must name another secret, not this one", quote(c.key))
	case target.part != nil:
		r.errorf(c.pos, "required_when %s must not name a member of %s, which may be unset: name a setting that is no member, or a one_of", quote(c.key), target.part.of)
	case target.List:
		r.errorf(c.pos, "required_when %s must name a setting with one value, this one is a list", quote(c.key))
	case target.Type == field.Boolean:
		return []string{"true", "false"}
	case target.Type == field.Choice:
		return target.Choices
	case target.Type != "":
		r.errorf(c.pos, "required_when %s must name a choice, a boolean or a one_of, this one is %s", quote(c.key), target.Type)
	}
	return nil
}

// settings are the names that required_when can have.
func (r *reader) settings() (names []string) {
	for _, d := range r.drafts {
		if d.Type == field.Choice || d.Type == field.Boolean {
			names = append(names, d.Name)
		}
	}
	for _, o := range r.file.OneOfs {
		names = append(names, o.Name)
	}
	return names
}

func (r *reader) checkCondition(d *draft, c condition, known []string) {
	seen := map[string]Pos{}
	for _, value := range c.values {
		first, repeated := seen[value.text]
		switch {
		case value.kind != text && !slices.Contains(known, value.text):
			r.wrongType(value, "a value of "+quote(c.key), "one of "+strings.Join(known, ", "))
			continue
		case repeated:
			r.errorf(value.pos, "required_when has %s already at line %d", quote(value.text), first.Line)
		case !slices.Contains(known, value.text):
			r.errorf(value.pos, "required_when: %s is no value of %s%s (%s)", quote(value.text), quote(c.key), r.suggestion(value.text, known), strings.Join(known, ", "))
		default:
			if d.RequiredWhen == nil {
				d.RequiredWhen = map[string][]string{}
			}
			d.RequiredWhen[c.key] = append(d.RequiredWhen[c.key], value.text)
		}
		seen[value.text] = value.pos
	}
}

// checkCircles looks for secrets that are required when one is that is required when they are: nobody could say which is asked
// for first. Each circle is reported once, where it closes.
func (r *reader) checkCircles() {
	done := map[*draft]bool{}
	var path []*draft
	var walk func(d *draft)
	walk = func(d *draft) {
		path = append(path, d)
		for _, c := range d.conditions {
			next, ok := r.seen[c.key]
			if !ok || done[next] || next == d {
				continue
			}
			if i := slices.Index(path, next); i >= 0 {
				r.errorf(c.pos, "secret %s: required_when goes in a circle: %s", quote(d.Name), circle(path[i:]))
				continue
			}
			walk(next)
		}
		path, done[d] = path[:len(path)-1], true
	}
	for _, d := range r.drafts {
		if !done[d] {
			walk(d)
		}
	}
}

func circle(path []*draft) string {
	names := make([]string, len(path)+1)
	for i := range names {
		names[i] = quote(path[i%len(path)].Name)
	}
	return strings.Join(names, ", ")
}
