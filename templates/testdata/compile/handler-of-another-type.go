package golden

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

func wantsLogin(context.Context, mcp.CallToolRequest, LoginSecrets) (*mcp.CallToolResult, error) {
	return nil, nil
}

func wantsText(context.Context, mcp.CallToolRequest, string) (*mcp.CallToolResult, error) {
	return nil, nil
}

func handlerOfAnotherType(s *Secrets, reason string) {
	_ = secrets.Tool(s.Login, "Say who you are", wantsLogin)
	_ = secrets.Tool(s.APIKey, "Say who you are", wantsLogin) // want "type func.* does not match"
	_ = secrets.Tool(s.Contact, "Write a letter", wantsText)  // want "type func.* does not match"
	_ = secrets.Tool(s.Login, reason, wantsLogin)             // want "cannot use reason .* as secrets.Reason"
}
