package emit

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Where a format declares values in one place and hands them to the server in another, the latter is an env of texts such as
// "${input:api_key}". It is written only for a server that reads its environment: see [Options].

// handOver makes the env at a path hand over the entries. Of those that are gone, nothing is handed over any more.
func (t *jsonText) handOver(path []string, entries []entry, gone []string, o Options, reference func(string) string) (string, error) {
	env := append(slices.Clone(path), "env")
	var parts []part
	if o.Env && t.root.get(path...).is('{') {
		for _, e := range entries {
			parts = append(parts, part{e.variable, reference(e.key)})
		}
		if err := t.ensure(env, struct{}{}); err != nil {
			return "", err
		}
	}
	if !t.root.get(env...).is('{') {
		return t.text, o.takes(t.taken)
	}
	keys := slices.Clone(gone)
	if o.Env {
		for _, e := range entries {
			keys = append(keys, e.key) // its variable may have another name by now
		}
	}
	stale := func(_ string, v *jsonValue) bool {
		return v.is('"') && slices.ContainsFunc(keys, func(key string) bool { return v.text == reference(key) })
	}
	if err := t.put(env, "", parts, stale); err != nil {
		return "", err
	}
	return t.text, o.takes(t.taken)
}

// goneFrom returns the names of the members that this package wrote and that no entry has.
func goneFrom(list *jsonValue, name string, entries []entry, key func(entry) string, description string) (gone []string) {
	for _, m := range list.members {
		known := slices.ContainsFunc(entries, func(e entry) bool { return key(e) == memberKey(m, name) })
		if !known && describedByUs(description)("", m.value) {
			gone = append(gone, memberKey(m, name))
		}
	}
	return gone
}

// handedOver returns the variable of an env by the text that stands for the value.
func handedOver(env *jsonValue) map[string]string {
	variables := map[string]string{}
	if !env.is('{') {
		return variables
	}
	for _, m := range env.members {
		if text := m.value; text.is('"') && strings.HasPrefix(text.text, "${") {
			if _, first := variables[text.text]; !first {
				variables[text.text] = m.key
			}
		}
	}
	return variables
}

// literals returns the variables of an env that are none of those known. Their values are of whoever configured the client.
func literals(env *jsonValue, known []entry) (entries []entry) {
	if !env.is('{') {
		return nil
	}
	for _, m := range env.members {
		isKnown := slices.ContainsFunc(known, func(e entry) bool { return e.variable == m.key })
		if !m.value.is('"') || isKnown {
			continue
		}
		e := entry{key: m.key, variable: m.key, kind: field.Text, value: m.value.text, unsaid: true}
		if strings.HasPrefix(e.value, "$") {
			e.value = "" // of the client's environment, or an input that is not declared
		}
		entries = append(entries, e)
	}
	return entries
}

// orServer returns the name that was given, or that of the server with what formats commonly refuse replaced.
func orServer(name, server string) string {
	if name != "" {
		return name
	}
	return slug(server)
}

// slug returns a name of lower-case letters, digits and hyphens.
func slug(server string) string {
	words := strings.FieldsFunc(strings.ToLower(server), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	if len(words) == 0 {
		return "server"
	}
	return strings.Join(words, "-")
}
