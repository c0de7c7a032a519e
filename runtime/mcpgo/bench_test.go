package mcpgo

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// request is a tool call as it comes from the wire.
var request = json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool","arguments":{"id":7,"name":"rex"}}}`)

// caller returns a function that calls the tool of a server.
func caller(b *testing.B, handler server.ToolHandlerFunc, options ...server.ServerOption) func() {
	srv := server.NewMCPServer("petstore", "1.0.0", options...)
	srv.AddTool(mcp.NewTool("tool"), handler)
	ctx := fromInside(context.Background(), srv)
	return func() {
		response, ok := srv.HandleMessage(ctx, request).(mcp.JSONRPCResponse)
		if !ok {
			b.Fatalf("no response: %v", response)
		}
		if _, err := json.Marshal(response); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B, store secrets.Store, user *runtimetest.User) *petstore.Secrets {
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user),
		secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = vault.Manager.Close() })
	return vault
}

// BenchmarkToolWithoutSecret calls a tool that uses no secret behind the middleware. Its floor is the same without it.
func BenchmarkToolWithoutSecret(b *testing.B) {
	handler := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Rex is a good dog."), nil
	}
	vault := openBench(b, runtimetest.NewStore(), runtimetest.NewUser(b))
	ratio.Measure(b, 1.05, caller(b, handler), caller(b, handler, Option(vault.Manager)))
}
