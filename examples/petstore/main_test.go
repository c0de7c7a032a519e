package main

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/storetest"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

func TestPetStore(t *testing.T) {
	storetest.Run(t, storetest.Server{
		Connect: connect,
		Handler: func(v *vault.Secrets, pets *store.Store, token settings.Token) http.Handler {
			return bearersOf(token)(mcpgo.HTTPHandler(v.Manager, newServer(v, pets)))
		},
	})
}

type inProcess struct{ *client.Client }

func connect(t *testing.T, v *vault.Secrets, pets *store.Store) storetest.Client {
	c, err := client.NewInProcessClient(newServer(v, pets))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Start(t.Context()); err != nil { // without it there is no session, and nobody is known to call
		t.Fatal(err)
	}
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{}); err != nil {
		t.Fatal(err)
	}
	return inProcess{c}
}

func (c inProcess) Call(ctx context.Context, tool string, arguments map[string]any) (text string, isError bool, err error) {
	result, err := c.CallTool(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Name: tool, Arguments: arguments}})
	if err != nil {
		return "", false, err
	}
	return result.Content[0].(mcp.TextContent).Text, result.IsError, nil
}

func (c inProcess) Prompt(ctx context.Context, name string) (string, error) {
	prompt, err := c.GetPrompt(ctx, mcp.GetPromptRequest{Params: mcp.GetPromptParams{Name: name}})
	if err != nil {
		return "", err
	}
	return prompt.Messages[0].Content.(mcp.TextContent).Text, nil
}

func (c inProcess) Resource(ctx context.Context, uri string) (string, error) {
	resource, err := c.ReadResource(ctx, mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: uri}})
	if err != nil {
		return "", err
	}
	return resource.Contents[0].(mcp.TextResourceContents).Text, nil
}

// A server pays for one SDK only: the shared packages know none.
func TestServersLinkOneSDK(t *testing.T) {
	const mcpgo, official = "github.com/mark3labs/mcp-go/", "github.com/modelcontextprotocol/go-sdk/"
	for server, sdk := range map[string]struct{ own, other string }{".": {mcpgo, official}, "./gosdk": {official, mcpgo}} {
		out, err := exec.Command("go", "list", "-deps", server).Output()
		if err != nil {
			t.Fatal(err)
		}
		if deps := string(out); !strings.Contains(deps, sdk.own) || strings.Contains(deps, sdk.other) {
			t.Errorf("%s links:\n%s", server, deps)
		}
	}
}

func TestGeneratedFilesAreFresh(t *testing.T) {
	out, err := exec.Command("go", "run", "../../cmd/mcpsecrets-gen", "check", "internal/vault/secrets.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v: run go generate ./...\n%s", err, out)
	}
}
