package gosdk_test

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

type animal struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type handler = mcp.ToolHandlerFor[animal, any]

// caller returns a function that calls the tool of a server by the SDK's own transport. The server has the middleware of m,
// unless that is nil.
func caller(b *testing.B, m *secrets.Manager, handle handler) func() {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
	mcp.AddTool(srv, &mcp.Tool{Name: "tool"}, handle)
	if m != nil {
		gosdk.Install(srv, m)
	}
	theirs, ours := mcp.NewInMemoryTransports()
	session, err := gosdk.Connect(b.Context(), srv, theirs)
	must(err)
	connection, err := ours.Connect(b.Context())
	must(err)
	b.Cleanup(func() {
		_ = connection.Close()
		_ = session.Wait()
	})
	send := func(request string) {
		message, err := jsonrpc.DecodeMessage([]byte(request))
		must(err)
		must(connection.Write(b.Context(), message))
	}
	receive := func() {
		message, err := connection.Read(b.Context())
		must(err)
		if response, ok := message.(*jsonrpc.Response); !ok || response.Error != nil {
			b.Fatalf("no response: %v", message)
		}
	}
	send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`)
	receive()
	send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return func() {
		send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool","arguments":{"id":7,"name":"rex"}}}`)
		receive()
	}
}

func greeting(text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
}

func openBench(b *testing.B, store store.Store, user *runtimetest.User) *petstore.Secrets {
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
	handle := func(context.Context, *mcp.CallToolRequest, animal) (*mcp.CallToolResult, any, error) {
		return greeting("Rex is a good dog."), nil, nil
	}
	vault := openBench(b, runtimetest.NewStore(), runtimetest.NewUser(b))
	// Client and server take turns. On several processors most of the time is what it takes to wake the other one.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ratio.Measure(b, 1.05, caller(b, nil, handle), caller(b, vault.Manager, handle))
}
