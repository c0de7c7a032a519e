package secrets

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A derived secret is made of others, its parts, whenever it is handed out. It is never stored, and no question is about it: who
// wants it needs permission for each part, by one question that names them, and where a url goes that is made of them.

func (d *definition) isDerived() bool { return d.Derived != "" }

// kept are the secrets of a schema that are stored.
func (d definitions) kept() []*definition {
	return slices.DeleteFunc(slices.Clone(d.ordered), (*definition).isDerived)
}

// checkDerived checks that a derived secret can be made of its parts, and is as confidential as they are.
func (d definitions) checkDerived(def *definition, within []*definition) error {
	if slices.Contains(within, def) {
		return errors.New("it is made of itself")
	}
	parts := map[string]field.Field{}
	for _, name := range def.Parts() {
		part := d.names[name]
		switch {
		case part == nil:
			return fmt.Errorf("there is no %q of which it could be made", name)
		case part.Confidential() && !def.Confidential():
			return fmt.Errorf("it is made of %q, which is confidential", name)
		case part.Unrevealed:
			return fmt.Errorf("it is made of %q, which is only ever sent", name)
		case part.isDerived():
			if err := d.checkDerived(part, append(within, def)); err != nil {
				return err
			}
		}
		parts[name] = part.Field
	}
	return def.CheckTemplate(parts)
}

// withParts returns defs and, after them, the parts of the derived ones, each once.
func (d definitions) withParts(defs []*definition) []*definition {
	if !slices.ContainsFunc(defs, (*definition).isDerived) {
		return defs
	}
	all := slices.Clone(defs)
	for i := 0; i < len(all); i++ {
		for _, name := range all[i].Parts() {
			if part := d.names[name]; !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}

// leaves returns defs with the stored parts in place of the derived ones.
func (d definitions) leaves(defs []*definition) []*definition {
	if !slices.ContainsFunc(defs, (*definition).isDerived) {
		return defs
	}
	return slices.DeleteFunc(d.withParts(defs), (*definition).isDerived)
}

// rejectableParts are those of a derived one that are wrong where it is: the confidential ones, or all where none is.
func (d definitions) rejectableParts(def *definition) []*definition {
	parts := d.leaves([]*definition{def})
	hidden := slices.DeleteFunc(slices.Clone(parts), func(def *definition) bool { return !def.Confidential() })
	if len(hidden) > 0 {
		return hidden
	}
	return parts
}

// compose fills in the derived of what was found, of which the parts were found too.
func (m *Manager) compose(found []finding) error {
	byName := make(map[string]*finding, len(found))
	for i := range found {
		byName[found[i].def.Name] = &found[i]
	}
	for i := range found {
		if err := composeOne(&found[i], byName); err != nil {
			return err
		}
	}
	return nil
}

func composeOne(f *finding, byName map[string]*finding) error {
	if !f.def.isDerived() || f.value != nil || f.elsewhere {
		return nil
	}
	parts := map[string]field.Part{}
	for _, name := range f.def.Parts() {
		part := byName[name]
		if err := composeOne(part, byName); err != nil {
			return err
		}
		if part.value == nil {
			return nil // missing, or unset
		}
		parts[name] = field.Part{Field: part.def.Field, Text: part.text.Reveal()}
	}
	text, value, culprit, problem := f.def.Compose(parts)
	if problem != nil {
		def := f.def
		if culprit != "" {
			def = byName[culprit].def
		}
		return about(&invalidText{def.Name, problem}, store.Entry{Account: f.account, Name: def.Name})
	}
	f.text, f.value = NewSecret(text), value
	return nil
}

// used returns of the first n findings what is handed out: in place of a derived one, that of which it is made, with the host of
// the url that is made of it. What is handed out as it is as well, or in a text, goes wherever it may.
func used(found []finding, n int) []finding {
	if !slices.ContainsFunc(found[:n], func(f finding) bool { return f.def.isDerived() }) {
		return found[:n]
	}
	var all []finding
	at := map[*definition]int{}
	for _, f := range found[:n] {
		if !f.def.isDerived() {
			at[f.def] = -1
			all = append(all, f)
		}
	}
	var add func(f finding, host string)
	add = func(f finding, host string) {
		if f.def.isDerived() {
			if f.def.Type == field.URL && host == "" {
				host = hostOf(f)
			}
			for _, part := range found {
				if slices.Contains(f.def.Parts(), part.def.Name) {
					add(part, host)
				}
			}
			return
		}
		i, isThere := at[f.def]
		if !isThere {
			i = len(all)
			all = append(all, f)
		}
		switch {
		case i < 0:
			return
		case host == "": // in a text that no url keeps
			i, all[i].via = -1, ""
		case !slices.Contains(strings.Split(all[i].via, ", "), host):
			all[i].via = strings.TrimPrefix(all[i].via+", "+host, ", ")
		}
		at[f.def] = i
	}
	for _, f := range found[:n] {
		if f.def.isDerived() && f.value != nil {
			add(f, "")
		}
	}
	return all
}

// canChange returns why a value can't be stored or removed: it is made of others.
func canChange(def *definition) error {
	if !def.isDerived() {
		return nil
	}
	return &invalidText{def.Name, &field.Problem{Kind: field.MadeOf, Want: strings.Join(def.Parts(), ", ")}}
}
