//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// known are the items that the latest readings found. Reading one again needs no search, which takes most of the time, as long
// as the keychain has told of no change: it tells before it answers a call that came after the change, so what is known when
// the answer is there was true when the call began.
//
// That is so of gnome-keyring alone, for all that we know; of other keychains nothing is kept. Nor is anything for longer than
// [maxKnown], since gnome-keyring notices by a search that another one has written its file.
type known struct {
	mu      sync.Mutex
	trusted bool // the keychain is gnome-keyring, and tells this link of changes
	changes int  // that it has told of
	items   map[string]knownItem
	next    *batch // that will be read next, nil if nobody waits
}

type knownItem struct {
	path  dbus.ObjectPath // the only unlocked one of its name
	until time.Time
}

// A batch is the known items that are read by one call, which takes hardly longer for some than for one.
type batch struct {
	paths  []dbus.ObjectPath
	done   chan struct{} // closed when values and err are there
	values map[dbus.ObjectPath]ss.Secret
	err    error
}

// maxBatch keeps the longest answer far under what a bus lets through.
const maxBatch = 64

// maxKnown is how long an item is read without a search.
const maxKnown = time.Second

// hear is called for each message, before it goes where it belongs.
func (k *known) hear(m *dbus.Message) {
	if m.Type != dbus.TypeSignal {
		return
	}
	if sender, _ := m.Headers[dbus.FieldSender].Value().(string); sender == busName {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	clear(k.items)
}

// at returns the item of a name, "" if none is known, and what keep and hold want to hear.
func (k *known) at(name string) (path dbus.ObjectPath, changes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if item := k.items[name]; time.Now().Before(item.until) {
		path = item.path
	}
	return path, k.changes
}

// hold reports whether nothing has changed since at returned that number.
func (k *known) hold(changes int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changes == changes
}

// keep notes the item that a search found, unless something has changed since.
func (k *known) keep(name string, path dbus.ObjectPath, changes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if !k.trusted || k.changes != changes {
		return
	}
	if k.items == nil {
		k.items = map[string]knownItem{}
	}
	maps.DeleteFunc(k.items, func(_ string, item knownItem) bool { return !now.Before(item.until) })
	k.items[name] = knownItem{path, now.Add(maxKnown)}
}

// isTrusted reports whether the keychain is gnome-keyring.
func (k *known) isTrusted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trusted
}

// listen has the keychain tell of changes, if it can be trusted to.
func (l *link) listen(ctx context.Context) {
	replies := l.callsTo(ctx, busName,
		request{busPath, busIface + "AddMatch", []any{"type='signal',sender='" + serviceName + "'"}},
		request{busPath, busIface + "GetNameOwner", []any{serviceName}},
		request{busPath, busIface + "GetNameOwner", []any{"org.gnome.keyring"}})
	var owner, gnome string
	err := errors.Join(replies[0].err, replies[1].into(&owner), replies[2].into(&gnome))
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	l.known.trusted = err == nil && owner == gnome
}

// again reads the item that is known of a name. It reports whether that is all there is to do.
func (l *link) again(ctx context.Context, name string) (value string, isDone bool, err error) {
	path, changes := l.known.at(name)
	if path == "" {
		return "", false, nil
	}
	b := l.batched(path)
	select {
	case <-b.done:
	case <-ctx.Done():
		return "", true, gaveUp(ctx)
	}
	secret, ok := b.values[path]
	switch {
	case b.err == nil && ok && l.known.hold(changes):
		return string(secret.Value), true, nil
	case errors.Is(b.err, ErrNoStore), errors.Is(b.err, ErrTimeout):
		return "", true, b.err
	default:
		return "", false, nil // look again
	}
}

// batched has an item read by a call that has not been made yet.
func (l *link) batched(path dbus.ObjectPath) *batch {
	l.known.mu.Lock()
	defer l.known.mu.Unlock()
	b := l.known.next
	if b == nil || len(b.paths) == maxBatch {
		b = &batch{done: make(chan struct{})}
		l.known.next = b
		go l.read(b)
	}
	b.paths = append(b.paths, path)
	return b
}

func (l *link) read(b *batch) {
	runtime.Gosched() // for those that come at the same time
	l.known.mu.Lock()
	if l.known.next == b {
		l.known.next = nil
	}
	l.known.mu.Unlock()
	// Nobody's context, since there are several. The link's own deadline ends it, and so does its end.
	b.err = l.call(context.Background(), servicePath, serviceIface+"GetSecrets", b.paths, l.session).into(&b.values)
	close(b.done)
}
