package schema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A OneOf is one entry under "one_of": alternatives, of which the person chooses one and is asked for its members only.
type OneOf struct {
	Name         string
	Pos          Pos            // of its name
	Label, Help  string         // of the dialog that asks which; Label is filled in with the name
	Required     bool           // true unless the author says otherwise
	Alternatives []*Alternative // in file order, two at least
	GoName       string         // as written, not checked here; "" is none

	places places
}

// At returns where the value of a key such as "go_name" stands, or the place of the name if the key is not written.
func (o *OneOf) At(key string) Pos { return o.places.at(key, o.Pos) }

// Field returns the choice between the alternatives: a setting that is stored beside their members under the name of the one_of.
func (o *OneOf) Field() field.Field {
	f := field.Field{
		Name: o.Name, Type: field.Choice, Label: o.Label, Help: o.Help, Required: o.Required, Permission: field.None, Scope: field.ServerScope,
		Members: map[string][]string{},
	}
	for _, a := range o.Alternatives {
		f.Choices = append(f.Choices, a.Name)
		f.Members[a.Name] = a.Members
		if a.Label != "" {
			if f.ChoiceLabels == nil {
				f.ChoiceLabels = map[string]string{}
			}
			f.ChoiceLabels[a.Name] = a.Label
		}
	}
	return f
}

// An Alternative is a group of secrets that a person can choose.
type Alternative struct {
	Group
	Label string // "" is none: its name is shown
}

// A part says where a secret belongs to besides the secrets: it then has no getter of its own.
type part struct {
	of          string // such as `one_of "auth"`
	alternative string
	pos         Pos
}

var (
	oneOfKeys       = []string{"label", "help_text", "required", "go_name"}
	alternativeKeys = []string{"secrets", "label", "go_name"}
)

// oneOfs reads the entries under "one_of", after the secrets.
func (r *reader) oneOfs(n *node) {
	if n.kind != mapping {
		r.wrongType(n, "one_of", "a mapping of names to alternatives")
		return
	}
	r.oneOf = map[string]*OneOf{}
	for _, e := range n.entries {
		if o := r.readOneOf(e); r.isNew("one_of", e) {
			r.oneOf[e.key] = o
			r.file.OneOfs = append(r.file.OneOfs, o)
		}
	}
}

// isNew checks the name of something that is stored beside the secrets, or has a getter as they have.
func (r *reader) isNew(what string, e entry) bool {
	valid := r.name(what, e)
	if first, taken := r.entryNames[e.key]; taken {
		r.errorf(e.pos, "%s %s is already declared at line %d", what, quote(e.key), first.Line)
		return false
	}
	if secret, taken := r.seen[e.key]; taken {
		r.errorf(e.pos, "%s %s has the name of a secret at line %d", what, quote(e.key), secret.Pos.Line)
		valid = false
	}
	r.entryNames[e.key] = e.pos
	return valid
}

func (r *reader) readOneOf(e entry) *OneOf {
	o := &OneOf{Name: e.key, Label: e.key, Pos: e.pos, Required: true}
	r.about = subject{"one_of", e.key}
	defer func() { r.about = subject{} }()
	if e.value.kind != mapping {
		r.wrongType(e.value, "a one_of", "a mapping of alternatives, such as {token: [api_key], basic: [username, password]}")
		return o
	}
	texts := *e.value
	var alternatives []entry
	texts.entries = nil
	for _, entry := range e.value.entries {
		if slices.Contains(oneOfKeys, entry.key) {
			texts.entries = append(texts.entries, entry)
		} else {
			alternatives = append(alternatives, entry)
		}
	}
	r.oneOfTexts(o, r.entries(&texts, oneOfKeys))
	r.checkLabelled(o.places, e)
	r.alternatives(o, alternatives)
	return o
}

func (r *reader) oneOfTexts(o *OneOf, entries []entry) {
	for _, e := range entries {
		o.places.note(e)
		switch e.key {
		case "label":
			o.Label = cmp.Or(r.shown(e.value, e.key, wording.LabelText), o.Name)
		case "help_text":
			o.Help = r.shown(e.value, e.key, wording.HelpText)
		case "required":
			o.Required = r.boolean(e.value, e.key)
		case "go_name":
			o.GoName, _ = r.text(e.value, e.key)
		}
	}
}

func (r *reader) alternatives(o *OneOf, entries []entry) {
	seen := map[string]Pos{}
	var shownAt []Pos // parallel to the alternatives
	for _, e := range entries {
		if first, repeated := seen[e.key]; repeated {
			r.errorf(e.pos, "alternative %s is already declared at line %d", quote(e.key), first.Line)
			continue
		}
		seen[e.key] = e.pos
		a := r.alternative(e)
		if r.name("alternative", e) {
			o.Alternatives, shownAt = append(o.Alternatives, a), append(shownAt, a.At("label"))
		}
		for i, member := range a.Members {
			r.joinAlternative(r.seen[member], part{fmt.Sprintf("one_of %s", quote(o.Name)), a.Name, a.members[i]})
		}
		if len(a.Members) > 0 && !slices.ContainsFunc(a.Members, func(name string) bool { return r.seen[name].Derived == "" }) {
			r.errorf(a.members[0], "alternative %s must have a member that is not derived, of which it is known whether it is stored", quote(a.Name))
		}
	}
	if len(seen) < 2 {
		r.errorf(o.Pos, "there must be two alternatives at least, found %d", len(seen))
	}
	r.checkRows("alternative", o.Field(), shownAt)
}

