package mcpgo

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Tool returns a handler that starts once what get returns is stored, valid and allowed, and then receives just that. get is a
// generated method of one secret or group, such as v.Login; those of secrets with permission none take no reason, and are
// called inside the handler. If the person refuses, the tool's result is an error that tells the model the way out.
//
//	srv.AddTool(whoami, mcpgo.Tool(v.Login, "Say who you are", s.whoami))
func Tool[T any](get func(context.Context, secrets.Reason) (T, error), reason secrets.Reason, handle func(context.Context, mcp.CallToolRequest, T) (*mcp.CallToolResult, error)) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		value, err := get(ctx, reason)
		if err != nil {
			return toolResult(nil, err)
		}
		return toolResult(handle(ctx, request, value))
	}
}

// Prompt is [Tool] for a prompt. A refusal is the request's error, since a prompt has no error result.
func Prompt[T any](get func(context.Context, secrets.Reason) (T, error), reason secrets.Reason, handle func(context.Context, mcp.GetPromptRequest, T) (*mcp.GetPromptResult, error)) server.PromptHandlerFunc {
	return func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, request, value)
	}
}

// Resource is [Tool] for a resource. A refusal is the request's error, since a resource has no error result.
func Resource[T any](get func(context.Context, secrets.Reason) (T, error), reason secrets.Reason, handle func(context.Context, mcp.ReadResourceRequest, T) ([]mcp.ResourceContents, error)) server.ResourceHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, request, value)
	}
}

// toolResult turns a failure of ours into an error result: a JSON-RPC error often never reaches the model.
func toolResult(result *mcp.CallToolResult, err error) (*mcp.CallToolResult, error) {
	if err == nil {
		return result, nil
	}
	var failure *secrets.Error
	if errors.As(err, &failure) {
		return mcp.NewToolResultError(failure.Error()), nil
	}
	return result, err
}
