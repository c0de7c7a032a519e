package secrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// Here is what is wanted of a schema where one secret depends on another: the members of a one_of on the alternative that
// was chosen, others on a setting ([field.Field.RequiredWhen]) or on each other ([field.Field.With]). Begin at [Manager.look].

// dependencies are what the schema says of this. The zero ones are those of a schema where nothing depends on anything.
type dependencies struct {
	members map[*definition]membership
	decides map[*definition]bool // others depend on its value
	hasWith bool                 // some are set together or not at all
}

// A membership is where a secret belongs to.
type membership struct {
	oneOf       *definition
	alternative string
}

// depend finds the dependencies. Like the rest of [define] it guards against keys that were written by hand.
func (d *definitions) depend() error {
	d.members, d.decides = map[*definition]membership{}, map[*definition]bool{}
	for _, def := range d.ordered {
		for _, alternative := range slices.Sorted(maps.Keys(def.Members)) {
			if !slices.Contains(def.Choices, alternative) {
				return fmt.Errorf("secrets: key %q: members of %q, which is no choice", def.Name, alternative)
			}
			for _, name := range def.Members[alternative] {
				member := d.names[name]
				if _, taken := d.members[member]; member == nil || taken || member.IsOneOf() || !member.Required {
					return fmt.Errorf("secrets: key %q: member %q is no required key of this schema, or a member already", def.Name, name)
				}
				d.members[member], d.decides[def] = membership{def, alternative}, true
			}
		}
		for _, name := range slices.Concat(slices.Sorted(maps.Keys(def.RequiredWhen)), def.With) {
			if d.names[name] == nil {
				return fmt.Errorf("secrets: key %q depends on %q, which is no key of this schema", def.Name, name)
			}
		}
		d.hasWith = d.hasWith || len(def.With) > 0
		for name := range def.RequiredWhen {
			d.decides[d.names[name]] = true
		}
	}
	d.arrange()
	return nil
}

// arrange puts each one_of before the first of its members, where a person looks for it.
func (d *definitions) arrange() {
	if len(d.members) == 0 {
		return
	}
	var arranged []*definition
	has := map[*definition]bool{nil: true}
	add := func(def *definition) {
		if !has[def] {
			has[def] = true
			arranged = append(arranged, def)
		}
	}
	for _, def := range d.ordered {
		add(d.members[def].oneOf)
		add(def)
	}
	d.ordered = arranged
}

// withMembers returns defs with the members of those that are a one_of behind them, which are stored as they are.
func (d *definitions) withMembers(defs ...*definition) []*definition {
	all := defs[:len(defs):len(defs)]
	for _, def := range defs {
		all = append(all, def.allKeptMembers(d.names)...)
	}
	return all
}

// allKeptMembers are those of all alternatives.
func (d *definition) allKeptMembers(names map[string]*definition) (members []*definition) {
	for _, alternative := range d.Choices {
		members = append(members, d.keptMembers(alternative, names)...)
	}
	return members
}

// keptMembers are the members of an alternative that are stored: the others are made of them.
func (d *definition) keptMembers(alternative string, names map[string]*definition) (members []*definition) {
	for _, name := range d.Members[alternative] {
		if member := names[name]; !member.isDerived() {
			members = append(members, member)
		}
	}
	return members
}

// withNeeded returns defs and, after them, what has to be known of others before they are handed out: the urls that say where
// they go, and what decides on whether they are wanted.
func (d *definitions) withNeeded(defs []*definition) []*definition {
	all := defs[:len(defs):len(defs)]
	var seen map[*definition]bool // made when there is something: most secrets need nothing
	add := func(def *definition) {
		if def == nil {
			return
		}
		if seen == nil {
			seen = make(map[*definition]bool, len(defs))
			for _, def := range defs {
				seen[def] = true
			}
		}
		if !seen[def] {
			seen[def] = true
			all = append(all, def)
		}
	}
	for i := 0; i < len(all); i++ {
		if i < len(defs) {
			add(d.names[all[i].SentTo])
		}
		add(d.members[all[i]].oneOf)
		if all[i].isDerived() { // a url that says where they go
			for _, part := range all[i].Parts() {
				add(d.names[part])
			}
		}
		for _, name := range all[i].With {
			add(d.names[name])
		}
		if len(all[i].RequiredWhen) > 0 {
			for _, name := range slices.Sorted(maps.Keys(all[i].RequiredWhen)) {
				add(d.names[name])
			}
		}
	}
	return all
}

// look returns what there is of each of defs, which is all that they need. What was entered counts as if it were stored. Of an
// error it returns only the finding that has it.
func (m *Manager) look(ctx context.Context, defs []*definition, entered map[string]string) []finding {
	l := look{m, entered, make(map[*definition]finding, len(defs))}
	var wanted []*definition
	for _, def := range defs {
		_, isKnown := l.known[def]
		_, isEntered := entered[def.Name]
		switch {
		case isKnown:
		case isEntered:
			l.known[def] = l.find(ctx, def)
		case l.isPassedOver(ctx, def):
			l.known[def] = finding{def: def, unset: true, elsewhere: true}
		default:
			wanted = append(wanted, def)
		}
	}
	for _, f := range m.values.findAll(ctx, slices.DeleteFunc(wanted, l.isKnown)) {
		if f.err != nil {
			return []finding{f}
		}
		l.known[f.def] = f
	}
	found := make([]finding, len(defs))
	for i, def := range defs {
		if found[i] = l.judge(ctx, l.known[def]); found[i].err != nil {
			return found[i : i+1]
		}
	}
	return found
}

