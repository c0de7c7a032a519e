package gosdk

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Tool returns a handler that starts once what get returns is stored, valid and allowed, and then receives just that. get is a
// generated method of one secret or group. If the person refuses, the tool's result is an error that tells the model the way
// out.
//
//	mcp.AddTool(srv, &mcp.Tool{Name: "whoami"}, gosdk.Tool(v.Login, "Say who you are", s.whoami))
func Tool[In, Out, S any](get func(context.Context, secrets.Reason) (S, error), reason secrets.Reason, handle func(context.Context, *mcp.CallToolRequest, In, S) (*mcp.CallToolResult, Out, error)) mcp.ToolHandlerFor[In, Out] {
	return func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, Out, error) {
		value, err := get(ctx, reason)
		if err != nil {
			var none Out
			return nil, none, err
		}
		return handle(ctx, req, in, value)
	}
}

// Prompt is [Tool] for a prompt. A refusal is the request's error, since a prompt has no error result.
func Prompt[S any](get func(context.Context, secrets.Reason) (S, error), reason secrets.Reason, handle func(context.Context, *mcp.GetPromptRequest, S) (*mcp.GetPromptResult, error)) mcp.PromptHandler {
	return func(ctx context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, req, value)
	}
}

// Resource is [Tool] for a resource. A refusal is the request's error, since a resource has no error result.
func Resource[S any](get func(context.Context, secrets.Reason) (S, error), reason secrets.Reason, handle func(context.Context, *mcp.ReadResourceRequest, S) (*mcp.ReadResourceResult, error)) mcp.ResourceHandler {
	return func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, req, value)
	}
}
