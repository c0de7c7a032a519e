package emit

import (
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// Where a format declares values in one place and hands them to the server in another, the latter is an env of texts such as
// "${input:api_key}". It is written only for a server that reads its environment: see [Options].

// handOver makes the env at a path hand over the entries. Of those that are gone, nothing is handed over any more.
func handOver(t *jsonc.Document, path []string, entries []entry, gone []string, o Options, reference func(string) string) (string, error) {
	env := append(slices.Clone(path), "env")
	var parts []jsonc.Part
	if o.Env && t.Root.Get(path...).Is('{') {
		for _, e := range entries {
			parts = append(parts, jsonc.Part{Key: e.variable, Value: reference(e.key)})
		}
		if err := t.Ensure(env, struct{}{}); err != nil {
			return "", err
		}
	}
	if !t.Root.Get(env...).Is('{') {
		return t.Text, o.takes(t.Taken)
	}
	keys := slices.Clone(gone)
	if o.Env {
		for _, e := range entries {
			keys = append(keys, e.key) // its variable may have another name by now
		}
	}
	stale := func(_ string, v *jsonc.Value) bool {
		return v.Is('"') && slices.ContainsFunc(keys, func(key string) bool { return v.Text == reference(key) })
	}
	if err := t.Put(env, "", parts, stale); err != nil {
		return "", err
	}
	return t.Text, o.takes(t.Taken)
}

// goneFrom returns the names of the members that this package wrote and that no entry has.
func goneFrom(list *jsonc.Value, name string, entries []entry, key func(entry) string, description string) (gone []string) {
	for _, m := range list.Members {
		known := slices.ContainsFunc(entries, func(e entry) bool { return key(e) == m.Name(name) })
		if !known && describedByUs(description)("", m.Value) {
			gone = append(gone, m.Name(name))
		}
	}
	return gone
}

// handedOver returns the variable of an env by the text that stands for the value.
func handedOver(env *jsonc.Value) map[string]string {
	variables := map[string]string{}
	if !env.Is('{') {
		return variables
	}
	for _, m := range env.Members {
		if text := m.Value; text.Is('"') && strings.HasPrefix(text.Text, "${") {
			if _, first := variables[text.Text]; !first {
				variables[text.Text] = m.Key
			}
		}
	}
	return variables
}

// literals returns the variables of an env that are none of those known. Their values are of whoever configured the client.
func literals(env *jsonc.Value, known []entry) (entries []entry) {
	if !env.Is('{') {
		return nil
	}
	for _, m := range env.Members {
		isKnown := slices.ContainsFunc(known, func(e entry) bool { return e.variable == m.Key })
		if !m.Value.Is('"') || isKnown {
			continue
		}
		e := entry{key: m.Key, variable: m.Key, kind: field.Text, value: m.Value.Text, unsaid: true}
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
