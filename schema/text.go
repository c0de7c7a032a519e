package schema

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// What people read in a dialog must fit the screen, and must look like what it is: the rule is that of package wording.

// shown reads a text that people will read. It leaves out the space around it: a YAML block ends with a newline that nobody
// means.
func (r *reader) shown(n *node, key string, rule wording.Text) string {
	trimmed := *n
	trimmed.text = strings.TrimSpace(n.text)
	return r.untrimmed(&trimmed, key, rule)
}

// untrimmed reads a text in which every space counts.
func (r *reader) untrimmed(n *node, key string, rule wording.Text) string {
	if _, ok := r.text(n, key); !ok || !r.checkText(n, key, rule) {
		return ""
	}
	return n.text
}

// checkText reports the first reason why people can't be shown n.
func (r *reader) checkText(n *node, key string, rule wording.Text) bool {
	err := rule.Check(n.text)
	if err != nil {
		r.errorf(n.pos, "%s %s", key, err)
	}
	return err == nil
}