// alternative reads a list of secrets, or a mapping that has the list and a label.
func (r *reader) alternative(e entry) *Alternative {
	a := &Alternative{Group: Group{Name: e.key, Pos: e.pos}}
	const what = "an alternative"
	switch e.value.kind {
	case broken:
	case list:
		r.members(&a.Group, e.value, what)
	case mapping:
		if label, ok := find(r.groupEntries(&a.Group, e.value, what, alternativeKeys), "label"); ok {
			a.Label = r.shown(label.value, "label", wording.LabelText)
		}
	default:
		r.errorf(e.value.pos, "alternative %s must be %s, found %s%s", quote(e.key), memberList, e.value.found(), r.suggestion(e.key, oneOfKeys))
	}
	return a
}

// join has a secret belong to p, unless it belongs elsewhere already.
func (r *reader) join(d *draft, p part) bool {
	if d.Derived != "" && p.alternative == "" {
		r.errorf(p.pos, "secret %s is derived, which nobody is asked for: its parts can be members", quote(d.Name))
		return false
	}
	if d.part != nil {
		r.errorf(p.pos, "secret %s is already a member of %s at line %d", quote(d.Name), d.part.of, d.part.pos.Line)
		return false
	}
	d.part = &p
	return true
}

// joinAlternative checks a member: whether it is asked for is the alternative's to say.
func (r *reader) joinAlternative(d *draft, p part) {
	if !r.join(d, p) {
		return
	}
	if d.places.has("required") && !d.Required {
		r.contradicts(d, "required", p, "which asks for all members of the alternative that is chosen")
	}
	r.asksItself(d, p)
	d.Required = true
}

// asksItself checks that a member has no other rule of its own for whether it is asked for.
func (r *reader) asksItself(d *draft, p part) {
	for _, key := range []string{"default", "required_when"} {
		if d.places.has(key) {
			r.contradicts(d, key, p, "which says when it is asked for")
		}
	}
}

// contradicts reports a key of a member that can't be true beside p.
func (r *reader) contradicts(d *draft, key string, p part, why string) {
	r.aside(d, func() {
		r.errorf(d.At(key), "%s contradicts %s at line %d, %s: leave it out", key, p.of, p.pos.Line, why)
	})
}

// allOrNone reads the entries under "all_or_none", after those under "one_of".
func (r *reader) allOrNone(n *node) {
	if n.kind != mapping {
		r.wrongType(n, "all_or_none", "a mapping of names to lists of secrets")
		return
	}
	for _, e := range n.entries {
		before := len(r.errs)
		g := r.group("all_or_none", e)
		of := fmt.Sprintf("all_or_none %s", quote(g.Name))
		r.about = subject{"all_or_none", e.key}
		if len(g.Members) == 1 && len(r.errs) == before {
			r.errorf(g.members[0], "there must be two members at least, found 1")
		}
		for i, member := range g.Members {
			d, p := r.seen[member], part{of: of, pos: g.members[i]}
			if !r.join(d, p) {
				continue
			}
			if d.Required {
				r.contradicts(d, "required", p, "of which nothing need be stored")
			}
			r.asksItself(d, p)
			for _, other := range g.Members {
				if other != member {
					d.With = append(d.With, other)
				}
			}
		}
		r.about = subject{}
		if r.isNew("all_or_none", e) {
			r.file.AllOrNones = append(r.file.AllOrNones, g)
		}
	}
}

// isTogether reports whether two secrets are members of the same alternative.
func (d *draft) isTogether(other *draft) bool {
	return d.part != nil && other.part != nil && d.part.alternative != "" && d.part.of == other.part.of && d.part.alternative == other.part.alternative
}

// checkDerivedMembers checks that what is derived of a member is set whenever that is, and what is a member itself, whenever its
// alternative is chosen.
func (r *reader) checkDerivedMembers() {
	for _, d := range r.drafts {
		for _, name := range d.Parts() {
			from := r.seen[name]
			switch {
			case from == nil || from.isTogether(d):
			case from.part != nil && from.part.alternative != "":
				r.errorf(from.part.pos, "%s: secret %s can't be a member: secret %s is derived of it, which would be unset where another alternative is chosen",
					from.part.of, quote(name), quote(d.Name))
			case d.part != nil && from.Optional():
				r.errorf(d.part.pos, "%s: secret %s can't be a member: it is derived of secret %s, which may be unset", d.part.of, quote(d.Name), quote(name))
			}
		}
	}
}

// checkParts checks what refers to members: nobody is asked for one whose alternative is not chosen.
func (r *reader) checkParts() {
	r.checkDerivedMembers()
	for _, d := range r.drafts {
		to, ok := r.seen[d.SentTo]
		if ok && to.part != nil && to.part.alternative != "" && !d.isTogether(to) {
			r.errorf(d.At("sent_to"), "secret %s: sent_to %s is a member of %s, and only the members of its alternative can be sent there", quote(d.Name), quote(d.SentTo), to.part.of)
		}
	}
	for _, g := range r.file.Groups {
		for i, member := range g.Members {
			if p := r.seen[member].part; p != nil {
				r.errorf(g.members[i], "group %s: secret %s is a member of %s at line %d, which has a getter for it", quote(g.Name), quote(member), p.of, p.pos.Line)
			}
		}
	}
	for _, d := range r.drafts {
		for i, name := range d.RenamedFrom {
			if o, ok := r.oneOf[name]; ok {
				r.errorf(d.renamedFrom[i], "secret %s: renamed_from %s is the name of a one_of at line %d", quote(d.Name), quote(name), o.Pos.Line)
			}
		}
	}
	for _, o := range r.file.OneOfs {
		if !wording.English().DialogFits(r.file.Server, o.Field()) {
			r.errorf(o.At("help_text"), "one_of %s: the dialog that asks for it has no room for so much: shorten help_text", quote(o.Name))
		}
	}
}
