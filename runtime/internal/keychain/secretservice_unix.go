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
	"sync"
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
//	place       the default keyring, for new items
//
// Items are found by {service, username} alone, in all keyrings, and an existing
// one is changed in place. go-keyring's own items carry just these two attributes;
// Python does not take them for its own and makes a second item. Which of several
// counts is said in keyring_unix.go; a write leaves one.
type secretService struct {
	options Options
	indexed map[string]bool // service and account, of names that were seen in the index
	isAsked atomic.Bool

	life context.Context // ends with close
	end  context.CancelCauseFunc

	mu      sync.Mutex
	link    *link // kept from call to call: connecting each time is slow and can crash gnome-keyring 42
	dialing *dialing
}

// A dialing is a connection that is being made, for all calls that need one.
type dialing struct {
	done chan struct{} // closed when link and err are there
	link *link
	err  error
}

const (
	foldsCase    = false
	heedsQuietly = true
	application  = "Python keyring library"

	// Programs that know nothing of our turns may write at the same time as we do. Each time that what we wrote does not
	// last, one of theirs got done, so this is about how many of them may meet.
	contested = 40
)

func newStore(options Options) backend {
	s := &secretService{options: options, indexed: map[string]bool{}}
	s.life, s.end = context.WithCancelCause(context.Background())
	return s
}

func (s *secretService) asking() bool { return s.isAsked.Load() }

func (s *secretService) close() {
	s.end(errClosed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.link.cut()
	}
}

// linked calls do with a link. It may have died since the last call, by a restart of the bus or of the keychain: then do is
// called again with a new one, which it must be fit for.
func (s *secretService) linked(ctx context.Context, do func(*link) error) error {
	err := errLinkLost
	for try := 0; try < attempts && errors.Is(err, errLinkLost); try++ {
		l, failure := s.connected(ctx)
		if failure != nil {
			return failure
		}
		err = do(l)
		// Prompts are of calls that have the turn, which quiet ones need not.
		if errors.Is(err, errLinkLost) || !IsQuiet(ctx) && l.isWorn() {
			s.drop(l)
		}
	}
	return err
}

// connected returns the link that is kept, or a new one. The calls that need a new one wait for the same.
func (s *secretService) connected(ctx context.Context) (*link, error) {
	s.mu.Lock()
	if s.link != nil && s.link.bus.Connected() {
		defer s.mu.Unlock()
		return s.link, nil
	}
	d := s.dialing
	if d == nil {
		d = &dialing{done: make(chan struct{})}
		s.dialing = d
		go s.dial(d)
	}
	s.mu.Unlock()
	select {
	case <-d.done:
		return d.link, d.err
	case <-ctx.Done():
		return nil, gaveUp(ctx)
	}
}

func (s *secretService) dial(d *dialing) {
	d.link, d.err = dial(s.life, s.options, &s.isAsked)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case d.err != nil:
	case s.life.Err() != nil:
		d.link.cut()
		d.link, d.err = nil, errClosed
	default:
		if s.link != nil {
			s.link.cut()
		}
		s.link = d.link
	}
	s.dialing = nil
	close(d.done)
}

// drop ends a link. Calls that still use it are made again, see linked.
func (s *secretService) drop(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == l {
		s.link = nil
	}
	l.cut()
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
		// An update of a name that was seen in the index needs no second look at the names. A new item does, since another
		// process may have deleted the one before, and its name.
		if isNew || !s.indexed[service+":"+account] || !l.hasOneIndex(ctx, service) {
			s.reindex(ctx, l, service)
		}
		return nil
	})
}

func (s *secretService) delete(ctx context.Context, service, account string) error {
	return s.linked(ctx, func(l *link) error {
		defer l.alone(ctx, service, account)()
		left, err := l.delete(ctx, map[string]string{"service": service, "username": account})
		if err != nil {
			return err
		}
		s.noteLeft(ctx, l, left, slog.String("service", service), slog.String("secret", account))
		s.reindex(ctx, l, service)
		return nil
	})
}

func (s *secretService) names(ctx context.Context, service string) (names []string, err error) {
	err = s.linked(ctx, func(l *link) error {
		items, err := l.find(ctx, map[string]string{"service": service}, anyKeyring)
		if err == nil {
			names, err = l.namesOf(ctx, items)
		}
		return err
	})
	return names, err
}

