package keychain

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const loginKeyring = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")

// keyrings is a desktop with a second keyring. Without a display no prompt can be shown, so whatever wants one fails.
type keyrings struct {
	*desktop.Desktop
	*raw
	second dbus.ObjectPath
	log    *bytes.Buffer
	system *System
}

func twoKeyrings(t *testing.T, options desktop.Options) *keyrings {
	t.Helper()
	d := desktop.ForTest(t, options)
	second, err := d.NewKeyring("Old login")
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	return &keyrings{d, lookAt(t, d), second, log, openedWith(t, Options{
		Timeout: patience, PromptTimeout: patience, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})}
}

// put makes an item, as another program would.
func (k *keyrings) put(keyring dbus.ObjectPath, account, value string) dbus.ObjectPath {
	k.t.Helper()
	return k.create(keyring, value, map[string]string{"service": testService, "username": account})
}

func (k *keyrings) lock(keyring dbus.ObjectPath) {
	k.t.Helper()
	if err := k.LockKeyring(keyring); err != nil {
		k.t.Fatal(err)
	}
	k.waitLocked(keyring)
}

func (k *keyrings) waitLocked(keyring dbus.ObjectPath) {
	k.t.Helper()
	eventually(k.t, "lock of the keyring", func() bool {
		var isLocked dbus.Variant
		k.call(keyring, propertiesIface+"Get", "org.freedesktop.Secret.Collection", "Locked").must(&isLocked)
		return isLocked.Value() == true
	})
}

// wantLog checks that the log names what is left, and the keyring.
func (k *keyrings) wantLog(parts ...string) {
	k.t.Helper()
	for _, part := range parts {
		if !strings.Contains(k.log.String(), part) {
			k.t.Errorf("the log does not say %s: %s", part, k.log)
		}
	}
	k.log.Reset()
}

// in returns how many items of an account a keyring shows.
func (k *keyrings) in(keyring dbus.ObjectPath, account string) int {
	k.t.Helper()
	return len(within(keyring, k.find(map[string]string{"service": testService, "username": account})))
}

// Each way to use the keychain works with what is unlocked, as if there were no locked keyring that has the same name.
func TestLockedKeyringHidesNothing(t *testing.T) {
	for name, prepare := range map[string]func(k *keyrings) (open, locked dbus.ObjectPath){
		"default open":   func(k *keyrings) (open, locked dbus.ObjectPath) { return loginKeyring, k.second },
		"default locked": func(k *keyrings) (open, locked dbus.ObjectPath) { return k.second, loginKeyring },
		"no default": func(k *keyrings) (open, locked dbus.ObjectPath) {
			if err := k.SetDefaultKeyring("/"); err != nil {
				k.t.Fatal(err)
			}
			return k.second, loginKeyring
		},
		"session": func(k *keyrings) (open, locked dbus.ObjectPath) { return sessionPath, loginKeyring },
		"three": func(k *keyrings) (open, locked dbus.ObjectPath) {
			third, err := k.NewKeyring("third")
			if err != nil {
				k.t.Fatal(err)
			}
			k.put(third, "key", "third")
			k.lock(third)
			return loginKeyring, k.second
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := twoKeyrings(t, desktop.Options{NoDisplay: true})
			k.t = t
			s, ctx := k.system, t.Context()
			open, locked := prepare(k)
			k.put(open, "key", "open")
			k.put(open, "gone", "open")
			k.put(locked, "key", "locked")
			k.put(locked, "gone", "locked")
			k.put(locked, indexAccount, `["key"]`)
			k.lock(locked)

			wantValue(t, s, "key", "open")
			if got, err := s.Get(Quietly(ctx), testService, "key"); err != nil || got != "open" {
				t.Errorf("quiet Get: %q, %v", got, err)
			}
			mustSet(t, s, "key", "new")
			wantValue(t, s, "key", "new")
			if n := k.in(open, "key"); n != 1 {
				t.Errorf("%d items where it was read from", n)
			}
			if names, err := s.Names(ctx, testService); err != nil || !slices.Equal(names, []string{"gone", "key"}) {
				t.Errorf("Names: %q, %v", names, err)
			}
			state, err := s.Look(ctx, testService)
			if want := map[bool]State{false: Locked, true: Unlocked}[open == loginKeyring]; err != nil || state != want && name != "no default" {
				t.Errorf("Look: %v, %v, want %v", state, err, want)
			}
			if err := s.Delete(ctx, testService, "gone"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			k.wantLog("secret=gone", "keyring=")
			if n := k.in(open, "gone"); n != 0 {
				t.Errorf("%d items left of what was deleted", n)
			}
			if err := s.Clear(ctx, testService); err != nil {
				t.Errorf("Clear: %v", err)
			}
			k.wantLog("service="+testService, "keyring=")
			if left := within(open, k.find(map[string]string{"service": testService})); len(left) != 0 {
				t.Errorf("left after Clear: %v", left)
			}
			// Now the value is nowhere else.
			if _, err := s.Get(Quietly(ctx), testService, "key"); !errors.Is(err, ErrUnasked) {
				t.Errorf("Get of what only the locked keyring has: %v, want %v", err, ErrUnasked)
			}
		})
	}
}

