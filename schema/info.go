package schema

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// ParseInfo reads a SECRETS_INFO dictionary of the Python and JavaScript frameworks, saved as JSON: the secrets of a schema for
// server. They take names in capitals and with spaces. Such a name becomes the nearest that a secret can have, and RenamedFrom
// has the one under which values are stored. Errors are those of [Parse], at their places in the dictionary.
func ParseInfo(name, server string, src []byte, rules ...Rule) (*File, error) {
	return parse(name, src, func(r *reader, n *node) bool {
		r.file.Server = server
		if n.kind == mapping {
			rename(n)
		}
		r.secrets(n)
		r.checkFile()
		r.checkConditions()
		return n.kind == mapping
	}, rules)
}

// rename gives the secrets of a mapping names that they can have, where there is one that no other has.
func rename(secrets *node) {
	taken := map[string]bool{}
	for _, e := range secrets.entries {
		taken[e.key] = true
	}
	for i := range secrets.entries {
		e := &secrets.entries[i]
		valid := validName(e.key)
		if field.ValidName(e.key) || valid == "" || taken[valid] || strings.HasPrefix(e.key, field.ReservedPrefix) {
			continue
		}
		taken[valid] = true
		if e.value.kind == null || e.value.kind == mapping {
			e.value = withFormerName(e.value, &node{kind: text, pos: e.pos, text: e.key, size: 1})
			e.key = valid
		}
	}
}

// withFormerName returns a secret that was also called otherwise, after the names that it has already.
func withFormerName(secret, name *node) *node {
	renamed := *secret
	renamed.kind = mapping
	renamed.entries = slices.Clone(secret.entries)
	names := &node{kind: list, pos: name.pos, items: []*node{name}}
	for i, e := range renamed.entries {
		if e.key != "renamed_from" {
			continue
		}
		switch e.value.kind {
		case text:
			names.items = []*node{name, e.value}
		case list:
			names.items = append(names.items, e.value.items...)
		}
		renamed.entries[i].value = names
		return &renamed
	}
	renamed.entries = append(renamed.entries, entry{key: "renamed_from", pos: name.pos, value: names})
	return &renamed
}
