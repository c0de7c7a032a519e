package keychain

import (
	"errors"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// Where the keychain can't show its prompt, each call asks for one more, and gnome-keyring keeps them all.
func TestPromptsDoNotPileUp(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	mustSet(t, s, "a", "value")
	if err := d.Lock(); err != nil {
		t.Fatal(err)
	}
	const few = 16
	for range 3 * few {
		if _, err := s.Get(t.Context(), testService, "a"); !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
	}
	bus, err := d.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	var text string
	eventually(t, "few prompts", func() bool {
		prompts := bus.Object(serviceName, dbus.ObjectPath("/org/freedesktop/secrets/prompt"))
		if err := prompts.Call("org.freedesktop.DBus.Introspectable.Introspect", 0).Store(&text); err != nil {
			t.Fatal(err)
		}
		return strings.Count(text, "<node name") <= few
	})
}

// In a quiet context no prompt opens, whatever is wanted of a locked keychain or of one without a keyring.
func TestQuietly(t *testing.T) {
	for name, keyring := range map[string]desktop.Keyring{"locked": desktop.KeyringLocked, "fresh": desktop.KeyringFresh} {
		t.Run(name, func(t *testing.T) {
			d := desktop.ForTest(t, desktop.Options{Keyring: keyring})
			s := opened(t)
			ctx := Quietly(t.Context())
			uses := map[string]error{"set": s.Set(ctx, testService, "a", "value")}
			if keyring == desktop.KeyringLocked {
				_, uses["get"] = s.Get(ctx, testService, "a")
				_, uses["names"] = s.Names(ctx, testService)
				uses["delete"] = s.Delete(ctx, testService, "a")
				uses["clear"] = s.Clear(ctx, testService)
			} else {
				uses["prepare"] = s.Prepare(ctx)
			}
			for use, err := range uses {
				if !errors.Is(err, ErrUnasked) || !errors.Is(err, ErrLocked) {
					t.Errorf("%s: %v", use, err)
				}
			}
			if err := d.WaitNoWindow(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nor does it wait for a prompt that somebody else's call has opened.
func TestQuietlyBesideAPrompt(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{Keyring: desktop.KeyringLocked})
	s := opened(t)
	asked := make(chan error, 1)
	go func() { _, err := s.Get(t.Context(), testService, "a"); asked <- err }()
	eventually(t, "the prompt", s.store.asking)
	if _, err := s.Get(Quietly(t.Context()), testService, "a"); !errors.Is(err, ErrUnasked) {
		t.Error(err)
	}
	if err := d.DismissPrompt(); err != nil {
		t.Fatal(err)
	}
	if err := <-asked; !errors.Is(err, ErrDismissed) {
		t.Error(err)
	}
}
