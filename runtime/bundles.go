package secrets

import (
	"context"
	"maps"
	"slices"
)

// Here is in which order a person is asked for all that a server needs, and what of it is stored as a whole. Begin at
// [insider.Bundles].

// Bundles implements [inside.Manager]. What is chosen between alternatives comes first, since least is known before.
func (i insider) Bundles() [][]string {
	b := bundling{definitions: i.definitions, with: i.together(), placed: map[*definition]bool{}}
	for _, def := range i.ordered {
		if def.IsOneOf() {
			b.place(def)
		}
	}
	for _, def := range i.ordered {
		b.place(def)
	}
	return b.bundles
}

// CanPut implements [inside.Manager].
func (i insider) CanPut(ctx context.Context) error { return i.values.canStore(ctx) }

// together returns with which others each secret is stored: those of a one_of, an all_or_none, a group, or a check of the
// server's author.
func (m *Manager) together() map[*definition][]*definition {
	with := map[*definition][]*definition{}
	join := func(defs []*definition) {
		for _, def := range defs {
			with[def] = append(with[def], defs...)
		}
	}
	for _, def := range m.ordered {
		join(m.withMembers(def))
		for _, name := range def.With {
			join([]*definition{def, m.names[name]})
		}
	}
	for _, group := range m.groups {
		join(m.leaves(m.named(group)))
	}
	for _, c := range m.checks.list() {
		join(m.leaves(c.defs))
	}
	return with
}

// named returns the secrets of some names, as far as there are such.
func (d *definitions) named(names []string) (defs []*definition) {
	for _, name := range names {
		if def := d.names[name]; def != nil {
			defs = append(defs, def)
		}
	}
	return defs
}

// A bundling is the work of [insider.Bundles].
type bundling struct {
	definitions
	with    map[*definition][]*definition
	placed  map[*definition]bool
	bundles [][]string
}

// place puts the bundle of a secret behind those of what it depends on.
func (b *bundling) place(def *definition) {
	if def.isDerived() || b.placed[def] {
		return
	}
	bundle := b.bundleOf(def)
	for _, member := range bundle {
		b.placed[member] = true
	}
	for _, member := range bundle {
		for _, before := range b.before(member) {
			b.place(before)
		}
	}
	b.bundles = append(b.bundles, namesOf(b.sorted(bundle)))
}

// bundleOf returns all that is stored together with a secret.
func (b *bundling) bundleOf(def *definition) []*definition {
	bundle := []*definition{def}
	for i := 0; i < len(bundle); i++ {
		for _, other := range b.with[bundle[i]] {
			if !other.isDerived() && !slices.Contains(bundle, other) {
				bundle = append(bundle, other)
			}
		}
	}
	return bundle
}

// before returns what is asked for before a secret.
func (b *bundling) before(def *definition) (before []*definition) {
	names := append(slices.Sorted(maps.Keys(def.RequiredWhen)), def.SentTo)
	return b.leaves(b.named(names))
}

// sorted returns a bundle in the schema's order, but with what decides on others first, and then where values go.
func (b *bundling) sorted(bundle []*definition) []*definition {
	var sorted []*definition
	var add func(def *definition)
	add = func(def *definition) {
		if def == nil || slices.Contains(sorted, def) || !slices.Contains(bundle, def) {
			return
		}
		add(b.members[def].oneOf)
		for _, before := range b.before(def) {
			if before != def && !slices.Contains(b.before(before), def) {
				add(before)
			}
		}
		if !slices.Contains(sorted, def) {
			sorted = append(sorted, def)
		}
	}
	for _, def := range b.ordered {
		add(def)
	}
	return sorted
}
