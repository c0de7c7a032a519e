//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// A user may have several keyrings ("collections"), each with a password of its own, such as an old one whose password they no
// longer know. This file says which items count:
//
//   - What is unlocked hides what is locked. Nobody is asked for a password while an unlocked keyring has the value.
//   - Of several unlocked items the newest counts, lest a keyring that is unlocked later bring an old value back; of those of
//     one second that of the default keyring.
//   - Where only locked keyrings have a value, reading and removing it have the default one unlocked if that has it, else one
//     of the others.
//   - A value is written where it is unlocked; of several places the default keyring, and the others lose theirs. Where it is
//     nowhere unlocked, it is written to the default keyring, and no other password is asked for.

// A reach says which keyrings are worth asking a person for their password.
type reach int

const (
	anyKeyring     reach = iota // whichever has what is looked for
	defaultKeyring              // only where new items go
)

// sessionPath is the keyring that is gone when the session ends.
const sessionPath = servicePath + "/collection/session"

// search returns the items with these attributes, those that can be read and those that are locked. Nobody is asked.
func (l *link) search(ctx context.Context, attributes map[string]string) (open, locked []dbus.ObjectPath, err error) {
	err = l.call(ctx, servicePath, serviceIface+"SearchItems", attributes).into(&open, &locked)
	return open, locked, err
}

// find returns the items with these attributes that are unlocked. If there are none, the keychain asks the person to unlock a
// keyring within reach that has some or, since some show nothing while they are locked (KeePassXC), the default one.
func (l *link) find(ctx context.Context, attributes map[string]string, reach reach) ([]dbus.ObjectPath, error) {
	for range attempts {
		open, locked, err := l.search(ctx, attributes)
		if err != nil || len(open) > 0 {
			return open, err
		}
		if locked, err = l.toUnlock(ctx, locked, reach); err != nil || len(locked) == 0 {
			return nil, err
		}
		if err := l.unlock(ctx, locked); err != nil {
			return nil, err
		}
	}
	return nil, ErrLocked
}

// toUnlock returns what to unlock where all items that were found are locked: those of one keyring, the default one if it can
// be. Nothing is to be done where it returns nothing.
func (l *link) toUnlock(ctx context.Context, locked []dbus.ObjectPath, reach reach) ([]dbus.ObjectPath, error) {
	replies := l.calls(ctx, readAlias, isLockedByDefault)
	keyring, err := keyringOf(replies[0])
	if err != nil {
		return nil, err
	}
	var isLocked bool
	if err := replies[1].into(&isLocked); err != nil && !errors.Is(err, errGone) {
		return nil, err
	}
	switch mine := within(keyring, locked); {
	case len(mine) > 0:
		return mine, nil
	case len(locked) > 0 && reach == anyKeyring:
		return within(parent(locked[0]), locked), nil
	case isLocked:
		return []dbus.ObjectPath{defaultPath}, nil
	}
	return nil, nil
}

var (
	readAlias         = request{servicePath, serviceIface + "ReadAlias", []any{"default"}}
	isLockedByDefault = request{defaultPath, propertiesIface + "Get", []any{"org.freedesktop.Secret.Collection", "Locked"}}
)

// keyringOf is the default keyring that readAlias was told, "/" if there is none. Some keychains know no aliases.
func keyringOf(r reply) (keyring dbus.ObjectPath, err error) {
	if err := r.into(&keyring); err != nil && !errors.Is(err, errGone) {
		return "", err
	}
	return cmp.Or(keyring, "/"), nil
}

// parent is the keyring of an item, "" if the path is no item's.
func parent(item dbus.ObjectPath) dbus.ObjectPath {
	return item[:max(0, strings.LastIndexByte(string(item), '/'))]
}

// within returns the items of one keyring.
func within(keyring dbus.ObjectPath, items []dbus.ObjectPath) (some []dbus.ObjectPath) {
	for _, path := range items {
		if parent(path) == keyring {
			some = append(some, path)
		}
	}
	return some
}

