package changes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// Here is how values are sent, and to which fixed hosts.

func (c *comparison) sentTo(was, s *templates.ManifestSecret) {
	if len(was.SentHosts) > 0 && len(s.SentHosts) > 0 {
		c.sentHosts(was, s)
		return
	}
	renamed := s.SentTo != "" && c.heir(was.SentTo) == s.SentTo
	if old, now := sentToText(was), sentToText(s); old != now && !renamed {
		c.say(breaksIf(goesTo(was) != "" || len(was.SentHosts) > 0), "secret %q: sent_to %s is now %s", s.Name, old, now)
	}
}

// sentToText is a sent_to as a schema writes it.
func sentToText(s *templates.ManifestSecret) string {
	if len(s.SentHosts) > 0 {
		return "[" + list(s.SentHosts) + "]"
	}
	return quoted(s.SentTo)
}

// sentHosts compares fixed hosts: a value that can go to another goes elsewhere. A wildcard has those below it.
func (c *comparison) sentHosts(was, s *templates.ManifestSecret) {
	added, removed := uncovered(s.SentHosts, was.SentHosts), uncovered(was.SentHosts, s.SentHosts)
	if len(added) > 0 {
		c.say(Breaking, "secret %q: sent_to has %s too: its values can go there", s.Name, list(added))
	}
	if len(removed) > 0 {
		c.say(Compatible, "secret %q: sent_to no longer has %s: requests there go without its values", s.Name, list(removed))
	}
	if len(added)+len(removed) == 0 && !slices.Equal(was.SentHosts, s.SentHosts) {
		c.say(Words, "secret %q: sent_to %s is now %s, which are the same hosts", s.Name, sentToText(was), sentToText(s))
	}
}

// uncovered returns the hosts that none of others is or covers.
func uncovered(hosts, others []string) []string {
	return slices.DeleteFunc(slices.Clone(hosts), func(host string) bool {
		return slices.ContainsFunc(others, func(other string) bool { return field.HostCovers(other, host) })
	})
}

// sent compares how the values of a secret are sent, and whether anything else may use them.
func (c *comparison) sent(was, s *templates.ManifestSecret) {
	what, wasSent := fmt.Sprintf("secret %q", s.Name), was.Sent != ""
	c.sentAs(what, was.SentAs, s.SentAs)
	c.transport(what, was.Transport, s.Transport)
	switch wasHidden, isHidden := bool(was.Unrevealed), bool(s.Unrevealed); {
	case isHidden && !wasHidden:
		c.say(Code, "%s is no longer revealed: it has no getter, and only its transport uses it", what)
	case wasHidden && !isHidden:
		c.say(Breaking, "%s is now revealed: the server's code can get its value", what)
	}
	if was.Insecure != s.Insecure {
		c.say(breaksIf(s.Insecure && wasSent), "%s: insecure %t is now %t", what, was.Insecure, s.Insecure)
	}
	if old, now := statuses(was.RejectOn), statuses(s.RejectOn); old != now {
		// By a status that is new, users may lose a value that is right.
		more := slices.ContainsFunc(s.RejectOn, func(status int) bool { return !slices.Contains(was.RejectOn, status) })
		c.say(breaksIf(more && wasSent), "%s: reject_on [%s] is now [%s]", what, old, now)
	}
}

func statuses(all []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(slices.Sorted(slices.Values(all)))), ", "), "[]")
}

// sentAs compares in which form something is sent. Without one, it is not.
func (c *comparison) sentAs(what, old, now string) {
	switch {
	case old == now:
	case old == "":
		c.say(Compatible, "%s is now sent by a transport, as %s", what, now)
	case now == "":
		c.say(Code, "%s is no longer sent by a transport, as %s", what, old)
	default:
		c.say(Breaking, "%s: sent_as %s is now %s", what, old, now)
	}
}

// transport compares the signatures of transports, which the clients have too.
func (c *comparison) transport(what, old, now string) {
	switch {
	case old == now:
	case old == "":
		c.say(Compatible, "%s has the transport %s", what, now)
	default:
		c.say(Code, "%s: the transport %s is now %s", what, old, orNone(now))
	}
}

// senders compares how a group is sent, and its getter, which there is none of where a member is not revealed.
func (c *comparison) senders(what string, was, g templates.ManifestGroup) {
	c.sentAs(what, c.renamedRoles(was.SentAs), g.SentAs)
	c.transport(what, was.Transport, g.Transport)
	switch {
	case was.Getter == g.Getter:
	case was.Getter == "":
		c.say(Compatible, "%s has the getter %s", what, g.Getter)
	default:
		c.say(Code, "%s: the getter %s is now %s", what, was.Getter, orNone(g.Getter))
	}
}

// renamedRoles is how a group is sent, with the names by which its members are known now: "basic: user login, password key".
func (c *comparison) renamedRoles(sentAs string) string {
	form, roles, _ := strings.Cut(sentAs, ": ")
	if roles == "" {
		return sentAs
	}
	all := strings.Split(roles, ", ")
	for i, role := range all {
		part, name, _ := strings.Cut(role, " ")
		all[i] = part + " " + c.renamed([]string{name})[0]
	}
	return form + ": " + strings.Join(all, ", ")
}