func (s *secretService) clear(ctx context.Context, service string) error {
	return s.linked(ctx, func(l *link) error {
		maps.DeleteFunc(s.indexed, func(key string, _ bool) bool { return strings.HasPrefix(key, service+":") })
		left, err := l.delete(ctx, map[string]string{"service": service})
		if errors.Is(err, ErrNotSet) {
			return nil
		}
		s.noteLeft(ctx, l, left, slog.String("service", service))
		return err
	})
}

// noteLeft says which keyrings are locked and so keep what was to be removed. They are named to a person only: a label may hold
// anything.
func (s *secretService) noteLeft(ctx context.Context, l *link, left []dbus.ObjectPath, about ...slog.Attr) {
	for _, label := range l.labels(ctx, left) {
		s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "keychain: a locked keyring keeps what was removed from the others",
			append(about, slog.String("keyring", label))...)
	}
}

// reindex makes the index agree with what a search finds, for the frameworks that read it, and be one item, without which some
// of them fail. It searches again after each write, so of any number of processes that do this at once the last one to write has
// seen all names, and none is missing when they are done. The value is stored by now and does not need the index, so trouble
// with it is no error of the call, and nobody is asked for a password.
func (s *secretService) reindex(ctx context.Context, l *link, service string) {
	defer l.alone(ctx, service, indexAccount)()
	err := fmt.Errorf("%w: others keep changing it", ErrStore)
	for begin, try := time.Now(), 0; try < contested && time.Since(begin) < s.options.Timeout; try++ {
		names, isDone, failure := l.reindex(ctx, service)
		if isDone {
			maps.DeleteFunc(s.indexed, func(key string, _ bool) bool { return strings.HasPrefix(key, service+":") })
			for _, name := range names {
				s.indexed[service+":"+name] = true
			}
			return
		}
		if failure != nil && !errors.Is(failure, ErrNotSet) && !errors.Is(failure, errChanged) {
			err = failure
			break
		}
	}
	s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "keychain: index not updated", slog.String("service", service), slog.Any("error", err))
}

// reindex writes the index once, if it is not yet what it should be.
func (l *link) reindex(ctx context.Context, service string) (names []string, isDone bool, err error) {
	items, _, err := l.search(ctx, map[string]string{"service": service})
	if err != nil {
		return nil, false, err
	}
	if names, err = l.namesOf(ctx, items); err != nil {
		return nil, false, err
	}
	index, _, err := l.search(ctx, indexOf(service))
	if err != nil {
		return nil, false, err
	}
	switch {
	case len(index) == 0 && len(names) == 0:
		return nil, true, nil
	case len(names) == 0:
		_, err = l.delete(ctx, indexOf(service))
		return nil, false, err
	case len(index) == 0:
		if isLocked, err := l.isDefaultLocked(ctx); err != nil || isLocked {
			return nil, false, cmp.Or(err, ErrUnasked)
		}
	case len(index) == 1:
		text, err := l.secret(ctx, index[0])
		if err != nil && !errors.Is(err, errGone) {
			return nil, false, err
		}
		if slices.Equal(names, decodeIndex(text)) {
			return names, true, nil
		}
	}
	_, err = l.write(ctx, service, indexAccount, encodeIndex(names))
	return nil, false, err
}

func indexOf(service string) map[string]string {
	return map[string]string{"service": service, "username": indexAccount}
}

// hasOneIndex reports whether the index is one item: another program may have made a second one.
func (l *link) hasOneIndex(ctx context.Context, service string) bool {
	name := service + ":" + indexAccount
	path, changes := l.known.at(name)
	if path != "" {
		return true
	}
	index, _, err := l.search(ctx, indexOf(service))
	if err != nil || len(index) != 1 {
		return false
	}
	l.known.keep(name, index[0], changes)
	return true
}