// A value that only a locked keyring has is no reason to ask for its password where another value is to be stored.
func TestSetAsksForNoOtherKeyring(t *testing.T) {
	k := twoKeyrings(t, desktop.Options{NoDisplay: true})
	created := k.stamp(k.put(k.second, "key", "old"))
	k.lock(k.second)
	mustSet(t, k.system, "key", "new")
	wantValue(t, k.system, "key", "new")
	// Once it is unlocked, the old value does not come back.
	var value string
	eventually(t, "a newer time stamp", func() bool {
		value += "!"
		mustSet(t, k.system, "key", value)
		paths := k.find(map[string]string{"service": testService, "username": "key"})
		return k.stamp(paths[0]) != created
	})
	if err := k.UnlockKeyring(k.second); err != nil {
		t.Fatal(err)
	}
	wantValue(t, k.system, "key", value)
	mustSet(t, k.system, "key", "healed")
	if paths := k.find(map[string]string{"service": testService, "username": "key"}); len(paths) != 1 || parent(paths[0]) != loginKeyring {
		t.Errorf("left: %v", paths)
	}
}

// stamp is when an item was written, in seconds.
func (k *keyrings) stamp(path dbus.ObjectPath) string {
	k.t.Helper()
	var stamp dbus.Variant
	k.call(path, propertiesIface+"Get", "org.freedesktop.Secret.Item", "Modified").must(&stamp)
	return stamp.String()
}

// Of several unlocked keyrings the newest value counts, whichever has it, and after the next write one item is left: in the
// default keyring, and never in that of the session alone.
func TestOfUnlockedKeyringsTheNewestCounts(t *testing.T) {
	k := twoKeyrings(t, desktop.Options{NoDisplay: true})
	for _, newest := range []dbus.ObjectPath{loginKeyring, k.second, sessionPath} {
		places := []dbus.ObjectPath{loginKeyring, k.second, sessionPath}
		var last dbus.ObjectPath
		for _, keyring := range places {
			path := k.put(keyring, "key", "from "+string(keyring))
			if keyring == newest {
				last = path
			}
		}
		var value string
		eventually(t, "a newer time stamp", func() bool {
			value += "!"
			k.call(last, itemIface+"SetSecret", rawSecret{k.session, []byte{}, []byte(value), "text/plain"}).must()
			return !slices.ContainsFunc(k.find(map[string]string{"service": testService, "username": "key"}), func(path dbus.ObjectPath) bool {
				return path != last && k.stamp(path) == k.stamp(last)
			})
		})
		wantValue(t, k.system, "key", value)
		mustSet(t, k.system, "key", "kept")
		if paths := k.find(map[string]string{"service": testService, "username": "key"}); len(paths) != 1 || parent(paths[0]) != loginKeyring {
			t.Errorf("newest in %s: left: %v", newest, paths)
		}
		if err := k.system.Delete(t.Context(), testService, "key"); err != nil {
			t.Fatal(err)
		}
	}
}

