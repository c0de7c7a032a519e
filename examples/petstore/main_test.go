package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

const (
	goodKey  = "pets-0123456789abcdef"
	wrongKey = "pets-fedcba9876543210"
	askKey   = "petstore: Petstore API key" // the title of the dialog
)

// A bench is the server with a store in memory and a user who answers dialogs by a script.
type bench struct {
	t      *testing.T
	vault  *vault.Secrets
	store  *runtimetest.Store
	user   *runtimetest.User
	api    *url.URL
	client *client.Client
}

func start(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	api := httptest.NewServer(newAPI(goodKey))
	t.Cleanup(api.Close)
	var err error
	b.api, err = url.Parse(api.URL)
	b.must(err)
	b.vault, err = vault.OpenSecrets(secrets.WithStore(b.store), secrets.WithPrompter(b.user), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	b.must(err)
	t.Cleanup(func() { _ = b.vault.Manager.Close() })
	b.client, err = client.NewInProcessClient(newServer(b.vault, b.api))
	b.must(err)
	t.Cleanup(func() { _ = b.client.Close() })
	_, err = b.client.Initialize(t.Context(), mcp.InitializeRequest{})
	b.must(err)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// call returns what a tool says, and whether that is an error.
func (b *bench) call(tool string, arguments map[string]any) (text string, isError bool) {
	b.t.Helper()
	result, err := b.client.CallTool(b.t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: arguments}})
	b.must(err)
	return result.Content[0].(mcp.TextContent).Text, result.IsError
}

// says fails unless a tool succeeds and its result has the words.
func (b *bench) says(words, tool string, arguments map[string]any) {
	b.t.Helper()
	if text, isError := b.call(tool, arguments); isError || !strings.Contains(text, words) {
		b.t.Fatalf("%s: got %q, want %q", tool, text, words)
	}
}

// refuses fails unless a tool's result is an error with the words.
func (b *bench) refuses(words, tool string, arguments map[string]any) {
	b.t.Helper()
	if text, isError := b.call(tool, arguments); !isError || !strings.Contains(text, words) {
		b.t.Fatalf("%s: got %q, want the error %q", tool, text, words)
	}
}

func TestJourney(t *testing.T) {
	b := start(t)
	b.user.Types(askKey, "pets-short").Types("at least 16 characters", goodKey).Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
	if stored, _ := b.store.Value("petstore", "api_key"); stored != goodKey {
		t.Errorf("stored %q", stored)
	}

	b.user.Answers(secrets.AllowSession) // "Allow" was for one call
	b.says(`"Momo"`, "get_pet", map[string]any{"id": 2})
	b.says(`"Axel"`, "get_pet", map[string]any{"id": 3}) // nobody is asked
	b.refuses("no such pet", "get_pet", map[string]any{"id": 4})
	b.refuses("id", "get_pet", nil)

	b.must(b.vault.Manager.Revoke(vault.KeyAPIKey))
	b.user.Answers(secrets.Deny)
	b.refuses("did not allow", "list_pets", nil)
	b.refuses("did not allow", "get_pet", map[string]any{"id": 1}) // a model can't nag
}

func TestWrongKeyIsReplaced(t *testing.T) {
	b := start(t)
	b.user.Types(askKey, wrongKey).Answers(secrets.AllowSession)
	b.refuses("does not know this key", "list_pets", nil)
	b.user.Types("The pet store does not know this key.", goodKey).Answers(secrets.AllowOnce) // the grant was for the other
	b.says(`"Rex"`, "list_pets", nil)
}

func TestKeyUnderItsFormerName(t *testing.T) {
	b := start(t)
	b.store.Put("petstore", "petstore_key", goodKey)
	b.user.Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
}

func TestLeaksAreMasked(t *testing.T) {
	b := start(t)
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowOnce)
	text, isError := b.call("leak_check", nil)
	if isError {
		t.Fatal(text)
	}
	for name, leak := range leaks(goodKey) {
		secret := leak[strings.LastIndexAny(strings.TrimRight(leak, `"}.`), ` "=`)+1:]
		if strings.Contains(text, secret) {
			t.Errorf("%s: %q is in the result", name, secret)
		}
	}
	if got, want := strings.Count(text, "[redacted]"), len(leaks(goodKey)); got != want {
		t.Errorf("%d of %d leaks are masked: %s", got, want, text)
	}
}

func TestCreatePetUsesTheContactIfThereIsOne(t *testing.T) {
	b := start(t)
	b.store.Put("petstore", "api_key", goodKey)
	hamster := map[string]any{"name": "Pip", "species": "hamster", "age": 1}
	b.user.Answers(secrets.AllowSession)
	if text, _ := b.call("create_pet", hamster); strings.Contains(text, "contact") || !strings.Contains(text, `"Pip"`) {
		t.Error(text)
	}
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyContact, "ann@example.com"))
	b.user.Answers(secrets.AllowOnce) // for the contact
	b.says("ann@example.com", "create_pet", hamster)
}

