package mcpgo

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

// AddTools adds three tools to a server, so that its user can ask the model for what package usercmd does in a terminal:
// secrets_status says which secrets are set, secrets_set opens the dialog that asks for one, and secrets_forget removes one
// once the user has allowed that in a dialog. They take and return names, never values.
func AddTools(m *secrets.Manager, srv *server.MCPServer) {
	for _, tool := range m.Inside().Tools() {
		srv.AddTool(definitionOf(m, tool), func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			ctx, err := Account(ctx, m, request)
			if err != nil {
				return toolResult(nil, err)
			}
			result, err := tool.Run(ctx, request.GetString("name", ""))
			if err != nil {
				return mcp.NewToolResultError(err.Error()), nil
			}
			if text, ok := result.(string); ok {
				return mcp.NewToolResultText(text), nil
			}
			return mcp.NewToolResultJSON(result)
		})
	}
}

func definitionOf(m *secrets.Manager, tool inside.Tool) mcp.Tool {
	options := []mcp.ToolOption{mcp.WithDescription(tool.Description), AccountArgument(m)}
	if tool.ReadOnly {
		options = append(options, mcp.WithReadOnlyHintAnnotation(true))
	} else {
		options = append(options, mcp.WithDestructiveHintAnnotation(true))
	}
	if tool.Secrets != nil {
		options = append(options, mcp.WithString("name", mcp.Required(), mcp.Enum(tool.Secrets...), mcp.Description("The name of the secret")))
	}
	return mcp.NewTool(tool.Name, options...)
}
