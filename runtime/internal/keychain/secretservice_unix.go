//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// secretService is the [store] of Linux. Its layout is that of Python's keyring
// and of the frameworks upon it, so that all find each other's secrets:
//
//	attributes  service, username, application: "Python keyring library"
//	label       Password for 'U' on 'S'
//	place       the default collection, for new items
//
// Items are found by {service, username} alone, in all collections, and an
// existing one is changed in place. go-keyring's own items carry just these two
// attributes; Python does not take them for its own and makes a second item. Of
// several the one that was written last counts, and a write leaves one.
type secretService struct {
	options Options
	link    *link           // kept from call to call: connecting each time is slow and can crash gnome-keyring 42
	indexed map[string]bool // service and account, of names that were seen in the index
	isAsked atomic.Bool
}

const (
	foldsCase   = false
	application = "Python keyring library"

	// Other processes may write the index as we do. Each time that ours does not
	// last, one of theirs got done, so this is about how many of them may meet.
	indexAttempts = 40
)

func newStore(options Options) store {
	return &secretService{options: options, indexed: map[string]bool{}}
}

func (s *secretService) asking() bool { return s.isAsked.Load() }

func (s *secretService) close() {
	if s.link != nil {
		s.link.cut()
	}
}

// linked calls do with a link. A kept one may have died since, by a restart of
// the bus or of the keychain: then do is called again with a new one, which it must be fit for.
func (s *secretService) linked(ctx context.Context, do func(*link) error) error {
	for {
		kept := s.link != nil && s.link.bus.Connected()
		if !kept {
			s.close()
			s.link = nil
			l, err := dial(ctx, s.options, &s.isAsked)
			if err != nil {
				return err
			}
			s.link = l
		}
		err := do(s.link)
		isLost := errors.Is(err, errLinkLost)
		if isLost || s.link.prompts >= maxPrompts && s.link.open == nil {
			s.close()
			s.link = nil
		}
		if !isLost || !kept {
			return err
		}
	}
}

func (s *secretService) get(ctx context.Context, service, account string) (value string, err error) {
	err = s.linked(ctx, func(l *link) error {
		value, err = l.get(ctx, service, account)
		return err
	})
	return value, err
}

func (s *secretService) set(ctx context.Context, service, account, value string) error {
	return s.linked(ctx, func(l *link) error {
		isNew, err := l.set(ctx, service, account, value)
		if err != nil {
			return err
		}
		// An update of a name that was seen in the index needs no second look. A new item does, since another
		// process may have deleted the one before, and its name.
		if isNew || !s.indexed[service+":"+account] {
			s.reindex(ctx, l, service)
		}
		return nil
	})
}

func (s *secretService) delete(ctx context.Context, service, account string) error {
	return s.linked(ctx, func(l *link) error {
		if err := l.delete(ctx, map[string]string{"service": service, "username": account}); err != nil {
			return err
		}
		s.reindex(ctx, l, service)
		return nil
	})
}

func (s *secretService) names(ctx context.Context, service string) (names []string, err error) {
	err = s.linked(ctx, func(l *link) error {
		names, err = l.names(ctx, service)
		return err
	})
	return names, err
}

func (s *secretService) clear(ctx context.Context, service string) error {
	return s.linked(ctx, func(l *link) error {
		maps.DeleteFunc(s.indexed, func(key string, _ bool) bool { return strings.HasPrefix(key, service+":") })
		err := l.delete(ctx, map[string]string{"service": service})
		if errors.Is(err, ErrNotSet) {
			return nil
		}
		return err
	})
}

// reindex makes the index agree with what a search finds, for the frameworks
// that read it. It searches again after each write, so of any number of processes
// that do this at once the last one to write has seen all names, and none is
// missing when they are done. The value is stored by now and does not need the
// index, so trouble with it is no error of the call.
func (s *secretService) reindex(ctx context.Context, l *link, service string) {
	err := fmt.Errorf("%w: others keep changing it", ErrStore)
	for begin, try := time.Now(), 0; try < indexAttempts && time.Since(begin) < s.options.Timeout; try++ {
		names, failure := l.names(ctx, service)
		if failure != nil {
			err = failure
			break
		}
		text, failure := l.get(ctx, service, indexAccount)
		if failure != nil && !errors.Is(failure, ErrNotSet) {
			err = failure
			break
		}
		if slices.Equal(names, decodeIndex(text)) {
			maps.DeleteFunc(s.indexed, func(key string, _ bool) bool { return strings.HasPrefix(key, service+":") })
			for _, name := range names {
				s.indexed[service+":"+name] = true
			}
			return
		}
		if len(names) == 0 {
			failure = l.delete(ctx, map[string]string{"service": service, "username": indexAccount})
		} else {
			_, failure = l.set(ctx, service, indexAccount, encodeIndex(names))
		}
		if failure != nil && !errors.Is(failure, ErrNotSet) && !errors.Is(failure, errChanged) {
			err = failure
			break
		}
	}
	s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "keychain: index not updated", slog.String("service", service), slog.Any("error", err))
}

