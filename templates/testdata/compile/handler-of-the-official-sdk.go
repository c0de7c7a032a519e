package golden

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
)

type greeting struct{ Text string }

func greets(context.Context, *mcp.CallToolRequest, greeting, LoginSecrets) (*mcp.CallToolResult, greeting, error) {
	return nil, greeting{}, nil
}

func greetsText(context.Context, *mcp.CallToolRequest, greeting, string) (*mcp.CallToolResult, greeting, error) {
	return nil, greeting{}, nil
}

func handlerOfTheOfficialSDK(s *Secrets, reason string) {
	_ = gosdk.Tool(s.Login, "Say who you are", greets)
	_ = gosdk.Tool(s.APIKey, "Say who you are", greets)                          // want "type func.* does not match"
	_ = gosdk.Tool(s.Contact, "Write a letter", greetsText)                      // want "type func.* does not match"
	_ = gosdk.Tool(s.Login, reason, greets)                                      // want "cannot use reason .* as secrets.Reason"
	_ = gosdk.Tool[greeting, string, LoginSecrets](s.Login, "Say hello", greets) // want "cannot use greets"
}
