package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// A want is a sentence that ends a call for which no window can open.
type want struct {
	name    string
	options desktop.Options
	env     func(p *place) []string // what the server finds otherwise than on the desktop
	words   string                  // for a value that is missing
	way     string                  // out of it
}

var withoutWindow = []want{
	{
		name: "no display", options: desktop.Options{NoDisplay: true},
		words: "can't be asked for, since the server has no screen", way: `secrets set api_key" in a terminal`,
	},
	{
		name:  "display that is gone",
		env:   func(p *place) []string { p.must(p.KillDisplay()); return nil },
		words: "can't be asked for, since the server has no screen", way: `secrets set api_key" in a terminal`,
	},
	{
		name:  "no dialog program",
		env:   func(p *place) []string { return []string{"PATH=" + filepath.Join(p.Dir(), "nothing")} },
		words: "can't be asked for, since no dialog program was found", way: "install zenity",
	},
	{
		name: "no bus", options: desktop.Options{NoBus: true, Keyring: desktop.KeyringNone},
		words: "the server was started without DBUS_SESSION_BUS_ADDRESS", way: `"env": {"DBUS_SESSION_BUS_ADDRESS": "..."}`,
	},
	{
		name: "no keychain", options: desktop.Options{Keyring: desktop.KeyringNone},
		words: "No keychain answers on the server's computer", way: "start a Secret Service",
	},
	{
		name: "locked keychain, no display", options: desktop.Options{NoDisplay: true, Keyring: desktop.KeyringLocked},
		words: "is locked", way: "Ask the user to unlock it",
	},
}

// A client that can show forms is told of no window that can't open: the call ends at once, with the way out.
func TestWithoutWindow(t *testing.T) {
	for _, g := range guests[:3] { // the Go client, on each revision
		for _, on := range sdks {
			for _, row := range withoutWindow {
				t.Run(g.revision+"/"+on.name+"/"+row.name, func(t *testing.T) {
					t.Parallel()
					withoutAWindow(t, g, on, row)
				})
			}
		}
	}
}

func withoutAWindow(t *testing.T, g guest, on sdk, row want) {
	p := openPlace(t, g, on, row.options)
	var env []string
	if row.env != nil {
		env = row.env(p)
	}
	v := p.visit(overStdio, goodKey, env...)
	for range 2 { // nobody has refused anything
		begun := time.Now()
		text := v.calls("list_pets", nil).returns(true, row.words)
		if !strings.Contains(text, row.way) {
			t.Errorf("no way out: %s", text)
		}
		v.calls("whoami", nil).returns(true, row.words) // a group
		if took := time.Since(begun); took > patience/2 {
			t.Errorf("the calls took %v", took)
		}
	}
	p.must(v.client.close())
	v.end()
	if log := p.log.String(); strings.Count(log, "outcome=refused") != 6 {
		t.Errorf("of six secrets that were refused, the log says\n%s", log)
	}
}