func (l *link) get(ctx context.Context, service, account string) (string, error) {
	err := errGone
	for try := 0; try < attempts && errors.Is(err, errGone); try++ {
		if err := pause(ctx, try); err != nil {
			return "", err
		}
		var paths []dbus.ObjectPath
		paths, err = l.find(ctx, map[string]string{"service": service, "username": account})
		if err != nil {
			return "", err
		}
		if len(paths) == 0 {
			return "", ErrNotSet
		}
		path := paths[0]
		if len(paths) > 1 {
			var items []item
			if items, err = l.describe(ctx, paths); err != nil {
				return "", err
			}
			if len(items) == 0 {
				err = errGone
				continue
			}
			path = slices.MaxFunc(items, byAge).path
		}
		var value string
		if value, err = l.secret(ctx, path); err == nil {
			return value, nil
		}
	}
	return "", err
}

// pause waits before another try, each time longer. A keychain that was just started finds items some milliseconds before
// it can show them.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(try) * 10 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

// set stores a value until one item is left and reads back as it was written. It reports whether it made that item.
func (l *link) set(ctx context.Context, service, account, value string) (isNew bool, err error) {
	for try := range attempts {
		if err := pause(ctx, try); err != nil {
			return false, err
		}
		path, created, duplicates, err := l.put(ctx, service, account, value)
		isNew = isNew || created
		var back string
		if err == nil {
			back, err = l.secret(ctx, path)
		}
		switch {
		case errors.Is(err, errGone) || err == nil && back != value:
			continue // somebody else writes at the same time
		case err != nil:
			return false, err
		case len(duplicates) == 0:
			return isNew, nil
		}
		// Only now, since until here one of them was the old value. Then once more from
		// the top, since somebody else may have chosen to keep another one.
		for _, path := range duplicates {
			if err := l.deleteItem(ctx, path); err != nil {
				return false, err
			}
		}
	}
	return false, errChanged
}

// put writes a value into the item that there is, or into a new one. Of
// several it takes one and returns the others.
func (l *link) put(ctx context.Context, service, account, value string) (path dbus.ObjectPath, isNew bool, duplicates []dbus.ObjectPath, err error) {
	paths, err := l.find(ctx, map[string]string{"service": service, "username": account})
	if err != nil {
		return "", false, nil, err
	}
	if len(paths) == 0 {
		path, err := l.create(ctx, service, account, value)
		return path, true, nil, err
	}
	path = paths[0]
	if len(paths) > 1 {
		items, err := l.describe(ctx, paths)
		if err != nil {
			return "", false, nil, err
		}
		if len(items) == 0 {
			return "", false, nil, errGone
		}
		slices.SortFunc(items, byWorth)
		path = items[0].path
		for _, other := range items[1:] {
			duplicates = append(duplicates, other.path)
		}
	}

	replies := l.calls(ctx,
		request{path, itemIface + "SetSecret", []any{ss.NewSecret(l.session, value)}},
		request{path, propertiesIface + "Get", []any{"org.freedesktop.Secret.Item", "Attributes"}})
	if err := replies[0].err; err != nil {
		return "", false, nil, err
	}
	var attributes map[string]string
	if err := replies[1].into(&attributes); err != nil {
		return "", false, nil, err
	}
	if attributes["application"] != application {
		attributes["application"] = application
		err = l.call(ctx, path, propertiesIface+"Set", "org.freedesktop.Secret.Item", "Attributes", dbus.MakeVariant(attributes)).err
	}
	return path, false, duplicates, err
}

