package mcpgo_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The clients of this file are mcp-go's own, in the server's process. The server calls their code as a function.

const key = "pets-0123456789abcdef"

// handler answers every form of an MCP client in the same way. It does not look at its context.
type handler struct {
	think   time.Duration
	answers func(message string) string
	forms   atomic.Int32
}

// Elicit implements client.ElicitationHandler.
func (h *handler) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	h.forms.Add(1)
	time.Sleep(h.think)
	content := map[string]any{"answer": h.answers(request.Params.Message)}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: content}}, nil
}

func allow(string) string { return "Allow" }

// A bench is the secrets of a server whose tool get_pet uses the API key.
type bench struct {
	*petstore.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
}

func openBench(t *testing.T) bench {
	t.Helper()
	b := bench{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	var err error
	b.Secrets, err = petstore.OpenSecrets(secrets.WithStore(b.store), secrets.WithPrompter(b.user), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Manager.Close() })
	return b
}

// call calls the tool from a client of its own, and returns what it says.
func (b bench) call(t *testing.T, h *handler, version string) (text string, isError bool) {
	t.Helper()
	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(b.Manager))
	srv.AddTool(mcp.NewTool("get_pet"), mcpgo.Tool(b.APIKey, "Read one pet", func(_ context.Context, _ mcp.CallToolRequest, got secrets.Secret) (*mcp.CallToolResult, error) {
		if got.Reveal() != key {
			return mcp.NewToolResultError("got a wrong key"), nil
		}
		return mcp.NewToolResultText("used the key"), nil
	}))
	c, err := client.NewInProcessClientWithOptions(srv, client.WithElicitationHandler(h))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: version}})
	if err != nil || begun.ProtocolVersion != version {
		t.Fatalf("%+v, %v", begun, err)
	}
	result, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "get_pet"}})
	if err != nil {
		t.Fatal(err)
	}
	return result.Content[0].(mcp.TextContent).Text, result.IsError
}

var versions = []string{"2026-07-28", "2025-11-25", "2025-06-18"}

// In-process a form is a function call, which no revision forbids: one call of the tool is enough.
func TestOwnClientIsAskedInPlace(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := openBench(t)
				b.store.Put("petstore", "api_key", key)
				h := &handler{think: time.Second, answers: allow}
				if text, isError := b.call(t, h, version); isError || h.forms.Load() != 1 {
					t.Errorf("%d forms, %q", h.forms.Load(), text)
				}
			})
		})
	}
}

// A form that nobody answers leaves the dialog to decide, also where the client's code does not return.
func TestOwnClientThatDoesNotReturnFromTheCodes(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := openBench(t)
				b.user.Types("API key", key).During(func() { time.Sleep(2 * time.Second) })
				h := &handler{think: time.Second, answers: func(message string) string {
					if strings.Contains(message, "The window shows the code") {
						time.Sleep(time.Hour)
						return "The codes match"
					}
					return "Allow"
				}}
				if text, isError := b.call(t, h, version); isError || text != "used the key" {
					t.Errorf("the dialog does not decide: %s", text)
				}
				if _, isStored := b.store.Value("petstore", "api_key"); !isStored {
					t.Error("what was typed is not stored")
				}
				if err := b.Manager.Close(); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour) // lets the client go
			})
		})
	}
}

// A client that does not return holds a call for 45 seconds; after five minutes the next call gets the dialog.
func TestOwnClientThatDoesNotReturnFromAQuestion(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := openBench(t)
				b.store.Put("petstore", "api_key", key)
				h := &handler{think: time.Hour, answers: allow}
				for range 2 { // the second joins the question
					begun := time.Now()
					if text, isError := b.call(t, h, version); !isError || !strings.Contains(text, "call again") || time.Since(begun) > 46*time.Second {
						t.Fatalf("got %q after %v", text, time.Since(begun))
					}
				}
				time.Sleep(5 * time.Minute)
				b.user.Answers(secrets.AllowOnce)
				if text, isError := b.call(t, h, version); isError {
					t.Fatalf("got %q", text)
				}
				time.Sleep(2 * time.Hour) // lets the client go
			})
		})
	}
}