// Values of the same second: the default keyring's counts.
func TestDefaultKeyringCountsWithinASecond(t *testing.T) {
	k := twoKeyrings(t, desktop.Options{NoDisplay: true})
	eventually(t, "the same time stamp", func() bool {
		second, first := k.put(k.second, "key", "second"), k.put(loginKeyring, "key", "first")
		if k.stamp(first) == k.stamp(second) {
			return true
		}
		if err := k.system.Delete(t.Context(), testService, "key"); err != nil {
			t.Fatal(err)
		}
		return false
	})
	wantValue(t, k.system, "key", "first")
}

// Where only locked keyrings have a value, a person is asked once, for the default one if it has it.
func TestOneKeyringIsUnlocked(t *testing.T) {
	for name, has := range map[string]func(k *keyrings) []dbus.ObjectPath{
		"both":   func(k *keyrings) []dbus.ObjectPath { return []dbus.ObjectPath{k.second, loginKeyring} },
		"second": func(k *keyrings) []dbus.ObjectPath { return []dbus.ObjectPath{k.second} },
	} {
		t.Run(name, func(t *testing.T) {
			k := twoKeyrings(t, desktop.Options{})
			k.t = t
			where := has(k)
			for _, keyring := range where {
				k.put(keyring, "key", "from "+string(keyring))
			}
			for _, keyring := range where {
				k.lock(keyring)
			}
			type result struct {
				value string
				err   error
			}
			results := make(chan result, 1)
			go func() {
				value, err := k.system.Get(context.Background(), testService, "key")
				results <- result{value, err}
			}()
			if err := k.AnswerPrompt(k.Password); err != nil {
				t.Fatal(err)
			}
			last := where[len(where)-1]
			if got := <-results; got.err != nil || got.value != "from "+string(last) {
				t.Errorf("got %q, %v", got.value, got.err)
			}
			if err := k.WaitNoWindow(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Some keychains lock an item alone. One of the default keyring is unlocked to be read and to be written, lest there be two.
func TestItemLockedAlone(t *testing.T) {
	const keyring, item = dbus.ObjectPath("/org/freedesktop/secrets/collection/x"), dbus.ObjectPath("/org/freedesktop/secrets/collection/x/1")
	for name, use := range map[string]func(s *System) error{
		"Get":    func(s *System) error { _, err := s.Get(t.Context(), testService, "key"); return err },
		"Set":    func(s *System) error { return s.Set(t.Context(), testService, "key", "value") },
		"Delete": func(s *System) error { return s.Delete(t.Context(), testService, "key") },
	} {
		t.Run(name, func(t *testing.T) {
			d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
			var unlocked, isGone atomic.Bool
			ownKeychain(t, d, ownTables{
				serviceIface: {
					"OpenSession": openSession,
					"ReadAlias":   answer(keyring),
					"SearchItems": func() ([]any, *dbus.Error) {
						items := [2][]dbus.ObjectPath{{}, {}}
						switch {
						case isGone.Load():
						case unlocked.Load():
							items[0] = []dbus.ObjectPath{item}
						default:
							items[1] = []dbus.ObjectPath{item}
						}
						return []any{items[0], items[1]}, nil
					},
					"Unlock": func() ([]any, *dbus.Error) {
						unlocked.Store(true)
						return []any{[]dbus.ObjectPath{item}, dbus.ObjectPath("/")}, nil
					},
				},
				collectionIface: {"CreateItem": func() ([]any, *dbus.Error) {
					t.Error("a second item is made")
					return []any{item, dbus.ObjectPath("/")}, nil
				}},
				itemIface: {
					"GetSecret": answer(rawSecret{"/session", []byte{}, []byte("value"), "text/plain"}),
					"SetSecret": answer(),
					"Delete":    func() ([]any, *dbus.Error) { isGone.Store(true); return []any{dbus.ObjectPath("/")}, nil },
				},
				propertiesIface: {
					// Of an item the attributes, of the keyring whether it is locked: it is not.
					"Get":    answer(dbus.MakeVariant(false)),
					"GetAll": answer(map[string]dbus.Variant{}),
				},
			})
			s := opened(t)
			if got, err := s.Get(Quietly(t.Context()), testService, "key"); !errors.Is(err, ErrUnasked) {
				t.Errorf("nobody was asked, and got %q, %v", got, err)
			}
			// The fake has no attributes for what was written: that it was is all there is to see.
			if err := use(s); err != nil && (name != "Set" || !unlocked.Load()) {
				t.Error(err)
			}
		})
	}
}
