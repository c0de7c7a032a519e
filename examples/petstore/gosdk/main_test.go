package main

import (
	"context"
	"net/http"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/storetest"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
)

func TestPetStore(t *testing.T) {
	storetest.Run(t, storetest.Server{
		Connect: connect,
		Handler: func(v *vault.Secrets, pets *store.Store, token settings.Token) http.Handler {
			return bearersOf(token)(gosdk.HTTPHandler(v.Manager, newServer(v, pets)))
		},
	})
}

type inProcess struct{ *mcp.ClientSession }

func connect(t *testing.T, v *vault.Secrets, pets *store.Store) storetest.Client {
	ours, theirs := mcp.NewInMemoryTransports()
	if _, err := gosdk.Connect(t.Context(), newServer(v, pets), ours); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), theirs, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return inProcess{session}
}

func (c inProcess) Call(ctx context.Context, tool string, arguments map[string]any) (text string, isError bool, err error) {
	result, err := c.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return "", false, err
	}
	return result.Content[0].(*mcp.TextContent).Text, result.IsError, nil
}

func (c inProcess) Prompt(ctx context.Context, name string) (string, error) {
	prompt, err := c.GetPrompt(ctx, &mcp.GetPromptParams{Name: name})
	if err != nil {
		return "", err
	}
	return prompt.Messages[0].Content.(*mcp.TextContent).Text, nil
}

func (c inProcess) Resource(ctx context.Context, uri string) (string, error) {
	resource, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return "", err
	}
	return resource.Contents[0].Text, nil
}