func TestWhoAmI(t *testing.T) {
	b := start(t)
	b.user.Types("Value 1 of 2", "somebody").Types("Value 2 of 2", "wrong password").Answers(secrets.AllowSession)
	b.refuses("does not know this name and password", "whoami", nil)
	b.user.Types("does not know this name", accountName).Types("does not know this name", accountPassword).Answers(secrets.AllowOnce)
	b.says(`"role":"owner"`, "whoami", nil)
}

func TestTheQuestionShowsWhereTheKeyGoes(t *testing.T) {
	b := start(t)
	other := httptest.NewServer(newAPI(wrongKey))
	defer other.Close()
	b.store.Put("petstore", "api_key", wrongKey)
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyBaseURL, other.URL+"/"))
	b.user.Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
	shown := b.user.Shown()[0].Text()
	_, to, _ := strings.Cut(shown, "Sent to ")
	if !strings.Contains(to, strings.TrimPrefix(other.URL, "http://")+": Petstore API key") {
		t.Error(shown)
	}
}

func TestPetsInTheOrderThatTheUserHasSet(t *testing.T) {
	b := start(t)
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowSession)
	b.says(`[{"id":3,`, "list_pets", nil) // Axel
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyOrder, string(vault.OrderAge)))
	text, _ := b.call("list_pets", nil)
	if strings.Index(text, "Rex") > strings.Index(text, "Momo") {
		t.Error(text)
	}
}

func TestPromptAndResource(t *testing.T) {
	b := start(t)
	b.user.Types(askKey, goodKey).Answers(secrets.AllowSession)
	prompt, err := b.client.GetPrompt(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{Name: "care"}})
	b.must(err)
	if text := prompt.Messages[0].Content.(mcp.TextContent).Text; !strings.Contains(text, "Axel (axolotl") {
		t.Error(text)
	}
	resource, err := b.client.ReadResource(t.Context(), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "pets://inventory"}})
	b.must(err)
	if text := resource.Contents[0].(mcp.TextResourceContents).Text; !strings.Contains(text, `"Momo"`) {
		t.Error(text)
	}
}

const token = "0123456789abcdef0123456789abcdef"

// bearer sends a token with every request.
type bearer string

func (token bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}

func TestHTTPServesWhoeverHasTheToken(t *testing.T) {
	b := start(t)
	b.store.Put("petstore", "api_key", goodKey)
	srv := httptest.NewServer(bearersOf(token)(mcpgo.HTTPHandler(b.vault.Manager, newServer(b.vault, b.api))))
	defer srv.Close()
	for name, authorization := range map[string]string{"none": "", "another": "Bearer " + strings.ToUpper(token), "other scheme": "Basic " + token} {
		request, err := http.NewRequest(http.MethodPost, srv.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		b.must(err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		b.must(err)
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s, %v", name, response.Status, err)
		}
	}

	var asked string
	c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, &sdk.ClientOptions{
		ElicitationHandler: func(_ context.Context, request *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			asked = request.Params.Message
			time.Sleep(500 * time.Millisecond) // a person reads it
			return &sdk.ElicitResult{Action: "accept", Content: map[string]any{"answer": "Allow for session"}}, nil
		},
	})
	session, err := c.Connect(t.Context(), &sdk.StreamableClientTransport{
		Endpoint: srv.URL, HTTPClient: &http.Client{Transport: bearer(token)},
	}, nil)
	b.must(err)
	defer func() { _ = session.Close() }()
	result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "list_pets"})
	b.must(err)
	if text := result.Content[0].(*sdk.TextContent).Text; result.IsError || !strings.Contains(text, `"Rex"`) {
		t.Error(text)
	}
	if !strings.Contains(asked, "petstore wants to use: Petstore API key\nTool: list_pets\nReason: List the pets of your store\n") {
		t.Errorf("the client was asked %q", asked)
	}
	if grants := b.vault.Manager.Grants(); len(grants) != 1 || grants[0].Principal != "owner" {
		t.Errorf("grants %v", grants)
	}
}

func TestTokenFile(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		mode os.FileMode
		want string // what the error says
	}{
		"good":             {token + "\n", 0o600, ""},
		"read-only":        {token, 0o400, ""},
		"others can read":  {token, 0o644, "chmod 600"},
		"group can read":   {token, 0o640, "chmod 600"},
		"others can write": {token, 0o602, "chmod 600"},
		"short":            {"secret", 0o600, "32 characters"},
		"empty":            {"", 0o600, "32 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			if row.want == "chmod 600" && runtime.GOOS == "windows" {
				t.Skip("Windows has no such modes")
			}
			file := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, row.mode); err != nil {
				t.Fatal(err)
			}
			got, err := readToken(file)
			switch {
			case row.want == "" && (err != nil || got != token):
				t.Errorf("got %q, %v", got, err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestGeneratedFilesAreFresh(t *testing.T) {
	out, err := exec.Command("go", "run", "../../cmd/mcpsecrets-gen", "check", "internal/vault/secrets.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v: run go generate ./...\n%s", err, out)
	}
}
