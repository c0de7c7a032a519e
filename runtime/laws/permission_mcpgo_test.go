package laws

import (
	"context"
	"net/http"
	"strings"

	mcpclient "github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// serveMCPGo is the world's server on mcp-go.
func serveMCPGo(p *permissionRun, m *secrets.Manager) *permissionServer {
	srv := mcpserver.NewMCPServer("laws", "1", mcpgo.Option(m))
	for name := range oracleTools {
		if name != "" {
			srv.AddTool(mcp.NewTool(name, mcp.WithString("id")), p.toolMCPGo(m, name))
		}
	}
	guarded := mcpgo.HTTPHandler(m, srv)
	return &permissionServer{
		Manager: m,
		handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
				r = r.WithContext(secrets.WithPrincipal(r.Context(), name))
			}
			guarded.ServeHTTP(w, r)
		}),
		connect: func(ctx context.Context, a *actor, gone <-chan struct{}) (connection, error) {
			return connectMCPGo(ctx, srv, a, gone)
		},
	}
}

func (p *permissionRun) toolMCPGo(m *secrets.Manager, name string) mcpserver.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		n, _ := request.Params.Meta.AdditionalFields["laws/number"].(float64)
		number := int(n)
		if !startsWithAll(name) {
			if err := p.handle(ctx, m, name, number, request.GetString("id", "")); err != nil {
				return nil, err
			}
			return mcp.NewToolResultText("done"), nil
		}
		return mcpgo.Tool(func(ctx context.Context, reason secrets.Reason) (map[string]string, error) {
			return p.get(ctx, m, name, reason)
		}, p.reason(number), func(_ context.Context, _ mcp.CallToolRequest, got map[string]string) (*mcp.CallToolResult, error) {
			p.use(number, got)
			return mcp.NewToolResultText("done"), nil
		})(ctx, request)
	}
}

// A connectionMCPGo is one of mcp-go's client in the server's process.
type connectionMCPGo struct{ *mcpclient.Client }

func connectMCPGo(ctx context.Context, srv *mcpserver.MCPServer, a *actor, gone <-chan struct{}) (connection, error) {
	var options []mcpclient.ClientOption
	if a.forms {
		options = append(options, mcpclient.WithElicitationHandler(personMCPGo{a, gone}))
	}
	c, err := mcpclient.NewInProcessClientWithOptions(srv, options...)
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	_, err = c.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: a.version}})
	return connectionMCPGo{c}, err
}

func (c connectionMCPGo) close() { _ = c.Close() }

func (c connectionMCPGo) call(ctx context.Context, r *oracleRequest) (string, *inputRequest, error) {
	request := mcp.CallToolRequest{}
	request.Params.Name, request.Params.Arguments = r.tool, map[string]any{"id": r.arg}
	request.Params.Meta = &mcp.Meta{AdditionalFields: map[string]any{"laws/number": r.number}}
	request.Params.RequestState = r.handle
	result, err := c.CallTool(ctx, request)
	if err != nil || len(result.Content) == 0 {
		return "", nil, err
	}
	return result.Content[0].(mcp.TextContent).Text, nil, nil
}

// A personMCPGo answers the forms of mcp-go's client.
type personMCPGo struct {
	*actor
	gone <-chan struct{}
}

// Elicit implements client.ElicitationHandler.
func (p personMCPGo) Elicit(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	schema, _ := request.Params.RequestedSchema.(map[string]any)
	action, content, err := p.elicited(ctx, p.gone, request.Params.Message, choicesIn(schema))
	if err != nil {
		return nil, err
	}
	result := &mcp.ElicitationResult{}
	result.Action = mcp.ElicitationResponseAction(action)
	if content != nil {
		result.Content = content
	}
	return result, nil
}
