package golden

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

func wantsLogin(context.Context, mcp.CallToolRequest, LoginSecrets) (*mcp.CallToolResult, error) {
	return nil, nil
}

func wantsText(context.Context, mcp.CallToolRequest, string) (*mcp.CallToolResult, error) {
	return nil, nil
}

func handlerOfAnotherType(s *Secrets, reason string) {
	_ = mcpgo.Tool(s.Login, "Say who you are", wantsLogin)
	_ = mcpgo.Tool(s.APIKey, "Say who you are", wantsLogin) // want "type func.* does not match"
	_ = mcpgo.Tool(s.Contact, "Write a letter", wantsText)  // want "type func.* does not match"
	_ = mcpgo.Tool(s.Login, reason, wantsLogin)             // want "cannot use reason .* as secrets.Reason"
}
