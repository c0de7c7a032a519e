package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// readPrefix reads a text, or a list of texts of which a value begins with one.
func readPrefix(r *reader, d *draft, n *node) {
	seen := map[string]Pos{}
	for _, item := range r.oneOrMore(n, "prefix", "a text or a list such as [ghp_, github_pat_]") {
		s, ok := r.text(item, "prefix")
		first, repeated := seen[s]
		switch {
		case !ok || !r.checkText(item, "prefix", wording.PrefixText):
		case s == "":
			r.errorf(item.pos, "a prefix must not be empty")
		case repeated:
			r.errorf(item.pos, "prefix %s is already there at line %d", quote(s), first.Line)
		default:
			seen[s] = item.pos
			d.Prefixes, d.prefixes = append(d.Prefixes, s), append(d.prefixes, item.pos)
		}
	}
}

// checkPrefixes checks that some value can begin with each prefix, as far as type and length go.
func (r *reader) checkPrefixes(d *draft) {
	for i, prefix := range d.Prefixes {
		pos := d.prefixes[i]
		if length := utf8.RuneCountInString(prefix); d.MaxLength > 0 && length > d.MaxLength {
			r.errorf(pos, "prefix %s has %d characters, max_length allows %d", quote(prefix), length, d.MaxLength)
		}
		if first := prefix + "x"; d.Content().Item().Clean(first) != first {
			r.errorf(pos, "prefix %s must not begin with a space, which would be taken off what a person enters", quote(prefix))
		} else if i := strings.IndexFunc(prefix, func(c rune) bool { return !d.takes(c) }); i >= 0 {
			r.errorf(pos, "prefix %s is that of no value, which has no such character as %+q", quote(prefix), []rune(prefix[i:])[0])
		}
	}
}

// thePrefixes names the prefixes of d: `prefix "ghp_" or "github_pat_"`.
func (d *draft) thePrefixes() string {
	quoted := make([]string, len(d.Prefixes))
	for i, prefix := range d.Prefixes {
		quoted[i] = quote(prefix)
	}
	return fmt.Sprintf("prefix %s", strings.Join(quoted, " or "))
}
