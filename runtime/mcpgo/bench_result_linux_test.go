package mcpgo

import (
	"context"
	"os"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkResult calls a tool with a result of 1 MB on standard input and output, once a secret is known. Its floor is the same
// server without mcpsecrets.
func BenchmarkResult(b *testing.B) {
	for name, bound := range map[string]float64{"clean": 1.5, "hit": 1.85} {
		b.Run(name, func(b *testing.B) {
			bare, ours := ratio.StartServer(b, "TestResultServer", "bare"), ratio.StartServer(b, "TestResultServer", "ours")
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
	var options []server.ServerOption
	if which == "ours" {
		options = append(options, Option(vault.Manager))
	}
	srv := server.NewMCPServer("petstore", "1.0.0", options...)
	for name, text := range ratio.Results {
		srv.AddTool(mcp.NewTool(name), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(text), nil
		})
	}
	if which == "ours" {
		err = ServeStdio(vault.Manager, srv)
	} else {
		err = server.ServeStdio(srv)
	}
	if err != nil {
		t.Fatal(err)
	}
	os.Exit(0) // nothing more on standard output
}