// create makes a new item. If others do so at the same time, "replace" makes it one item.
func (l *link) create(ctx context.Context, service, account, value string) (dbus.ObjectPath, error) {
	properties := map[string]dbus.Variant{
		itemIface + "Label": dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", account, service)),
		itemIface + "Attributes": dbus.MakeVariant(map[string]string{
			"service": service, "username": account, "application": application,
		}),
	}
	const replace = true
	var path, prompt dbus.ObjectPath
	create := func() error {
		return l.call(ctx, defaultPath, collectionIface+"CreateItem", properties, ss.NewSecret(l.session, value), replace).into(&path, &prompt)
	}
	err := create()
	if errors.Is(err, errGone) { // not the item is missing but the collection
		if err = l.createCollection(ctx); err == nil {
			err = create()
		}
	}
	if err != nil || path != "/" {
		return path, err
	}
	result, err := l.ask(ctx, prompt)
	if err != nil {
		return "", err
	}
	if path, ok := result.Value().(dbus.ObjectPath); ok {
		return path, nil
	}
	return "", errGone
}

// createCollection has the keychain ask for the password of a default
// collection, as libsecret and Python do where a user has none yet.
func (l *link) createCollection(ctx context.Context) error {
	if IsQuiet(ctx) {
		return ErrUnasked
	}
	var err error
	if l.open != nil {
		_, err = l.wait(ctx)
	} else {
		var collection, prompt dbus.ObjectPath
		properties := map[string]dbus.Variant{collectionIface + "Label": dbus.MakeVariant("Default")}
		err = l.call(ctx, servicePath, serviceIface+"CreateCollection", properties, "default").into(&collection, &prompt)
		if err == nil {
			_, err = l.ask(ctx, prompt)
		}
	}
	if errors.Is(err, ErrLocked) || errors.Is(err, errGone) {
		return ErrNoKeyring
	}
	return err
}

// delete deletes what a search finds until it finds nothing, [ErrNotSet] if it did so at once.
func (l *link) delete(ctx context.Context, attributes map[string]string) error {
	err := ErrNotSet
	for range attempts {
		paths, failure := l.find(ctx, attributes)
		if failure != nil {
			return failure
		}
		if len(paths) == 0 {
			return err
		}
		err = nil
		for _, path := range paths {
			if err := l.deleteItem(ctx, path); err != nil {
				return err
			}
		}
	}
	return errChanged
}

func (l *link) deleteItem(ctx context.Context, path dbus.ObjectPath) error {
	var prompt dbus.ObjectPath
	err := l.call(ctx, path, itemIface+"Delete").into(&prompt)
	if err == nil {
		_, err = l.ask(ctx, prompt)
	}
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// find returns the items with these attributes, unlocked. If some are locked,
// or if there are none in a keychain that is locked as a whole and may just not
// show them (KeePassXC does not), the keychain asks the person to unlock first.
func (l *link) find(ctx context.Context, attributes map[string]string) ([]dbus.ObjectPath, error) {
	for range attempts {
		var unlocked, locked []dbus.ObjectPath
		err := l.call(ctx, servicePath, serviceIface+"SearchItems", attributes).into(&unlocked, &locked)
		if err != nil {
			return nil, err
		}
		if len(locked) == 0 && len(unlocked) > 0 {
			return unlocked, nil
		}
		if len(locked) == 0 {
			isLocked, err := l.isDefaultLocked(ctx)
			if errors.Is(err, errGone) || err == nil && !isLocked {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			locked = []dbus.ObjectPath{defaultPath}
		}
		if err := l.unlock(ctx, locked); err != nil {
			return nil, err
		}
	}
	return nil, ErrLocked
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

func (l *link) secret(ctx context.Context, path dbus.ObjectPath) (string, error) {
	var secret ss.Secret
	err := l.call(ctx, path, itemIface+"GetSecret", l.session).into(&secret)
	return string(secret.Value), err
}

// names returns the accounts under a service, sorted and each once.
func (l *link) names(ctx context.Context, service string) ([]string, error) {
	paths, err := l.find(ctx, map[string]string{"service": service})
	if err != nil {
		return nil, err
	}
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

type item struct {
	path       dbus.ObjectPath
	attributes map[string]string
	modified   uint64 // in seconds
}

// describe returns what is known of items, without those that have just gone.
func (l *link) describe(ctx context.Context, paths []dbus.ObjectPath) ([]item, error) {
	requests := make([]request, len(paths))
	for i, path := range paths {
		requests[i] = request{path, propertiesIface + "GetAll", []any{"org.freedesktop.Secret.Item"}}
	}
	var items []item
	for i, reply := range l.calls(ctx, requests...) {
		var properties map[string]dbus.Variant
		err := reply.into(&properties)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		item := item{path: paths[i]}
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
		cmp.Compare(ours(a), ours(b)),
		cmp.Compare(len(a.path), len(b.path)), // .../9 before .../10
		cmp.Compare(a.path, b.path))
}
