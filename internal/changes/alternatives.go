package changes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// depends compares what else decides on whether a secret is asked for and handed out.
func (c *comparison) depends(was, s *templates.ManifestSecret) {
	if old, now := conditions(was.RequiredWhen), conditions(s.RequiredWhen); old != now {
		c.say(breaksIf(now != ""), "secret %q: required_when %s is now %s", s.Name, orNone(old), orNone(now))
	}
	switch {
	case was.MemberOf == s.MemberOf:
	case was.MemberOf == "":
		c.say(Breaking, "secret %q is now a member of %s: it has no getter of its own, and is asked for and handed out with the others", s.Name, s.MemberOf)
	case s.MemberOf == "":
		c.say(Breaking, "secret %q is no longer a member of %s: it has a getter of its own", s.Name, was.MemberOf)
	default:
		c.say(Breaking, "secret %q was a member of %s and is now one of %s", s.Name, was.MemberOf, s.MemberOf)
	}
}

// conditions writes a required_when as a schema may, in one order.
func conditions(all map[string][]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, fmt.Sprintf("%s: [%s]", name, strings.Join(slices.Sorted(slices.Values(all[name])), ", ")))
	}
	return strings.Join(parts, ", ")
}

// oneOfs compares what people can choose from.
func (c *comparison) oneOfs() {
	pair(c.old.OneOf, c.now.OneOf, oneOfName, func(o templates.ManifestOneOf) {
		c.say(breaksIf(o.Required), "one_of %q is new: users choose between %s", o.Name, list(alternativeNames(o)))
	}, c.oneOf, func(o templates.ManifestOneOf) {
		c.say(Breaking, "one_of %q is removed: what users chose is no longer used", o.Name)
	})
}

func oneOfName(o templates.ManifestOneOf) string { return o.Name }

func (c *comparison) oneOf(was, o templates.ManifestOneOf) {
	if was.Required != o.Required {
		c.say(breaksIf(o.Required), "one_of %q: required %t is now %t", o.Name, was.Required, o.Required)
	}
	for _, text := range []struct{ key, old, now string }{{"label", was.Label, o.Label}, {"help_text", was.HelpText, o.HelpText}} {
		if text.old != text.now {
			c.say(Words, "one_of %q: %s %s is now %s", o.Name, text.key, quoted(text.old), quoted(text.now))
		}
	}
	if was.Getter != o.Getter {
		c.say(Code, "one_of %q: the getter %s is now %s", o.Name, was.Getter, o.Getter)
	}
	pair(was.Alternatives, o.Alternatives, alternativeName, func(a templates.ManifestAlternative) {
		c.say(Breaking, "one_of %q: alternative %q is new: a type switch has no case for it", o.Name, a.Name)
	}, func(old, a templates.ManifestAlternative) {
		c.alternative(o.Name, old, a)
	}, func(a templates.ManifestAlternative) {
		c.say(Breaking, "one_of %q: alternative %q is removed: who chose it is asked again", o.Name, a.Name)
	})
	kept := func(o, other templates.ManifestOneOf) []string {
		return slices.DeleteFunc(alternativeNames(o), func(name string) bool { return !slices.Contains(alternativeNames(other), name) })
	}
	if !slices.Equal(kept(was, o), kept(o, was)) {
		c.say(Words, "one_of %q: the order %s is now %s", o.Name, list(alternativeNames(was)), list(alternativeNames(o)))
	}
}

func (c *comparison) alternative(oneOf string, was, a templates.ManifestAlternative) {
	if was.Label != a.Label {
		c.say(Words, "one_of %q, alternative %q: label %s is now %s", oneOf, a.Name, quoted(was.Label), quoted(a.Label))
	}
	if was.Type != a.Type {
		c.say(Code, "one_of %q, alternative %q: the type %s is now %s", oneOf, a.Name, was.Type, a.Type)
	}
	if old := c.renamed(was.Secrets); !slices.Equal(old, a.Secrets) {
		c.say(Breaking, "one_of %q, alternative %q: its members %s are now %s", oneOf, a.Name, list(was.Secrets), list(a.Secrets))
	}
}

// renamed returns the names by which secrets are known now.
func (c *comparison) renamed(names []string) []string {
	now := make([]string, len(names))
	for i, name := range names {
		now[i] = cmp.Or(c.heir(name), name)
	}
	return now
}

func alternativeName(a templates.ManifestAlternative) string { return a.Name }

func alternativeNames(o templates.ManifestOneOf) []string {
	names := make([]string, len(o.Alternatives))
	for i, a := range o.Alternatives {
		names[i] = a.Name
	}
	return names
}

// allOrNone compares what is set together.
func (c *comparison) allOrNone() {
	pair(c.old.AllOrNone, c.now.AllOrNone, groupName, func(g templates.ManifestGroup) {
		c.say(Compatible, "all_or_none %q is new: %s", g.Name, list(g.Secrets))
	}, func(was, g templates.ManifestGroup) {
		if !slices.Equal(c.renamed(was.Secrets), g.Secrets) {
			c.say(Breaking, "all_or_none %q: its members %s are now %s", g.Name, list(was.Secrets), list(g.Secrets))
		}
		c.senders(fmt.Sprintf("all_or_none %q", g.Name), was, g)
	}, func(g templates.ManifestGroup) {
		c.say(Breaking, "all_or_none %q is removed: its members are used one without the other", g.Name)
	})
}

// reasonsOfParts compares the reasons at the getters of one_ofs and all_or_nones.
func (c *comparison) reasonsOfParts() {
	oneOfs, groups := byName(c.old.OneOf, oneOfName), byName(c.old.AllOrNone, groupName)
	for _, o := range c.now.OneOf {
		c.given(fmt.Sprintf("one_of %q", o.Name), oneOfs[o.Name].Reasons, o.Reasons)
		c.given(fmt.Sprintf("one_of %q, rejected", o.Name), oneOfs[o.Name].Rejections, o.Rejections)
	}
	for _, g := range c.now.AllOrNone {
		c.given(fmt.Sprintf("all_or_none %q", g.Name), groups[g.Name].Reasons, g.Reasons)
	}
}
