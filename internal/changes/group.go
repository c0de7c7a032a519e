package changes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// groups compares what is asked for together.
func (c *comparison) groups() {
	before := make(map[string]templates.ManifestGroup, len(c.old.Groups))
	for _, g := range c.old.Groups {
		before[g.Name] = g
	}
	for _, g := range c.now.Groups {
		c.about = Change{Group: g.Name}
		was, ok := before[g.Name]
		delete(before, g.Name)
		if !ok {
			c.say(Compatible, "group %q is new: one question for %s", g.Name, list(g.Secrets))
			continue
		}
		c.members(was, g)
		c.senders(fmt.Sprintf("group %q", g.Name), was, g)
	}
	for _, g := range c.old.Groups {
		if _, gone := before[g.Name]; gone {
			c.about = Change{Group: g.Name}
			c.say(Code, "group %q is removed: its secrets are asked for one by one", g.Name)
		}
	}
	c.about = Change{}
	c.senders("All", c.old.All, c.now.All)
}

// members compares who is in a group: a member that is gone is a field that callers may use.
func (c *comparison) members(was, g templates.ManifestGroup) {
	kept := make([]string, len(was.Secrets))
	for i, name := range was.Secrets {
		kept[i] = cmp.Or(c.heir(name), name)
	}
	if slices.Equal(kept, g.Secrets) {
		return
	}
	mark := Compatible
	if slices.ContainsFunc(kept, func(name string) bool { return !slices.Contains(g.Secrets, name) }) {
		mark = Code
	}
	c.say(mark, "group %q: one question for %s is now one for %s", g.Name, list(was.Secrets), list(g.Secrets))
}
