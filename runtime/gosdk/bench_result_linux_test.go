package gosdk_test

import (
	"context"
	"os"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkResult calls a tool with a result of 1 MB on standard input and output, once a secret is known. Its floor is the same
// server without mcpsecrets.
func BenchmarkResult(b *testing.B) {
	for name, bound := range map[string]float64{"clean": 1.35, "hit": 1.55} {
		b.Run(name, func(b *testing.B) {
			bare, ours := ratio.StartServer(b, "TestResultServer", "bare"), ratio.StartServer(b, "TestResultServer", "ours")
			for _, s := range []*ratio.Server{bare, ours} {
				s.Call(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`, 1)
				s.Tell(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			}
			ratio.MeasureServers(b, bound, bare, ours, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`","arguments":{}}}`, len(ratio.Results["clean"]))
		})
	}
}

// TestResultServer is the servers of BenchmarkResult.
func TestResultServer(t *testing.T) {
	which := os.Getenv(ratio.Serving)
	if which == "" {
		t.Skip("it is not started by BenchmarkResult")
	}
	vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	vault.Manager.Inside().Guard().Learn(ratio.Key, "")
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
	for name, text := range ratio.Results {
		srv.AddTool(&mcp.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return greeting(text), nil
		})
	}
	if which == "ours" {
		gosdk.Install(srv, vault.Manager)
		err = gosdk.ServeStdio(vault.Manager, srv)
	} else {
		err = srv.Run(t.Context(), &mcp.StdioTransport{})
	}
	if err != nil {
		t.Fatal(err)
	}
	os.Exit(0) // nothing more on standard output
}
