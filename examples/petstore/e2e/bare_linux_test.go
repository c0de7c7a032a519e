package e2e

import (
	"context"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	official "github.com/modelcontextprotocol/go-sdk/mcp"
)

// bareMCPGo is what the pet store on mcp-go is without its secrets.
func bareMCPGo() []http.Handler {
	s := mcpserver.NewMCPServer("petstore", "1.0.0")
	for _, name := range tools {
		s.AddTool(mcp.NewTool(name, mcp.WithDescription(name)), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("a pet"), nil
		})
	}
	s.AddPrompt(mcp.NewPrompt("care", mcp.WithPromptDescription("care")),
		func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return mcp.NewGetPromptResult("care", nil), nil
		})
	s.AddResource(mcp.NewResource("pets://inventory", "inventory", mcp.WithMIMEType("application/json")),
		func(_ context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: "[]"}}, nil
		})
	return []http.Handler{mcpserver.NewStreamableHTTPServer(s)}
}

// bareOfficial is what the pet store on the official SDK is without its secrets: with sessions, as revisions before 2026-07-28
// want them, and without.
func bareOfficial() []http.Handler {
	s := official.NewServer(&official.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
	for _, name := range tools {
		official.AddTool(s, &official.Tool{Name: name, Description: name}, func(context.Context, *official.CallToolRequest, struct{}) (*official.CallToolResult, any, error) {
			return &official.CallToolResult{Content: []official.Content{&official.TextContent{Text: "a pet"}}}, nil, nil
		})
	}
	s.AddPrompt(&official.Prompt{Name: "care", Description: "care"},
		func(context.Context, *official.GetPromptRequest) (*official.GetPromptResult, error) {
			return &official.GetPromptResult{Description: "care", Messages: []*official.PromptMessage{}}, nil
		})
	s.AddResource(&official.Resource{URI: "pets://inventory", Name: "inventory", MIMEType: "application/json"},
		func(_ context.Context, request *official.ReadResourceRequest) (*official.ReadResourceResult, error) {
			return &official.ReadResourceResult{Contents: []*official.ResourceContents{{URI: request.Params.URI, MIMEType: "application/json", Text: "[]"}}}, nil
		})
	get := func(*http.Request) *official.Server { return s }
	return []http.Handler{
		official.NewStreamableHTTPHandler(get, nil),
		official.NewStreamableHTTPHandler(get, &official.StreamableHTTPOptions{Stateless: true}),
	}
}
