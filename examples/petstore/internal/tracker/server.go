package tracker

import (
	"context"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// Before is the server as it was: its tracker's address and token come from the environment, and its handlers share a client.
func Before(address, token string) *server.MCPServer {
	client := New(address, &http.Client{Transport: bearer(token)})
	return newServer(func(context.Context) *Client { return client })
}

// After is the server with the host-bound transport. Each handler has a client, bound to its call, and all share the transport.
func After(v *vault.Secrets, options ...secrets.TransportOption) *server.MCPServer {
	transport := v.APIKeyTransport("Work with the tickets of your pet store", options...)
	return newServer(func(ctx context.Context) *Client {
		return New("https://base_url.invalid", secrets.Client(secrets.InCall(ctx, transport)))
	}, mcpgo.Option(v.Manager))
}

// newServer serves the tools. It is the one place where they get their client.
func newServer(client func(context.Context) *Client, options ...server.ServerOption) *server.MCPServer {
	srv := server.NewMCPServer("tracker", "1.0.0", options...)
	for _, tool := range Tools {
		srv.AddTool(mcp.NewTool(tool.Name, mcp.WithString("id"), mcp.WithString("name"), mcp.WithString("text")),
			func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				in := Input{request.GetString("id", ""), request.GetString("name", ""), request.GetString("text", "")}
				answer, err := tool.Use(client(ctx), in)
				if err != nil {
					return mcp.NewToolResultError(err.Error()), nil
				}
				return mcp.NewToolResultJSON(answer)
			})
	}
	return srv
}

// bearer is the token of Before. What it is sent with shows it to whoever looks, and it goes wherever a redirect leads.
type bearer string

// RoundTrip implements [http.RoundTripper].
func (token bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}
