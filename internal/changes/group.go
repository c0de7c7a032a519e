package changes

import (
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// groups compares what is asked for together.
func (c *comparison) groups() {
	pair(c.old.Groups, c.now.Groups, groupName, func(g templates.ManifestGroup) {
		c.about = Change{Group: g.Name}
		c.say(Compatible, "group %q is new: one question for %s", g.Name, list(g.Secrets))
	}, func(was, g templates.ManifestGroup) {
		c.about = Change{Group: g.Name}
		c.members(was, g)
		c.senders(fmt.Sprintf("group %q", g.Name), was, g)
	}, func(g templates.ManifestGroup) {
		c.about = Change{Group: g.Name}
		c.say(Code, "group %q is removed: its secrets are asked for one by one", g.Name)
	})
	c.about = Change{}
	c.senders("All", c.old.All, c.now.All)
}

func groupName(g templates.ManifestGroup) string { return g.Name }

// members compares who is in a group: a member that is gone is a field that callers may use.
func (c *comparison) members(was, g templates.ManifestGroup) {
	kept := c.renamed(was.Secrets)
	if slices.Equal(kept, g.Secrets) {
		return
	}
	mark := Compatible
	if slices.ContainsFunc(kept, func(name string) bool { return !slices.Contains(g.Secrets, name) }) {
		mark = Code
	}
	c.say(mark, "group %q: one question for %s is now one for %s", g.Name, list(was.Secrets), list(g.Secrets))
}
