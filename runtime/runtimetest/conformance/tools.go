package conformance

import (
	"errors"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// useTool calls one of the tools that AddTools adds, and returns its text.
func (g *guest) useTool(t *testing.T, name, secret string) (text string, isError bool) {
	t.Helper()
	result, err := g.answered(t.Context(), &sdk.CallToolParams{Name: name, Arguments: map[string]any{"name": secret}})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return textOf(result), result.IsError
}

// openTools opens a world whose server has the tools, and comes with a client that can't show forms.
func openTools(t *testing.T, over transport, version string, w world) (*shop, *guest) {
	t.Helper()
	p := over.open(t, w)
	shopOf(p).AddTools()
	return shopOf(p), p.enter(t, visit{version: version})
}

func (s suite) statusToolTellsNamesOnly(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		server, g := openTools(t, over, version, s.withKey(t))
		if err := server.store.Delete(t.Context(), store.Scope{Server: "petstore"}, "username"); err != nil {
			t.Fatal(err)
		}
		text, isError := g.useTool(t, "secrets_status", "")
		if isError || strings.Contains(text, "0123456789") ||
			!strings.Contains(text, `{"name":"api_key","label":"Petstore API key","required":true,"set":true}`) ||
			!strings.Contains(text, `{"name":"username","label":"User name","required":true,"set":false}`) {
			t.Error(text)
		}
	})
}

func (s suite) setToolAsksTheUser(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: longest(over)}, act{Text: otherKey}, act{Dismisses: true})
		server, g := openTools(t, over, version, w)
		g.works(t, tool("get_pet"))
		if text, isError := g.useTool(t, "secrets_set", "api_key"); isError || !strings.Contains(text, "api_key") || strings.Contains(text, otherKey) {
			t.Error(text)
		}
		if value, _ := server.store.Value("petstore", "api_key"); value != otherKey || len(server.Manager.Grants()) != 0 {
			t.Errorf("stored %q, grants %v", value, server.Manager.Grants())
		}
		for range 2 { // the second does not nag
			if text, isError := g.useTool(t, "secrets_set", "api_key"); !isError || !strings.Contains(text, dismissedWords) {
				t.Error(text)
			}
		}
		w.wantDialogs(t, "Tool: get_pet", "Petstore API key", "Petstore API key")
	})
}

func (s suite) forgetToolNeedsTheUsersWordInADialog(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: secrets.Deny})
		server, g := openTools(t, over, version, w)
		for range 2 { // the second does not nag
			if text, isError := g.useTool(t, "secrets_forget", "api_key"); !isError || !strings.Contains(text, refusedWords) {
				t.Error(text)
			}
		}
		if _, ok := server.store.Value("petstore", "api_key"); !ok {
			t.Fatal("it is gone without the user's word")
		}
		w.wantDialogs(t, "remove the stored value of: Petstore API key")

		w = s.withKey(t, act{Answer: secrets.AllowOnce})
		server, g = openTools(t, over, version, w)
		if text, isError := g.useTool(t, "secrets_forget", "api_key"); isError {
			t.Error(text)
		}
		w.wantDialogs(t, "remove the stored value of: Petstore API key")
		if shown := w.shown(t)[0]; !strings.Contains(shown, "] [] [") { // no button for the session
			t.Errorf("the question is\n%s", shown)
		}
		if stored, err := server.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || stored {
			t.Error(stored, err)
		}
	})
}

// A schema with many secrets is no way to ask many times: who has refused one of the tools has refused both, for all secrets.
func (s suite) refusedToolAsksForNoOtherSecret(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		for first, row := range map[string]struct {
			refuses act
			words   string
		}{
			"secrets_set":    {act{Dismisses: true}, dismissedWords},
			"secrets_forget": {act{Answer: secrets.Deny}, refusedWords},
		} {
			w := s.withKey(t, row.refuses, act{Answer: secrets.AllowOnce}, row.refuses)
			w.Password = "feed-the-axolotl"
			_, g := openTools(t, over, version, w)
			nag := func() {
				for range 2 {
					for _, name := range []string{first, "secrets_set", "secrets_forget"} {
						for _, secret := range []string{"api_key", "username", "password"} {
							text, isError := g.useTool(t, name, secret)
							if !isError || !strings.Contains(text, row.words) || !strings.Contains(text, "api_key") {
								t.Error(name, secret, text)
							}
						}
					}
				}
			}
			nag()
			g.works(t, tool("get_pet")) // what is stored can still be used
			time.Sleep(time.Minute + time.Second)
			nag()
			if shown := w.shown(t); len(shown) != 3 {
				t.Errorf("%s: dialogs %q", first, shown)
			}
		}
	})
}

func (s suite) toolsRefuseOtherNames(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		server, g := openTools(t, over, version, s.withKey(t))
		for _, name := range []string{"secrets_set", "secrets_forget"} {
			for _, secret := range []string{"nothing", ""} {
				refusal := "the name is one of api_key, "
				if s.ChecksArguments {
					refusal = "api_key" // in its own words
				}
				if text, isError := g.useTool(t, name, secret); !isError || !strings.Contains(text, refusal) {
					t.Error(name, text)
				}
			}
		}
		server.store.Fail(errors.New("put " + goodKey))
		if text, isError := g.useTool(t, "secrets_status", ""); !isError || strings.Contains(text, goodKey) {
			t.Error(text)
		}
	})
}
