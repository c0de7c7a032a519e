package keychain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// isKnown reports whether the next reading of an account makes no search.
func isKnown(s *System, account string) bool {
	path, _ := s.store.(*secretService).link.known.at(testService + ":" + account)
	return path != ""
}

// know reads an account until the next reading makes no search.
func (k *keyrings) know(account string) {
	k.t.Helper()
	eventually(k.t, "a known item", func() bool {
		_, err := k.system.Get(k.t.Context(), testService, account)
		return err == nil && isKnown(k.system, account)
	})
}

// Whatever another program does to an item that is known, the reading that begins afterwards finds.
func TestKnownItemThatChanges(t *testing.T) {
	for name, test := range map[string]struct {
		change func(k *keyrings, item dbus.ObjectPath)
		want   string // "" is none
		err    error
	}{
		"stored": {func(k *keyrings, item dbus.ObjectPath) {
			k.call(item, itemIface+"SetSecret", rawSecret{k.session, []byte{}, []byte("new"), "text/plain"}).must()
		}, "new", nil},
		"deleted": {func(k *keyrings, item dbus.ObjectPath) { k.remove(item) }, "", ErrNotSet},
		"made anew": {func(k *keyrings, item dbus.ObjectPath) {
			k.remove(item)
			k.put(loginKeyring, "key", "new")
		}, "new", nil},
		"made anew elsewhere": {func(k *keyrings, item dbus.ObjectPath) {
			k.put(k.second, "key", "new")
			k.remove(item)
		}, "new", nil},
		"renamed": {func(k *keyrings, item dbus.ObjectPath) { k.rename(item, "other") }, "", ErrNotSet},
		"another one renamed": {func(k *keyrings, item dbus.ObjectPath) {
			other := k.put(loginKeyring, "other", "new")
			k.rename(item, "gone")
			k.rename(other, "key")
		}, "new", nil},
		"a worthier one": {func(k *keyrings, item dbus.ObjectPath) {
			// Of the same second, or newer.
			k.create(loginKeyring, "new", map[string]string{"service": testService, "username": "key", "application": application})
		}, "new", nil},
		"locked": {func(k *keyrings, item dbus.ObjectPath) { k.lock(loginKeyring) }, "", ErrLocked},
	} {
		t.Run(name, func(t *testing.T) {
			k := twoKeyrings(t, desktop.Options{NoDisplay: true})
			k.t = t
			for range 10 {
				item := k.put(loginKeyring, "key", "old")
				k.know("key")
				test.change(k, item)
				got, err := k.system.Get(t.Context(), testService, "key")
				if got != test.want || !errors.Is(err, test.err) {
					t.Fatalf("got %q, %v; want %q, %v", got, err, test.want, test.err)
				}
				if test.err == ErrLocked {
					break
				}
				if err := k.system.Clear(t.Context(), testService); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A keyring that is unlocked brings a newer value along.
func TestKnownItemWhenAnotherKeyringOpens(t *testing.T) {
	k := twoKeyrings(t, desktop.Options{NoDisplay: true})
	old := k.stamp(k.put(loginKeyring, "key", "old"))
	eventually(t, "a newer time stamp", func() bool {
		newer := k.put(k.second, "key", "new")
		if k.stamp(newer) != old {
			return true
		}
		k.remove(newer)
		return false
	})
	k.lock(k.second)
	k.know("key")
	if err := k.UnlockKeyring(k.second); err != nil {
		t.Fatal(err)
	}
	wantValue(t, k.system, "key", "new")
}

// Another process stores, and removes and makes anew, while many calls read: none gets what was replaced before it began.
func TestReadingsOfTheKeyringAreLinear(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, writer := opened(t), opened(t)
	mustSet(t, writer, "key", "0")
	var stored atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for ctx.Err() == nil {
				before := stored.Load()
				value, err := s.Get(t.Context(), testService, "key")
				if errors.Is(err, ErrNotSet) {
					continue // between a removal and the next value
				}
				if n, _ := strconv.ParseInt(value, 10, 64); err != nil || n < before {
					t.Errorf("got %q, %v, and %d was stored before", value, err, before)
					return
				}
			}
		})
	}
	for n := range 100 {
		if n%5 == 0 {
			if err := writer.Delete(t.Context(), testService, "key"); err != nil {
				t.Error(err)
			}
		}
		mustSet(t, writer, "key", fmt.Sprint(n+1))
		stored.Store(int64(n + 1))
	}
	cancel()
	group.Wait()
}

// Nothing is known of a keychain that is not known to tell of changes in time.
func TestUnknownKeychainIsSearched(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	var searches atomic.Int64
	ownKeychain(t, d, ownTables{
		serviceIface: {
			"OpenSession": openSession,
			"SearchItems": func() ([]any, *dbus.Error) {
				searches.Add(1)
				return []any{[]dbus.ObjectPath{"/item"}, []dbus.ObjectPath{}}, nil
			},
		},
		itemIface: {"GetSecret": answer(rawSecret{"/session", []byte{}, []byte("value"), "text/plain"})},
	})
	s := opened(t)
	for range 3 {
		wantValue(t, s, "key", "value")
	}
	if n := searches.Load(); n != 3 {
		t.Errorf("%d searches, want 3", n)
	}
}

func (k *keyrings) remove(item dbus.ObjectPath) {
	k.t.Helper()
	var prompt dbus.ObjectPath
	k.call(item, itemIface+"Delete").must(&prompt)
}

func (k *keyrings) rename(item dbus.ObjectPath, account string) {
	k.t.Helper()
	k.call(item, propertiesIface+"Set", "org.freedesktop.Secret.Item", "Attributes",
		dbus.MakeVariant(map[string]string{"service": testService, "username": account})).must()
}
