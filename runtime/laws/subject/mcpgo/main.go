// Command mcpgo is the subject of the laws on mcp-go.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

func main() { subject.Main(serve) }

func serve(s *subject.Subject, address string) error {
	if s.Bare {
		return serveBare(newServer(s), address)
	}
	srv := newServer(s, mcpgo.Option(s.Manager))
	if address == "" {
		return mcpgo.ServeStdio(s.Manager, srv)
	}
	return mcpgo.ServeHTTP(s.Manager, srv, address, bearer)
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

func newServer(s *subject.Subject, options ...server.ServerOption) *server.MCPServer {
	l := &leaker{Subject: s}
	options = append(options, server.WithCompletions(), server.WithPromptCompletionProvider(l))
	srv := server.NewMCPServer("subject", "1.0.0", options...)
	for name, tool := range s.Tools() {
		srv.AddTool(mcp.NewTool(name), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			text, err := tool(ctx, argumentsOf(r))
			if err != nil {
				return nil, err
			}
			return mcp.NewToolResultText(text), nil
		})
	}
	srv.AddTool(mcp.NewTool("use_all"), mcpgo.Tool(s.AllThree, "Use all three",
		func(_ context.Context, _ mcp.CallToolRequest, all vault.AllThreeSecrets) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(subject.Fingerprints(all.Name, all.Key.Reveal(), all.File.Reveal())), nil
		}))
	srv.AddTool(mcp.NewTool("say"), say)
	l.register(srv)
	s.Export(l, mcpgo.Tool(s.AllThree, "Show it", nil), mcpgo.Option(s.Manager))
	return srv
}

func argumentsOf(r mcp.CallToolRequest) json.RawMessage {
	arguments, _ := json.Marshal(r.GetRawArguments()) // came as JSON
	return arguments
}

// say returns what it is told to.
func say(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var result mcp.CallToolResult
	words, err := subject.WordsOf(argumentsOf(r), &result)
	if err != nil {
		return nil, err
	}
	if words.Structure != "" {
		result.StructuredContent = json.RawMessage(words.Structure)
	}
	return &result, nil
}
