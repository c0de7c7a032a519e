package mcpgo

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// A result is masked once. Where a function of this package serves, that masks all messages as they are written, and the
// middleware leaves results as they are. Anywhere else, and for what mcp-go keeps before it is written, the middleware masks.

// finished returns a result as it may leave the middleware. Its contents are the handler's own values and code, which can panic
// as the handler can: here that is an error of the request.
func finished[T any](ctx context.Context, a adapter, x exchange, result *T, err error, settle func(*T) *T, parse func(*json.RawMessage) (*T, error)) (*T, error) {
	if result == nil || err != nil {
		return nil, err
	}
	later := masksLater(ctx, a.Manager) && !x.isKept
	return serve.Handle(a.Inside().Guard(), "result of "+x.kind, x.name, func() (*T, error) {
		if settled := settle(result); later || !a.Inside().Guard().Knows() {
			return settled, nil
		}
		return masked(a, result, parse), nil
	})
}

// masked returns result without the secrets that were handed out. A result without any is returned as it is.
func masked[T any](a adapter, result *T, parse func(*json.RawMessage) (*T, error)) *T {
	text, err := json.Marshal(result)
	if err != nil {
		return result // the server can't send it either
	}
	clean := a.Inside().Guard().JSON(text)
	if &clean[0] == &text[0] {
		return result
	}
	without, err := parse((*json.RawMessage)(&clean))
	if err != nil {
		return new(T) // rather nothing than a secret
	}
	return without
}

// parseResource is for contents, which are what a resource's handler returns. mcp-go itself would parse none without a URI, which
// it sends.
func parseResource(clean *json.RawMessage) (*[]mcp.ResourceContents, error) {
	var texts []json.RawMessage
	if err := json.Unmarshal(*clean, &texts); err != nil {
		return nil, err
	}
	contents := make([]mcp.ResourceContents, len(texts))
	for i, text := range texts {
		contents[i] = parseContents(text)
	}
	return &contents, nil
}

func parseContents(text []byte) mcp.ResourceContents {
	var has struct{ Text, Blob *string }
	var asText mcp.TextResourceContents
	var asBlob mcp.BlobResourceContents
	switch err := json.Unmarshal(text, &has); {
	case err == nil && has.Text != nil && json.Unmarshal(text, &asText) == nil:
		return asText
	case err == nil && has.Blob != nil && json.Unmarshal(text, &asBlob) == nil:
		return asBlob
	}
	return mcp.TextResourceContents{Text: guard.Redacted} // rather nothing than a secret
}

// A result is settled once what the handler's own types do to become JSON has been done: the server would do it where a panic
// ends more than the request. It is not done twice to what may be long.

func settleTool(result *mcp.CallToolResult) *mcp.CallToolResult {
	if result.Meta != nil || slices.ContainsFunc(result.Content, hasCode) {
		_, _ = json.Marshal(mcp.CallToolResult{Result: result.Result, Content: result.Content}) // the server says what is wrong
	}
	switch result.StructuredContent.(type) {
	case nil, json.RawMessage:
		return result
	}
	text, err := json.Marshal(result.StructuredContent)
	if err != nil {
		return result // the server can't send it either
	}
	settled := *result
	settled.StructuredContent = json.RawMessage(text)
	return &settled
}

func settlePrompt(result *mcp.GetPromptResult) *mcp.GetPromptResult {
	if result.Meta != nil || slices.ContainsFunc(result.Messages, func(m mcp.PromptMessage) bool { return hasCode(m.Content) }) {
		_, _ = json.Marshal(result)
	}
	return result
}

func settleResource(contents *[]mcp.ResourceContents) *[]mcp.ResourceContents {
	if slices.ContainsFunc(*contents, resourceHasCode) {
		_, _ = json.Marshal(*contents)
	}
	return contents
}

// hasCode reports whether a type of the handler's own may be in a content.
func hasCode(content mcp.Content) bool {
	switch content := content.(type) {
	case mcp.TextContent:
		return content.Meta != nil
	case mcp.ImageContent:
		return content.Meta != nil
	case mcp.AudioContent:
		return content.Meta != nil
	case mcp.EmbeddedResource:
		return content.Meta != nil || resourceHasCode(content.Resource)
	}
	return true
}

func resourceHasCode(resource mcp.ResourceContents) bool {
	switch resource := resource.(type) {
	case mcp.TextResourceContents:
		return resource.Meta != nil
	case mcp.BlobResourceContents:
		return resource.Meta != nil
	}
	return true
}