// labels are the names by which a person knows the keyrings of items, each once.
func (l *link) labels(ctx context.Context, items []dbus.ObjectPath) (labels []string) {
	for len(items) > 0 {
		keyring := parent(items[0])
		items = slices.DeleteFunc(slices.Clone(items), func(path dbus.ObjectPath) bool { return parent(path) == keyring })
		var label string
		err := l.call(ctx, keyring, propertiesIface+"Get", "org.freedesktop.Secret.Collection", "Label").into(&label)
		if err != nil || label == "" {
			label = string(keyring)
		}
		labels = append(labels, label)
	}
	return labels
}

func (l *link) unlock(ctx context.Context, objects []dbus.ObjectPath) error {
	if IsQuiet(ctx) { // before a prompt is made, which the keychain keeps
		return ErrUnasked
	}
	if l.open != nil {
		_, err := l.wait(ctx)
		return err
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := l.call(ctx, servicePath, serviceIface+"Unlock", objects).into(&unlocked, &prompt)
	if err == nil {
		_, err = l.ask(ctx, prompt)
	}
	return err
}

// namesOf returns the accounts of items, sorted and each once.
func (l *link) namesOf(ctx context.Context, paths []dbus.ObjectPath) ([]string, error) {
	items, err := l.describe(ctx, paths)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, item := range items {
		if name := item.attributes["username"]; !isOurs(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// newest returns which of several items counts.
func (l *link) newest(ctx context.Context, paths []dbus.ObjectPath) (dbus.ObjectPath, error) {
	if len(paths) == 1 {
		return paths[0], nil
	}
	items, err := l.describe(ctx, paths)
	if err == nil && len(items) == 0 {
		err = errGone
	}
	if err != nil {
		return "", err
	}
	return slices.MaxFunc(items, byAge).path, nil
}

// worthiest returns which of several items is to be kept, and the others.
func (l *link) worthiest(ctx context.Context, paths []dbus.ObjectPath) (kept dbus.ObjectPath, others []dbus.ObjectPath, err error) {
	if len(paths) == 1 {
		return paths[0], nil, nil
	}
	items, err := l.describe(ctx, paths)
	if err == nil && len(items) == 0 {
		err = errGone
	}
	if err != nil {
		return "", nil, err
	}
	slices.SortFunc(items, byWorth)
	for _, other := range items[1:] {
		others = append(others, other.path)
	}
	return items[0].path, others, nil
}

// An item is what is known of one.
type item struct {
	path       dbus.ObjectPath
	place      place
	attributes map[string]string
	modified   uint64 // in seconds
}

// A place is the kind of keyring that an item is in, the one first where items are kept.
type place int

const (
	inDefault place = iota
	inAnother
	inSession
)

func placeOf(path, keyring dbus.ObjectPath) place {
	switch {
	case parent(path) == keyring:
		return inDefault
	case parent(path) == sessionPath:
		return inSession
	default:
		return inAnother
	}
}

// describe returns what is known of items, without those that have just gone.
func (l *link) describe(ctx context.Context, paths []dbus.ObjectPath) ([]item, error) {
	requests := []request{readAlias}
	for _, path := range paths {
		requests = append(requests, request{path, propertiesIface + "GetAll", []any{"org.freedesktop.Secret.Item"}})
	}
	replies := l.calls(ctx, requests...)
	keyring, err := keyringOf(replies[0])
	if err != nil {
		return nil, err
	}
	var items []item
	for i, reply := range replies[1:] {
		var properties map[string]dbus.Variant
		err := reply.into(&properties)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		item := item{path: paths[i], place: placeOf(paths[i], keyring)}
		// What has another type stays zero, which sorts such an item last.
		item.attributes, _ = properties["Attributes"].Value().(map[string]string)
		item.modified, _ = properties["Modified"].Value().(uint64)
		items = append(items, item)
	}
	return items, nil
}

// byAge puts what was written last at the end; within one second, what Python would find.
func byAge(a, b item) int {
	return cmp.Or(cmp.Compare(a.modified, b.modified), -byWorth(a, b))
}

// byWorth puts the item first that is to be kept. Nothing that a write changes
// may count, except towards the one kept, so that two processes that heal the
// same duplicates never delete each other's choice.
func byWorth(a, b item) int {
	ours := func(i item) int {
		if i.attributes["application"] == application {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.place, b.place),
		cmp.Compare(ours(a), ours(b)),
		cmp.Compare(len(a.path), len(b.path)), // .../9 before .../10
		cmp.Compare(a.path, b.path))
}
