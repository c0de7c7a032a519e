package schema

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// derivedKeys are the keys that a derived secret may have: the rest is what its parts say.
var derivedKeys = []string{"label", "field_type", "confidential", "help_text", "deprecated", "go_name", "derived"}

// derivedTypes are the types that a derived secret may have.
var derivedTypes = []field.Type{field.Text, field.Password, field.URL}

var derivedText = wording.Text{Characters: 1000, Lines: 1}

// readDerived reads a template. Unlike other texts it is shown to nobody, so its braces are no holes of a sentence.
func readDerived(r *reader, d *draft, n *node) {
	if _, ok := r.text(n, "derived"); !ok {
		return
	}
	if err := derivedText.Check(strings.NewReplacer("{", "", "}", "").Replace(n.text)); err != nil {
		r.errorf(n.pos, "derived %s", err)
		return
	}
	d.Derived = n.text
	if d.Type != "" && !slices.Contains(derivedTypes, d.Type) {
		r.errorf(d.At("field_type"), "a derived secret can't be of field_type %s, only of %s", d.Type, andList(derivedTypes))
	}
}

// isDerivedKey refuses a key that no derived secret has.
func (r *reader) isDerivedKey(e entry) bool {
	ok := slices.Contains(derivedKeys, e.key)
	if !ok {
		r.errorf(e.pos, "%s is not for a derived secret, whose parts say that (%s)", e.key, strings.Join(derivedKeys, ", "))
	}
	return ok
}

// How far the derived secrets are resolved.
const (
	unresolved = iota
	resolving
	resolved
)

// resolve fills in what a derived secret has of its parts, which are resolved before.
func (r *reader) resolve(d *draft) {
	if d.Derived == "" || d.state != unresolved {
		return
	}
	d.state = resolving
	defer func() { d.state = resolved }()
	parts := map[string]field.Field{}
	sound := true
	for _, name := range d.Parts() {
		part, ok := r.seen[name]
		if ok {
			r.aside(part, func() { r.resolve(part) })
		}
		switch {
		case !ok:
			r.errorf(d.At("derived"), "derived: unknown secret %s%s", quote(name), r.suggestion(name, r.names))
		case part.state == resolving:
			r.errorf(d.At("derived"), "derived: {%s} is made of this one itself", name)
		case part.Type == "":
		default:
			parts[name] = part.Field
			continue
		}
		sound = false
	}
	if !sound || d.Type == "" || !slices.Contains(derivedTypes, d.Type) {
		return
	}
	r.takeFromParts(d, parts)
	if err := d.CheckTemplate(parts); err != nil {
		r.errorf(d.At("derived"), "derived %s %s", quote(d.Derived), err)
	}
}

// takeFromParts makes d as confidential as its parts, and its use ask as theirs do.
func (r *reader) takeFromParts(d *draft, parts map[string]field.Field) {
	d.Permission, d.Required = field.None, true
	hides := false
	for _, name := range d.Parts() {
		part := parts[name]
		hides = hides || part.Confidential()
		d.Required = d.Required && !part.Optional()
		if slices.Index(field.Permissions(), part.Permission) > slices.Index(field.Permissions(), d.Permission) {
			d.Permission = part.Permission
		}
	}
	switch {
	case hides && d.places.has("confidential") && !d.Confidential():
		r.errorf(d.At("confidential"), "confidential false is not for a secret that is made of a confidential one")
	case hides:
		d.Secrecy = field.SecrecyOf(d.Type, true)
	case d.Confidential() && d.Permission == field.None:
		r.errorf(d.At("derived"), "a confidential secret needs a part whose use asks somebody")
	}
	if d.Type == field.URL {
		scheme, hasUser := d.DerivedScheme()
		d.Schemes, d.UserInfo = []string{scheme}, hasUser && !d.Confidential()
	}
}

// checkDerivedRoom checks that the question for each part can say where the url goes that is made of it.
func (r *reader) checkDerivedRoom(d *draft, sentences wording.Sentences) {
	for _, name := range d.Parts() {
		part := r.seen[name]
		if part == nil || d.Type != field.URL || !part.Asks() || len(d.Schemes) == 0 {
			continue
		}
		if height := sentences.QuestionHeight(r.file.Server, part.Field, longestDestination(d.Field)); height > layout.Lines {
			r.errorf(d.At("derived"), "the question for the use of %s in it can take %d lines, a window has room for %d", name, height, layout.Lines)
		}
	}
}
