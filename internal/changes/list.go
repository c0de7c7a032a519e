package changes

import (
	"strconv"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// derived compares of what a secret is made: another template sends its parts elsewhere, or makes another value.
func (c *comparison) derived(was, s *templates.ManifestSecret) {
	if was.Derived != s.Derived {
		c.say(Breaking, "secret %q: derived %s is now %s", s.Name, quoted(was.Derived), quoted(s.Derived))
	}
}

// items compares how many values there are. What is stored of one value and of a list is read otherwise: a comma separates.
func (c *comparison) items(was, s *templates.ManifestSecret) {
	if was.List != s.List {
		c.say(Breaking, "secret %q: list %t is now %t: what is stored is read otherwise", s.Name, was.List, s.List)
	}
	c.rule(s, "min_items", count(was.MinItems), count(s.MinItems), s.MinItems > max(was.MinItems, 1))
	c.rule(s, "max_items", count(was.MaxItems), count(s.MaxItems), s.MaxItems > 0 && (was.MaxItems == 0 || s.MaxItems < was.MaxItems))
	c.rule(s, "unique", strconv.FormatBool(was.Unique), strconv.FormatBool(s.Unique), s.Unique)
}
