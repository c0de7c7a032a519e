// Command subject is the MCP server that the laws are tried on.
//
//	subject                                    serves on standard input and output
//	subject -http 127.0.0.1:8080               serves at http://127.0.0.1:8080/mcp; the bearer token is the principal
//
// With SUBJECT_BARE set, it serves without the runtime around the server, for a comparison.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	"github.com/mcpsecrets/mcpsecrets/runtime/usercmd"
)

func main() {
	log.SetPrefix("subject: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	v, err := vault.OpenSecrets()
	if err != nil {
		return err
	}
	if code, ok := usercmd.Run(v.Manager, os.Args[1:]); ok {
		os.Exit(code)
	}
	address := flag.String("http", "", "serve streamable HTTP at `ADDRESS`/mcp")
	flag.Parse()

	if os.Getenv("SUBJECT_BARE") != "" {
		return serveBare(newServer(v), *address)
	}
	srv := newServer(v, mcpgo.Option(v.Manager))
	if *address == "" {
		return mcpgo.ServeStdio(v.Manager, srv)
	}
	return mcpgo.ServeHTTP(v.Manager, srv, *address, bearer)
}

func serveBare(srv *server.MCPServer, address string) error {
	if address == "" {
		return server.ServeStdio(srv)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", server.NewStreamableHTTPServer(srv))
	return http.ListenAndServe(address, mux)
}

// bearer takes every token for the name of a principal.
func bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		next.ServeHTTP(w, r.WithContext(secrets.WithPrincipal(r.Context(), name)))
	})
}

func newServer(v *vault.Secrets, options ...server.ServerOption) *server.MCPServer {
	srv := server.NewMCPServer("subject", "1.0.0", options...)
	srv.AddTool(mcp.NewTool("plain"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("no secret"), nil
	})
	srv.AddTool(mcp.NewTool("use"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		key, err := v.Key(ctx, "Use the key")
		if err != nil {
			return nil, err
		}
		return fingerprints(key.Reveal()), nil
	})
	srv.AddTool(mcp.NewTool("use_all"), mcpgo.Tool(v.AllThree, "Use all three",
		func(_ context.Context, _ mcp.CallToolRequest, all vault.AllThreeSecrets) (*mcp.CallToolResult, error) {
			return fingerprints(all.Name, all.Key.Reveal(), all.File.Reveal()), nil
		}))
	srv.AddTool(mcp.NewTool("say"), say)
	(&leaker{v, srv}).register()
	addState(srv, v)
	return srv
}

// say returns what it is told to: a text, and content with a structure, as it stands in JSON.
func say(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var result mcp.CallToolResult
	if err := json.Unmarshal([]byte(r.GetString("result", "")), &result); err != nil {
		return nil, err
	}
	if structure := r.GetString("structure", ""); structure != "" {
		result.StructuredContent = json.RawMessage(structure)
	}
	return &result, nil
}

// fingerprints says which values a tool got, and none of them.
func fingerprints(values ...string) *mcp.CallToolResult {
	sums := make([]string, len(values))
	for i, value := range values {
		sum := sha256.Sum256([]byte(value))
		sums[i] = hex.EncodeToString(sum[:8])
	}
	return mcp.NewToolResultText(strings.Join(sums, " "))
}