// A look is one look at the store for secrets that depend on each other.
type look struct {
	*Manager
	entered map[string]string
	known   map[*definition]finding
}

func (l *look) isKnown(def *definition) bool { _, ok := l.known[def]; return ok }

// one returns what there is of a secret on which others depend.
func (l *look) one(ctx context.Context, def *definition) finding {
	if f, ok := l.known[def]; ok {
		return f
	}
	l.known[def] = finding{def: def, unset: true} // for keys that were written by hand, which may depend in a circle
	l.known[def] = l.judge(ctx, l.find(ctx, def))
	return l.known[def]
}

// find is [values.find] where what was entered counts.
func (l *look) find(ctx context.Context, def *definition) finding {
	text, isEntered := l.entered[def.Name]
	if !isEntered {
		return l.values.find(ctx, def)
	}
	if text == "" {
		text = def.Default
	}
	f := l.values.valueOf(ctx, def, text)
	if f.value == nil && f.err == nil {
		return finding{def: def, unset: true}
	}
	return f
}

// isPassedOver reports whether a secret is a member of a one_of of which another alternative is chosen, or none yet.
func (l *look) isPassedOver(ctx context.Context, def *definition) bool {
	member, ok := l.members[def]
	return ok && l.one(ctx, member.oneOf).value != member.alternative
}

// judge has a secret asked for that is not stored where what there is of others requires it.
func (l *look) judge(ctx context.Context, f finding) finding {
	_, isEntered := l.entered[f.def.Name]
	if !f.unset || f.gap != nil || isEntered || !l.isRequired(ctx, f.def) {
		return f
	}
	return finding{def: f.def, unset: true, required: true, gap: &wording.Asking{}}
}

func (l *look) isRequired(ctx context.Context, def *definition) bool {
	for _, name := range def.With {
		if other := l.one(ctx, l.names[name]); !other.unset {
			return true
		}
	}
	for name, values := range def.RequiredWhen {
		if other := l.one(ctx, l.names[name]); other.value == nil || !slices.Contains(values, fmt.Sprint(other.value)) {
			return false
		}
	}
	return len(def.RequiredWhen) > 0
}

// askedFor returns the names of what people are asked for where found has gaps. Where a member of a one_of is missing, they are
// asked again which alternative they want.
func (m *Manager) askedFor(found []finding) (names []string) {
	for _, f := range found {
		name := f.def.Name
		if member, ok := m.members[f.def]; ok {
			name = member.oneOf.Name
		}
		if f.gap != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// glance returns a look for which nobody is asked to unlock the keychain, and the context for it.
func (m *Manager) glance(ctx context.Context) (*look, context.Context) {
	return &look{m, nil, map[*definition]finding{}}, keychain.Quietly(ctx)
}

// isAsked reports whether the next use of a secret would ask for it if it were not stored.
func (l *look) isAsked(ctx context.Context, def *definition) bool {
	if l.isMember(def) {
		return !l.isPassedOver(ctx, def)
	}
	return def.Required || l.isRequired(ctx, def)
}

// isUnused reports whether a secret belongs to an alternative beside the one that is chosen: what is stored of it stays, for whoever
// changes their mind.
func (l *look) isUnused(ctx context.Context, def *definition) bool {
	member, ok := l.members[def]
	if !ok {
		return false
	}
	chosen := l.one(ctx, member.oneOf).value
	return chosen != nil && chosen != member.alternative
}

// memberOf says to whom a secret belongs, such as "auth: basic", or "".
func (m *Manager) memberOf(def *definition) string {
	if member, ok := m.members[def]; ok {
		return member.oneOf.Name + ": " + member.alternative
	}
	return ""
}

// onlyWhole returns the alternative of which all members are stored, if there is one only. That is the one that is chosen while
// nobody has chosen.
func (v *values) onlyWhole(ctx context.Context, def *definition) (string, error) {
	var whole []string
	for _, alternative := range def.Choices {
		switch err := v.haveAll(ctx, def.keptMembers(alternative, v.names)); {
		case err == nil:
			whole = append(whole, alternative)
		case !errors.Is(err, ErrNotSet):
			return "", err
		}
	}
	if len(whole) != 1 {
		return "", ErrNotSet
	}
	return whole[0], nil
}

// haveAll returns [ErrNotSet] unless each of defs is stored.
func (v *values) haveAll(ctx context.Context, defs []*definition) error {
	for _, def := range defs {
		if _, err := v.lookup(ctx, def); err != nil {
			return err
		}
	}
	return nil
}
