package changes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// Here is what becomes of what is stored. A value is stored under a name, and read by the secret of that name or by the one
// that has it in renamed_from: its heir.

// before returns the old secret that s continues: the one of its name, or else the first that it was renamed from.
func (c *comparison) before(s *templates.ManifestSecret) *templates.ManifestSecret {
	if was := c.old.byName[s.Name]; was != nil {
		return was
	}
	for _, former := range s.RenamedFrom {
		if was := c.old.byName[former]; was != nil {
			return was
		}
	}
	return nil
}

// stored compares what s reads with who read it before. was is what s continues; nil is nothing.
func (c *comparison) stored(was, s *templates.ManifestSecret) {
	if reader := c.old.readers[s.Name]; was == nil && reader != nil {
		c.inherited(reader, s.Name, s)
	}
	for _, former := range s.RenamedFrom {
		switch reader := c.old.readers[former]; {
		case reader == nil:
			c.say(breaksIf(exposed(s)), "secret %q: renamed_from %q is new: what is stored under that name is now read as %q%s", s.Name, former, s.Name, protection(s))
		case was != nil && former == was.Name:
			c.say(Compatible, "secret %q is now %q: its value is still found", former, s.Name)
		case reader != was:
			c.inherited(reader, former, s)
		}
	}
	if was == nil {
		return
	}
	for _, former := range was.RenamedFrom {
		if c.now.readers[former] == nil {
			c.say(Breaking, "secret %q: renamed_from %q is dropped: who has stored a value under that name only loses it", s.Name, former)
		}
	}
	if reordered(was.RenamedFrom, s.RenamedFrom) {
		c.say(Breaking, "secret %q: renamed_from %s is now %s: where several are stored, another value is found", s.Name, list(was.RenamedFrom), list(s.RenamedFrom))
	}
}

// reordered reports whether names that both lists have follow each other in another order.
func reordered(old, now []string) bool {
	last := -1
	for _, name := range now {
		if i := slices.Index(old, name); i >= 0 {
			if i < last {
				return true
			}
			last = i
		}
	}
	return false
}

// inherited says that s reads what is stored under a name, which another secret read before.
func (c *comparison) inherited(reader *templates.ManifestSecret, stored string, s *templates.ManifestSecret) {
	c.say(Breaking, "secret %q: what is stored as %q was read as %q and is now read as %q%s", s.Name, stored, reader.Name, s.Name, less(reader, s))
}

// exposed reports whether a value of s is handed out although it may be a password of which nobody is asked, or that nothing
// hides.
func exposed(s *templates.ManifestSecret) bool {
	return !s.Hides() || s.Permission == field.None
}

// protection says of an heir that it would expose a password.
func protection(s *templates.ManifestSecret) string {
	if !exposed(s) {
		return ""
	}
	return fmt.Sprintf(", which is less protected than a password: field_type %s, permission %s", shownKind(s), s.Permission)
}

// shownKind is the type of s, with what else says whether values may be shown.
func shownKind(s *templates.ManifestSecret) string {
	if s.Confidential == nil {
		return string(s.FieldType)
	}
	return fmt.Sprintf("%s with confidential: %t", s.FieldType, *s.Confidential)
}

// less says in what an heir is less protected than was; "" is in nothing.
func less(was, s *templates.ManifestSecret) string {
	var ways []string
	if was.Hides() && !s.Hides() {
		ways = append(ways, fmt.Sprintf("field_type %s, where it was %s", shownKind(s), shownKind(was)))
	}
	if weaker(was.Permission, s.Permission) {
		ways = append(ways, fmt.Sprintf("permission %s, where it was %s", s.Permission, was.Permission))
	}
	if !stands(was) && stands(s) && was.Permission == s.Permission {
		ways = append(ways, "standing true, where it was false")
	}
	if goesElsewhere(was, s) {
		ways = append(ways, fmt.Sprintf("sent_to %s, where it was %s", sentToText(s), sentToText(was)))
	}
	if was.Unrevealed && !s.Unrevealed {
		ways = append(ways, "revealed, where it was not")
	}
	if s.Insecure && !was.Insecure {
		ways = append(ways, "insecure, where it was not")
	}
	if len(ways) == 0 {
		return ""
	}
	return ", which is less protected: " + strings.Join(ways, "; ")
}

// goesElsewhere reports whether values can go to another place than they could as was; one that goes nowhere in particular can.
func goesElsewhere(was, s *templates.ManifestSecret) bool {
	if len(was.SentHosts) > 0 {
		return len(s.SentHosts) == 0 || len(uncovered(s.SentHosts, was.SentHosts)) > 0
	}
	return was.SentTo != "" && was.SentTo != s.SentTo
}

// removed names the old secrets whose value nobody reads any more.
func (c *comparison) removed() {
	for _, s := range c.old.Secrets {
		if c.now.readers[s.Name] == nil {
			c.about = Change{Secret: s.Name}
			c.say(Breaking, "secret %q is removed: its value is no longer used (if it has a new name, add renamed_from)", s.Name)
		}
	}
	c.about = Change{}
}