func (l *link) get(ctx context.Context, service, account string) (string, error) {
	name := service + ":" + account
	if value, isDone, err := l.again(ctx, name); isDone {
		return value, err
	}
	err := errGone
	for try := 0; try < attempts && (errors.Is(err, errGone) || errors.Is(err, ErrLocked)); try++ {
		if err := pause(ctx, try); err != nil {
			return "", err
		}
		_, changes := l.known.at(name)
		paths, failure := l.find(ctx, map[string]string{"service": service, "username": account}, anyKeyring)
		if failure != nil {
			return "", failure
		}
		if len(paths) == 0 {
			return "", ErrNotSet
		}
		path, failure := l.newest(ctx, paths)
		if failure != nil {
			err = failure
			continue
		}
		var value string
		if value, err = l.secret(ctx, path); err == nil {
			if len(paths) == 1 {
				l.known.keep(name, path, changes)
			}
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

// set stores a value, when no other process of ours writes one under this name. It reports whether it made the item.
func (l *link) set(ctx context.Context, service, account, value string) (isNew bool, err error) {
	defer l.alone(ctx, service, account)()
	return l.write(ctx, service, account, value)
}

// write writes a value until one item is left and reads back as it was written. Where another value is read back each time,
// another program is writing, and is done at some time. Where it is the same each time, the keychain does not keep ours.
func (l *link) write(ctx context.Context, service, account, value string) (isNew bool, err error) {
	var last string
	begin, strikes := time.Now(), 0
	for try := 0; try < contested && strikes < attempts && time.Since(begin) < l.timeout; try++ {
		if err := pause(ctx, min(try, attempts)); err != nil {
			return false, err
		}
		w, err := l.put(ctx, service, account, value)
		isNew = isNew || w.isNew
		switch {
		case errors.Is(err, errGone):
			strikes++ // somebody else deletes at the same time
			continue
		case err != nil:
			return false, err
		case w.back != value:
			if strikes++; w.back != last {
				strikes = 1
			}
			last = w.back
			continue
		case len(w.duplicates) == 0:
			return isNew, nil
		}
		// Only now, since until here one of them was the old value. Then once more from
		// the top, since somebody else may have chosen to keep another one.
		for _, path := range w.duplicates {
			if err := l.deleteItem(ctx, path); err != nil {
				return false, err
			}
		}
	}
	return false, errChanged
}

// A written item is what one write made.
type written struct {
	isNew      bool
	back       string // what was read back
	duplicates []dbus.ObjectPath
}

// put writes a value into the item that there is, or into a new one, and reads it back. Of several it takes one.
func (l *link) put(ctx context.Context, service, account, value string) (w written, err error) {
	paths, err := l.find(ctx, map[string]string{"service": service, "username": account}, defaultKeyring)
	if err != nil {
		return w, err
	}
	if len(paths) == 0 {
		path, err := l.create(ctx, service, account, value)
		if err == nil {
			w.isNew = true
			w.back, err = l.secret(ctx, path)
		}
		return w, err
	}
	path, duplicates, err := l.worthiest(ctx, paths)
	if err != nil {
		return w, err
	}
	w.duplicates = duplicates

	// At once, so that hardly anybody comes in between.
	replies := l.calls(ctx,
		request{path, itemIface + "SetSecret", []any{ss.NewSecret(l.session, value)}},
		request{path, itemIface + "GetSecret", []any{l.session}},
		request{path, propertiesIface + "Get", []any{"org.freedesktop.Secret.Item", "Attributes"}})
	if err := replies[0].err; err != nil {
		return w, err
	}
	var secret ss.Secret
	var attributes map[string]string
	if err := cmp.Or(replies[1].into(&secret), replies[2].into(&attributes)); err != nil {
		return w, err
	}
	w.back = string(secret.Value)
	if attributes["application"] != application {
		attributes["application"] = application
		err = l.call(ctx, path, propertiesIface+"Set", "org.freedesktop.Secret.Item", "Attributes", dbus.MakeVariant(attributes)).err
	}
	return w, err
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

// delete deletes what a search finds until it finds nothing, [ErrNotSet] if it did so at once. Nobody is asked for the password
// of a second keyring: what such a one has is left.
func (l *link) delete(ctx context.Context, attributes map[string]string) (left []dbus.ObjectPath, err error) {
	open, err := l.find(ctx, attributes, anyKeyring)
	if err != nil {
		return nil, err
	}
	if len(open) == 0 {
		return nil, ErrNotSet
	}
	for range contested {
		for _, path := range open {
			if err := l.deleteItem(ctx, path); err != nil {
				return nil, err
			}
		}
		if open, left, err = l.search(ctx, attributes); err != nil || len(open) == 0 {
			return left, err
		}
	}
	return nil, errChanged
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

func (l *link) secret(ctx context.Context, path dbus.ObjectPath) (string, error) {
	var secret ss.Secret
	err := l.call(ctx, path, itemIface+"GetSecret", l.session).into(&secret)
	return string(secret.Value), err
}
