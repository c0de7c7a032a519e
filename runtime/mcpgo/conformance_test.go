package mcpgo_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest/conformance"
)

func TestConformance(t *testing.T) {
	conformance.TestAdapter(t, conformance.Adapter{New: newConforming, Tasks: true})
}

// conforming is the server of the conformance tests.
type conforming struct {
	*server.MCPServer
	manager *secrets.Manager
}

func newConforming(m *secrets.Manager, features []conformance.Feature) conformance.Server {
	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(m), server.WithLogging(), server.WithTaskCapabilities(true, true, true))
	for _, f := range features {
		switch f.Kind {
		case "tool":
			tool := mcp.NewTool(f.Name, mcp.WithString("id"), mcp.WithTaskSupport(mcp.TaskSupportOptional))
			if f.Accounts {
				mcpgo.AccountArgument(m)(&tool)
			}
			srv.AddTool(tool, toolOf(m, f))
		case "prompt":
			srv.AddPrompt(mcp.NewPrompt(f.Name), promptOf(f))
		case "resource":
			srv.AddResource(mcp.NewResource(f.Name, f.Name), resourceOf(f))
		}
	}
	return conforming{srv, m}
}

// parsed returns what a handler has returned as a type of mcp-go.
func parsed[T any](result any, err error, parse func(*json.RawMessage) (*T, error)) (*T, error) {
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	return parse((*json.RawMessage)(&text))
}

// broken returns a result that can't become JSON.
func broken(how conformance.Broken) (*mcp.CallToolResult, error) {
	text, nan := json.RawMessage(`{"said":`), math.NaN()
	switch how {
	case "structure":
		return &mcp.CallToolResult{StructuredContent: text}, nil
	case "content":
		return &mcp.CallToolResult{Content: []mcp.Content{mcp.TextContent{Meta: mcp.NewMetaFromMap(map[string]any{"a": text})}}}, nil
	case "priority":
		odd := mcp.Annotated{Annotations: &mcp.Annotations{Priority: &nan}}
		return &mcp.CallToolResult{Content: []mcp.Content{mcp.TextContent{Annotated: odd}}}, nil
	case "meta":
		return &mcp.CallToolResult{Result: mcp.Result{Meta: mcp.NewMetaFromMap(map[string]any{"a": text})}}, nil
	default:
		return nil, mcp.URLElicitationRequiredError{Elicitations: []mcp.ElicitationParams{{RequestedSchema: text}}}
	}
}

func toolOf(m *secrets.Manager, f conformance.Feature) server.ToolHandlerFunc {
	handle := func(ctx context.Context, request mcp.CallToolRequest, got any) (*mcp.CallToolResult, error) {
		result, err := f.Handle(ctx, request.GetArguments(), got)
		if how, ok := result.(conformance.Broken); ok {
			return broken(how)
		}
		return parsed(result, err, mcp.ParseCallToolResult)
	}
	if f.Get != nil {
		return mcpgo.Tool(f.Get, f.Reason, handle)
	}
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if f.Accounts {
			var err error
			if ctx, err = mcpgo.Account(ctx, m, request); err != nil {
				return nil, err
			}
		}
		return handle(ctx, request, nil)
	}
}

func promptOf(f conformance.Feature) server.PromptHandlerFunc {
	handle := func(ctx context.Context, _ mcp.GetPromptRequest, got any) (*mcp.GetPromptResult, error) {
		result, err := f.Handle(ctx, nil, got)
		return parsed(result, err, mcp.ParseGetPromptResult)
	}
	if f.Get != nil {
		return mcpgo.Prompt(f.Get, f.Reason, handle)
	}
	return func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return handle(ctx, request, nil)
	}
}

func resourceOf(f conformance.Feature) server.ResourceHandlerFunc {
	handle := func(ctx context.Context, _ mcp.ReadResourceRequest, got any) ([]mcp.ResourceContents, error) {
		result, err := f.Handle(ctx, nil, got)
		read, err := parsed(result, err, mcp.ParseReadResourceResult)
		if err != nil {
			return nil, err
		}
		return read.Contents, nil
	}
	if f.Get != nil {
		return mcpgo.Resource(f.Get, f.Reason, handle)
	}
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return handle(ctx, request, nil)
	}
}

func (c conforming) ServeStdio() error { return mcpgo.ServeStdio(c.manager, c.MCPServer) }

func (c conforming) HTTPHandler(named func(string) string) http.Handler {
	return authenticated(mcpgo.HTTPHandler(c.manager, c.MCPServer), named)
}

func (c conforming) BareHTTPHandler(named func(string) string) http.Handler {
	return authenticated(server.NewStreamableHTTPServer(c.MCPServer), named)
}

func authenticated(next http.Handler, named func(string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			r = r.WithContext(secrets.WithPrincipal(r.Context(), named(token)))
		}
		next.ServeHTTP(w, r)
	})
}

func (c conforming) AddTools() { mcpgo.AddTools(c.manager, c.MCPServer) }

func (c conforming) Log(ctx context.Context, data any) error {
	return c.SendNotificationToClient(ctx, "notifications/message", map[string]any{"level": "error", "data": data})
}

func (c conforming) Progress(ctx context.Context, token, message string) error {
	return c.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": token, "progress": 1, "message": message})
}

func (c conforming) Transport() sdk.Transport { return &inProcess{srv: c.MCPServer} }
