// Command gosdk is the subject of the laws on the official SDK.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
)

func main() { subject.Main(serve) }

func serve(s *subject.Subject, address string) error {
	srv := newServer(s)
	if s.Bare {
		return serveBare(srv, address)
	}
	gosdk.Install(srv, s.Manager)
	if address == "" {
		return gosdk.ServeStdio(s.Manager, srv)
	}
	return gosdk.ServeHTTP(s.Manager, srv, address, bearer)
}

// serveBare serves each revision as the SDK can: in sessions, or without.
func serveBare(srv *mcp.Server, address string) error {
	if address == "" {
		return srv.Run(context.Background(), &mcp.StdioTransport{})
	}
	getServer := func(*http.Request) *mcp.Server { return srv }
	stateful := mcp.NewStreamableHTTPHandler(getServer, nil)
	stateless := mcp.NewStreamableHTTPHandler(getServer, &mcp.StreamableHTTPOptions{Stateless: true})
	http.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Mcp-Protocol-Version") >= "2026-07-28" {
			stateless.ServeHTTP(w, r)
			return
		}
		stateful.ServeHTTP(w, r)
	})
	return http.ListenAndServe(address, nil)
}

// bearer takes every token for the name of its user.
func bearer(next http.Handler) http.Handler {
	return auth.RequireBearerToken(func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{UserID: token, Expiration: time.Now().Add(time.Hour)}, nil
	}, nil)(next)
}

// anything is the schema of a tool that takes any arguments.
var anything = map[string]any{"type": "object"}

func newServer(s *subject.Subject) *mcp.Server {
	l := &leaker{Subject: s}
	srv := mcp.NewServer(&mcp.Implementation{Name: "subject", Version: "1.0.0"}, &mcp.ServerOptions{
		CompletionHandler:  l.complete,
		SubscribeHandler:   func(context.Context, *mcp.SubscribeRequest) error { return nil },
		UnsubscribeHandler: func(context.Context, *mcp.UnsubscribeRequest) error { return nil },
	})
	for name, tool := range s.Tools() {
		srv.AddTool(&mcp.Tool{Name: name, InputSchema: anything}, func(ctx context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			text, err := tool(ctx, r.Params.Arguments)
			if err != nil {
				return nil, err
			}
			return textResult(text), nil
		})
	}
	mcp.AddTool(srv, &mcp.Tool{Name: "use_all"}, gosdk.Tool(s.AllThree, "Use all three", useAll))
	srv.AddTool(&mcp.Tool{Name: "say", InputSchema: anything}, say)
	l.register(srv)
	s.Export(l, gosdk.Tool(s.AllThree, "Show it", useAll))
	return srv
}

func textResult(text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
}

func useAll(_ context.Context, _ *mcp.CallToolRequest, _ struct{}, all vault.AllThreeSecrets) (*mcp.CallToolResult, any, error) {
	return textResult(subject.Fingerprints(all.Name, all.Key.Reveal(), all.File.Reveal())), nil, nil
}

// say returns what it is told to.
func say(_ context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var result mcp.CallToolResult
	words, err := subject.WordsOf(r.Params.Arguments, &result)
	if err != nil {
		return nil, err
	}
	if words.Structure != "" {
		result.StructuredContent = json.RawMessage(words.Structure)
	}
	return &result, nil
}
