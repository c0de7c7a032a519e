package secrets

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// A Getter is a generated method of one secret or group, such as vault.Login. Those of secrets with permission none take no
// reason, and are called inside the handler.
type Getter[T any] func(context.Context, Reason) (T, error)

// Tool returns a handler that starts once what get returns is stored, valid and allowed, and then receives just that. If
// the person refuses, the tool's result is an error that tells the model the way out.
//
//	srv.AddTool(whoami, secrets.Tool(vault.Login, "Say who you are", s.whoami))
func Tool[T any](get Getter[T], reason Reason, handle func(context.Context, mcp.CallToolRequest, T) (*mcp.CallToolResult, error)) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		ctx = withRequest(ctx, "tool", request.Params.Name)
		value, err := get(ctx, reason)
		if err != nil {
			return toolResult(nil, err)
		}
		return toolResult(handle(ctx, request, value))
	}
}

// Prompt is [Tool] for a prompt. A refusal is the request's error, since a prompt has no error result.
func Prompt[T any](get Getter[T], reason Reason, handle func(context.Context, mcp.GetPromptRequest, T) (*mcp.GetPromptResult, error)) server.PromptHandlerFunc {
	return func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		ctx = withRequest(ctx, "prompt", request.Params.Name)
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, request, value)
	}
}

// Resource is [Tool] for a resource. A refusal is the request's error, since a resource has no error result.
func Resource[T any](get Getter[T], reason Reason, handle func(context.Context, mcp.ReadResourceRequest, T) ([]mcp.ResourceContents, error)) server.ResourceHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		ctx = withRequest(ctx, "resource", request.Params.URI)
		value, err := get(ctx, reason)
		if err != nil {
			return nil, err
		}
		return handle(ctx, request, value)
	}
}

// toolResult turns a failure of ours into an error result: a JSON-RPC error often never reaches the model.
func toolResult(result *mcp.CallToolResult, err error) (*mcp.CallToolResult, error) {
	var failure *Error
	if errors.As(err, &failure) {
		return mcp.NewToolResultError(failure.Error()), nil
	}
	return result, err
}
