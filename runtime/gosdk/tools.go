package gosdk

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

// AddTools adds three tools to a server, so that its user can ask the model for what package usercmd does in a terminal:
// secrets_status says which secrets are set, secrets_set opens the dialog that asks for one, and secrets_forget removes one
// once the user has allowed that in a dialog. They take and return names, never values.
func AddTools(m *secrets.Manager, srv *mcp.Server) {
	for _, tool := range m.Inside().Tools() {
		destructive := !tool.ReadOnly
		mcp.AddTool(srv, AccountArgument(m, &mcp.Tool{
			Name:        tool.Name,
			Description: tool.Description,
			Annotations: &mcp.ToolAnnotations{ReadOnlyHint: tool.ReadOnly, DestructiveHint: &destructive},
			InputSchema: argumentsOf(tool),
		}), func(ctx context.Context, _ *mcp.CallToolRequest, in named) (*mcp.CallToolResult, any, error) {
			ctx, err := m.Account(ctx, in.Account)
			if err != nil {
				return nil, nil, err
			}
			said, err := tool.Run(ctx, in.Name)
			if text, ok := said.(string); ok && err == nil {
				return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
			}
			return nil, said, err
		})
	}
}

// named is the arguments of a tool of ours.
type named struct {
	Name    string `json:"name"`
	Account string `json:"account"`
}

func argumentsOf(tool inside.Tool) map[string]any {
	properties := map[string]any{inside.AccountArgument: inside.AccountSchema(nil)}
	if tool.Secrets == nil {
		return map[string]any{"type": "object", "properties": properties}
	}
	properties["name"] = map[string]any{"type": "string", "enum": tool.Secrets, "description": "The name of the secret"}
	return map[string]any{"type": "object", "properties": properties, "required": []string{"name"}}
}
