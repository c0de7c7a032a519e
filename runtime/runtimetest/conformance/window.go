package conformance

import (
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A client that can show forms is told of a window once that can open. Where none can, the call ends with the way out.

// blindWords is what the error says, by why no dialog can open: of a missing value, and of a permission.
var blindWords = map[string][2]string{
	"no display": {"the server has no screen", "Nobody can be asked for permission"},
	"no program": {"no dialog program was found", "Nobody can be asked for permission"},
}

// toolOf is a call of one of the adapter's own tools.
func toolOf(name, secret string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: name, Arguments: map[string]any{"name": secret}}
}

// fruitless calls a tool that needs a window which can't open: it ends with the words, at once, and nobody is shown a thing.
func (g *guest) fruitless(t *testing.T, w world, params *sdk.CallToolParams, words string) {
	t.Helper()
	begun, before := time.Now(), len(g.human.seen())
	g.fails(t, params, words)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("%s took %v", params.Name, took)
	}
	if forms := g.human.seen(); len(forms) != before {
		t.Errorf("%s: the client shows %q", params.Name, forms[before].message)
	}
	w.wantDialogs(t)
}

func (s suite) windowThatCanNotOpenIsNotAnnounced(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		for why, words := range blindWords {
			w := s.newWorld(t)
			w.Blind = why
			p := over.open(t, w)
			shopOf(p).AddTools()
			g := p.enter(t, visit{version: version, human: says(accept("Allow"))})
			for range 2 { // nobody has refused anything
				g.fruitless(t, w, tool("get_pet"), words[0])
				g.fruitless(t, w, tool("declared"), words[0])
				g.fruitless(t, w, tool("whoami"), words[0]) // a group
				g.fruitless(t, w, toolOf("secrets_set", "api_key"), words[0])
			}
			shopOf(p).store.Put("petstore", "api_key", goodKey)
			shopOf(p).store.Put("petstore", "username", "ann")
			shopOf(p).store.Put("petstore", "password", "feed-the-axolotl")
			g.fruitless(t, w, toolOf("secrets_set", "api_key"), words[0])
			g.fruitless(t, w, tool("whoami"), words[1]) // permission by dialog
			g.fruitless(t, w, toolOf("secrets_forget", "api_key"), words[1])
			g.works(t, tool("get_pet")) // the client is asked
		}
	})
}

// Where nothing can be stored or removed, nobody is asked for a value, or whether to.
func (s suite) nobodyTypesWhatCanNotBeStored(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		for words, err := range map[string]error{
			"memory is not there": secrets.ErrNoStore,
			"did not answer":      secrets.ErrStoreTimeout,
			"is locked":           secrets.ErrStoreLocked,
		} {
			w := s.newWorld(t)
			p := over.open(t, w)
			shopOf(p).AddTools()
			shopOf(p).store.Fail(err)
			g := p.enter(t, visit{version: version, human: says(accept("Allow"))})
			g.fruitless(t, w, tool("get_pet"), words)
			g.fruitless(t, w, tool("whoami"), words)
			g.fruitless(t, w, toolOf("secrets_set", "api_key"), words)
			g.fruitless(t, w, toolOf("secrets_forget", "api_key"), words)
		}
	})
}

// A window that fails although it could have opened ends the call that announced it.
func (s suite) windowThatFailsEndsTheCall(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		for _, params := range []*sdk.CallToolParams{tool("get_pet"), tool("whoami"), toolOf("secrets_set", "api_key")} {
			w := s.newWorld(t)
			p := over.open(t, w)
			shopOf(p).AddTools()
			g := p.enter(t, visit{version: version, human: says(accept("Allow"))})
			for i := range 2 {
				begun := time.Now()
				g.fails(t, params, blindWords["no display"][0])
				if took := time.Since(begun); took > time.Second {
					t.Errorf("%s took %v", params.Name, took)
				}
				if forms := g.human.seen(); len(forms) > i+1 {
					t.Errorf("%s: %d forms", params.Name, len(forms))
				}
			}
		}
	})
}

// One window is open at a time. A second one is announced when it is its turn.
func (s suite) windowThatWaitsForItsTurnIsNotAnnounced(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.newWorld(t, act{Text: goodKey, Open: 20 * time.Second}, act{Text: "ann", Open: time.Second}, act{Text: "feed-the-axolotl", Open: time.Second})
		w.Dialogs = append(w.Dialogs, act{Answer: secrets.AllowOnce})
		p := over.open(t, w)
		first := p.enter(t, visit{version: version, human: says(accept("Allow"))})
		one := first.calling(t, tool("get_pet"))
		time.Sleep(time.Second)
		second := first
		if over.name != inProcess.name {
			second = p.enter(t, visit{version: version, human: says(accept("Allow"))})
		}
		before := len(second.human.seen())
		other := second.calling(t, tool("whoami"))
		time.Sleep(10 * time.Second)
		if forms := second.human.seen(); len(forms) > before {
			t.Errorf("the client shows %q while another window is open", forms[before].message)
		}
		if text, err := one(); err != nil || text != worked {
			t.Errorf("the first: %q, %v", text, err)
		}
		if text, err := other(); err != nil || text != "you are ann" {
			t.Errorf("the second: %q, %v", text, err)
		}
		if forms := second.human.seen(); !slices.ContainsFunc(forms, func(f form) bool { return strings.Contains(f.message, "Password") }) {
			t.Errorf("the client was shown %v", forms)
		}
	})
}
