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
