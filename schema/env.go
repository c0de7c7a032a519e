package schema

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// readEnv reads the names of the environment variables under which servers take a value: one, or a list of them.
func readEnv(r *reader, d *draft, n *node) {
	names := []*node{n}
	if n.kind != text {
		names = r.list(n, "env", "the name of an environment variable or a list of names")
	}
	for _, name := range names {
		s, ok := r.text(name, "the name of a variable")
		switch {
		case !ok:
		case !field.ValidEnv(s):
			r.errorf(name.pos, `env %s must be a name of up to %d letters, digits and "_" that does not begin with a digit, such as API_TOKEN`, quote(s), field.MaxNameLength)
		default:
			d.Env, d.env = append(d.Env, s), append(d.env, name.pos)
		}
	}
}

// checkEnv checks that a variable holds the value of one secret only. On Windows the case of its name does not count, which is
// harmless where both names are those of one secret.
func (r *reader) checkEnv() {
	type user struct {
		of   *draft
		name string
	}
	users := map[string]user{}
	for _, d := range r.drafts {
		r.about = subject{"secret", d.Name}
		for i, name := range d.Env {
			folded := strings.ToUpper(name)
			first, taken := users[folded]
			switch {
			case taken && first.of == d && first.name != name: // as HTTPS_PROXY and https_proxy, which hold the same
			case !taken:
				users[folded] = user{d, name}
			case first.name == name:
				r.errorf(d.env[i], "env %s is already that of secret %s at line %d", quote(name), quote(first.of.Name), first.of.Pos.Line)
			default:
				r.errorf(d.env[i], "env %s is already that of secret %s at line %d, as %s: Windows takes them for one", quote(name), quote(first.of.Name), first.of.Pos.Line, quote(first.name))
			}
		}
	}
	r.about = subject{}
}
