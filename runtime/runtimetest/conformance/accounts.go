package conformance

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A listed argument is what a list of tools says of the argument for an account.
type listedArgument struct {
	Type string
	Enum []string
}

// accountsOf returns what the list of tools says of a tool's argument for an account, nil if there is none.
func (g *guest) accountsOf(t *testing.T, tool string) *listedArgument {
	t.Helper()
	list, err := g.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list.Tools, func(listed *sdk.Tool) bool { return listed.Name == tool })
	if i < 0 {
		t.Fatalf("there is no %s", tool)
	}
	text, err := json.Marshal(list.Tools[i])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "mcpsecrets") {
		t.Errorf("a mark of ours is listed: %s", text)
	}
	var listed struct {
		InputSchema struct{ Properties map[string]*listedArgument }
	}
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	return listed.InputSchema.Properties["account"]
}

// usesAccount calls a tool for an account; "-" is none.
func (g *guest) usesAccount(t *testing.T, tool, account string, arguments map[string]any) (text string, isError bool) {
	t.Helper()
	if arguments == nil {
		arguments = map[string]any{}
	}
	if account != "-" {
		arguments["account"] = account
	}
	result, err := g.answered(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	return textOf(result), result.IsError
}

func (s *shop) put(t *testing.T, account, name, value string) {
	t.Helper()
	if err := s.store.Set(t.Context(), store.Scope{Server: "petstore", Account: account}, name, value); err != nil {
		t.Fatal(err)
	}
}

func (s suite) accountArgumentHasTheNamesThatExist(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: secrets.AllowOnce}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny})
		server, g := openTools(t, over, version, w)
		for _, tool := range []string{"pet_of", "secrets_status", "secrets_set", "secrets_forget"} {
			if got := g.accountsOf(t, tool); got != nil {
				t.Errorf("%s, no account has a name: %+v", tool, got)
			}
		}
		server.put(t, "work", "api_key", otherKey)
		server.put(t, "no name of an account", "api_key", otherKey)
		for _, tool := range []string{"pet_of", "secrets_status", "secrets_set", "secrets_forget"} {
			if got := g.accountsOf(t, tool); got == nil || got.Type != "string" || !slices.Equal(got.Enum, []string{"work"}) {
				t.Errorf("%s: %+v", tool, got)
			}
		}
		server.put(t, "eu", "api_key", otherKey)
		if got := g.accountsOf(t, "pet_of"); got == nil || !slices.Equal(got.Enum, []string{"eu", "work"}) {
			t.Errorf("%+v", got)
		}
		if text, isError := g.usesAccount(t, "pet_of", "work", nil); isError || text != "the other one" {
			t.Error(text)
		}
		if text, isError := g.usesAccount(t, "pet_of", "-", nil); isError || text != "the good one" {
			t.Error(text)
		}
		if text, isError := g.usesAccount(t, "pet_of", "eu", nil); !isError || !strings.Contains(text, refusedWords) || !strings.Contains(text, "account eu") {
			t.Error(text)
		}
		for _, name := range []string{"home", "no name of an account", "Work"} {
			if text, isError := g.usesAccount(t, "pet_of", name, nil); !isError || !strings.Contains(text, "eu, work") || strings.Contains(text, name) {
				t.Error(text)
			}
		}
		w.wantDialogs(t, "Account: work", "Tool: pet_of", "Account: eu")
	})
}

// Whoever is nobody learns no names.
func (s suite) accountArgumentTellsStrangersNothing(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := openClock(t, s.withKey(t))
				p.put(t, "work", "api_key", otherKey)
				stranger := p.enterFrom(t, "192.0.2.7:4000", "", visit{version: version})
				if got := stranger.accountsOf(t, "pet_of"); got == nil || len(got.Enum) > 0 {
					t.Errorf("a stranger sees %+v", got)
				}
				if text, isError := stranger.usesAccount(t, "pet_of", "home", nil); !isError || strings.Contains(text, "work") {
					t.Error(text)
				}
				ann := p.enterFrom(t, "192.0.2.7:4000", "ann", visit{version: version})
				if got := ann.accountsOf(t, "pet_of"); got == nil || !slices.Equal(got.Enum, []string{"work"}) {
					t.Errorf("ann sees %+v", got)
				}
			})
		})
	}
}

func (s suite) toolsAreAboutOneAccount(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Text: otherKey}, act{Answer: secrets.AllowOnce})
		server, g := openTools(t, over, version, w)
		server.put(t, "work", "contact", "me@example.com")
		text, isError := g.usesAccount(t, "secrets_status", "work", nil)
		if isError || !strings.Contains(text, `"account":"work","accounts":["work"]`) ||
			!strings.Contains(text, `{"name":"api_key","label":"Petstore API key","required":true,"set":false}`) {
			t.Error(text)
		}
		if text, isError := g.usesAccount(t, "secrets_set", "work", map[string]any{"name": "api_key"}); isError || !strings.Contains(text, "account work") {
			t.Error(text)
		}
		if text, isError := g.usesAccount(t, "secrets_forget", "work", map[string]any{"name": "contact"}); isError || !strings.Contains(text, "account work") {
			t.Error(text)
		}
		w.wantDialogs(t, "Account: work", "Account: work")
		in := store.Scope{Server: "petstore", Account: "work"}
		if value, err := server.store.Get(t.Context(), in, "api_key"); err != nil || value != otherKey {
			t.Error(value, err)
		}
		if value, err := server.store.Get(t.Context(), in, "contact"); err == nil {
			t.Errorf("contact is still %q", value)
		}
		if value, _ := server.store.Value("petstore", "api_key"); value != goodKey {
			t.Errorf("the account without a name has %q", value)
		}
	})
}
