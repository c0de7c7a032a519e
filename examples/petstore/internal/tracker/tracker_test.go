package tracker

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

const key = "pets-0123456789abcdef"

// api is a tracker that answers with what it was asked. What has no key gets 401.
func api(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+key {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.NewEncoder(w).Encode(fmt.Sprintf("%s %s %s", r.Method, r.URL, body))
}

// after returns the vault of a user who allows one use, with a server's address as the tracker's.
func after(t *testing.T, tracker *httptest.Server) (*vault.Secrets, *runtimetest.User, secrets.TransportOption) {
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	store.Put("petstore", "api_key", key)
	store.Put("petstore", "base_url", tracker.URL+"/rest/2/")
	v, err := vault.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Manager.Close() })
	return v, user, secrets.WithBase(tracker.Client().Transport.(*http.Transport))
}

// All twenty tools do what they did, with one question for all; and none of their file knows of a context, of HTTP or of secrets.
func TestToolsDoWhatTheyDid(t *testing.T) {
	plain, tracker := httptest.NewServer(http.HandlerFunc(api)), httptest.NewTLSServer(http.HandlerFunc(api))
	defer plain.Close()
	defer tracker.Close()
	v, user, base := after(t, tracker)
	user.Answers(secrets.AllowSession)
	was, is := connect(t, Before(plain.URL+"/rest/2/", key)), connect(t, After(v, base))
	if len(Tools) != 20 {
		t.Errorf("%d tools", len(Tools))
	}
	for _, tool := range Tools {
		want, got := call(t, was, tool.Name), call(t, is, tool.Name)
		if got != want || !strings.Contains(got, " /rest/2/") {
			t.Errorf("%s: %s, before %s", tool.Name, got, want)
		}
	}
	if shown := user.Shown(); len(shown) != 1 || !strings.Contains(shown[0].Text(), "Reason: Work with the tickets of your pet store") {
		t.Errorf("%v", shown)
	}

	for file, knows := range map[string][]string{"tools.go": {`"net/url"`}, "client.go": {`"net/http"`, `"net/url"`}} {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range tree.Imports {
			path := imported.Path.Value
			if path == `"context"` || strings.Contains(path, "/") && !slices.Contains(knows, path) && path != `"encoding/json"` {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

// Which tool asks is in the question, though the tool's client has never heard of calls.
func TestQuestionNamesTheTool(t *testing.T) {
	tracker := httptest.NewTLSServer(http.HandlerFunc(api))
	defer tracker.Close()
	v, user, base := after(t, tracker)
	user.Answers(secrets.AllowOnce).Answers(secrets.Deny)
	c := connect(t, After(v, base))
	call(t, c, "get_ticket")
	if text := call(t, c, "delete_ticket"); !strings.Contains(text, "did not allow") {
		t.Error(text)
	}
	for i, tool := range []string{"get_ticket", "delete_ticket"} {
		if text := user.Shown()[i].Text(); !strings.Contains(text, "Tool: "+tool+"\n") {
			t.Error(text)
		}
	}
}

// Without the one place that binds it to a call, the client gets no key; the server's own work says that it is that.
func TestClientOfNoCall(t *testing.T) {
	tracker := httptest.NewTLSServer(http.HandlerFunc(api))
	defer tracker.Close()
	v, user, base := after(t, tracker)
	transport := v.APIKeyTransport("Work with the tickets of your pet store", base)
	if _, err := whoAmI(New("https://base_url.invalid", secrets.Client(transport)), Input{}); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Error(err)
	}
	user.Answers(secrets.AllowOnce)
	own := secrets.InCall(v.Manager.Background(t.Context()), transport)
	if _, err := whoAmI(New("https://base_url.invalid", secrets.Client(own)), Input{}); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, srv *server.MCPServer) *client.Client {
	t.Helper()
	c, err := client.NewInProcessClient(srv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{}); err != nil {
		t.Fatal(err)
	}
	return c
}

func call(t *testing.T, c *client.Client, tool string) string {
	t.Helper()
	result, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{
		Name: tool, Arguments: map[string]any{"id": "PET-1", "name": "ann", "text": "Feed the axolotl"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return result.Content[0].(mcp.TextContent).Text
}
