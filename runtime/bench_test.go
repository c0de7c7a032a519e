package secrets_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// ratio measures subject against floor, which take turns so that a noisy machine disturbs both, and reports the median of
// the ratios of batches.
func ratio(b *testing.B, floor, subject func()) {
	const batch = 200
	var ratios []float64
	for b.Loop() {
		start := time.Now()
		for range batch {
			floor()
		}
		middle := time.Now()
		for range batch {
			subject()
		}
		ratios = append(ratios, float64(time.Since(middle))/float64(middle.Sub(start)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
}

// request is a tool call as it comes from the wire.
var request = json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool","arguments":{"id":7,"name":"rex"}}}`)

// caller returns a function that calls the tool of a server.
func caller(b *testing.B, handler server.ToolHandlerFunc, options ...server.ServerOption) func() {
	srv := server.NewMCPServer("petstore", "1.0.0", options...)
	srv.AddTool(mcp.NewTool("tool"), handler)
	return func() {
		response, ok := srv.HandleMessage(context.Background(), request).(mcp.JSONRPCResponse)
		if !ok {
			b.Fatalf("no response: %v", response)
		}
		if _, err := json.Marshal(response); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b *testing.B, store secrets.Store, user *runtimetest.User) *petstore.Secrets {
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithAsker(user),
		secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = vault.Close() })
	return vault
}

// BenchmarkToolWithoutSecret compares a tool that uses no secret behind the middleware with the same without it. The bound
// is 1.05.
func BenchmarkToolWithoutSecret(b *testing.B) {
	handler := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Rex is a good dog."), nil
	}
	vault := openBench(b, runtimetest.NewStore(), runtimetest.NewUser(b))
	ratio(b, caller(b, handler), caller(b, handler, vault.ServerOption()))
}
