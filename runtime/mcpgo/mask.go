package mcpgo

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// A result is masked once. Where a function of this package serves, that masks all messages as they are written, and the
// middleware leaves results as they are. Anywhere else, and for what mcp-go keeps before it is written, the middleware masks.

// A resultKind is what has to be known of the results of tools, prompts or resources.
type resultKind[T any] struct {
	name string
	// own returns a result with no more than what may not become JSON; nil if all does.
	own   func(*T) *T
	parse func(*json.RawMessage) (*T, error)
}

var (
	toolResults     = resultKind[mcp.CallToolResult]{"result of tool", ownOfTool, mcp.ParseCallToolResult}
	promptResults   = resultKind[mcp.GetPromptResult]{"result of prompt", ownOfPrompt, mcp.ParseGetPromptResult}
	resourceResults = resultKind[[]mcp.ResourceContents]{"result of resource", ownOfResource, parseResource}
)

// isPlain reports whether a result becomes JSON, whatever is in it.
func (k *resultKind[T]) isPlain(result *T) bool {
	tool, ok := any(result).(*mcp.CallToolResult)
	return (!ok || !hasStructure(tool)) && k.own(result) == nil
}

// finished returns a result as it may leave the middleware.
func finished[T any](ctx context.Context, a adapter, x exchange, kind *resultKind[T], result *T, err error) (*T, error) {
	if result == nil || err != nil {
		return nil, err
	}
	masks := a.Inside().Guard().Knows() && (x.isKept || !masksLater(ctx, a.Manager))
	if !masks && kind.isPlain(result) {
		return result, nil
	}
	// What the handler's own types do to become JSON can panic as the handler can. Here that is an error of the request; the
	// server would do it where a panic ends more. Nor would it answer with what can't become JSON, and it would say why where
	// nothing masks that.
	return serve.Handle(a.Inside().Guard(), kind.name, x.name, func() (*T, error) {
		clean, err := leaving(a, kind, result, masks)
		if err != nil {
			return nil, serve.NoJSON(kind.name, x.name, err)
		}
		return clean, nil
	})
}

// leaving returns a result that becomes JSON, masked where nothing masks it later. The error says why it can't.
func leaving[T any](a adapter, kind *resultKind[T], result *T, masks bool) (*T, error) {
	result, err := structured(result)
	if err != nil {
		return nil, err
	}
	if masks {
		return masked(a, result, kind.parse)
	}
	if own := kind.own(result); own != nil {
		_, err = json.Marshal(own)
	}
	return result, err
}

// masked returns result without the secrets that were handed out. A result without any is returned as it is.
func masked[T any](a adapter, result *T, parse func(*json.RawMessage) (*T, error)) (*T, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	clean := a.Inside().Guard().JSON(text)
	if &clean[0] == &text[0] {
		return result, nil
	}
	without, err := parse((*json.RawMessage)(&clean))
	if err != nil {
		return new(T), nil // rather nothing than a secret
	}
	return without, nil
}

// maskedError returns an error without secrets in the data that mcp-go sends with it, or without data where they are no JSON:
// mcp-go would not answer at all. Its text is masked as that of all others.
func (a adapter) maskedError(x exchange, err error) error {
	if err == nil {
		return nil
	}
	required, ok := pagesOf(err)
	if !ok {
		return err
	}
	text, failed := json.Marshal(required)
	if failed != nil {
		return serve.NoJSON("error of "+x.kind, x.name, failed)
	}
	clean := a.Inside().Guard().JSON(text)
	if len(clean) == 0 || &clean[0] == &text[0] {
		return err
	}
	var without mcp.URLElicitationRequiredError
	if json.Unmarshal(clean, &without) != nil {
		return errors.New(guard.Redacted) // rather nothing than a secret
	}
	return without
}

// pagesOf finds the one error with data of its own, as mcp-go does.
func pagesOf(err error) (required mcp.URLElicitationRequiredError, ok bool) {
	var pointer *mcp.URLElicitationRequiredError
	if errors.As(err, &pointer) && pointer != nil {
		return *pointer, true
	}
	return required, errors.As(err, &required)
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

// structured returns a result in which the structure, if it has one, has become JSON: it may be long, and is not done twice.
func structured[T any](result *T) (*T, error) {
	tool, ok := any(result).(*mcp.CallToolResult)
	if !ok || !hasStructure(tool) {
		return result, nil
	}
	structure := tool.StructuredContent
	if len(tool.RawStructuredContent) > 0 {
		structure = tool.RawStructuredContent // which mcp-go prefers, but for a task
	}
	text, err := serve.Structure(structure)
	if err != nil {
		return nil, err
	}
	whole := *tool
	whole.StructuredContent, whole.RawStructuredContent = text, nil
	return any(&whole).(*T), nil
}

func hasStructure(result *mcp.CallToolResult) bool {
	return len(result.RawStructuredContent) > 0 || result.StructuredContent != nil
}

// ownOfTool is without the structure: see [structured].
func ownOfTool(result *mcp.CallToolResult) *mcp.CallToolResult {
	if result.Meta == nil && result.InputRequests == nil && !slices.ContainsFunc(result.Content, mayFail) {
		return nil
	}
	own := &mcp.CallToolResult{Result: result.Result, MultiRoundTripResult: result.MultiRoundTripResult}
	for _, content := range result.Content {
		if mayFail(content) {
			own.Content = append(own.Content, content)
		}
	}
	return own
}

func ownOfPrompt(result *mcp.GetPromptResult) *mcp.GetPromptResult {
	if result.Meta == nil && result.InputRequests == nil && !slices.ContainsFunc(result.Messages, func(m mcp.PromptMessage) bool { return mayFail(m.Content) }) {
		return nil
	}
	return result
}

func ownOfResource(contents *[]mcp.ResourceContents) *[]mcp.ResourceContents {
	if !slices.ContainsFunc(*contents, resourceMayFail) {
		return nil
	}
	return contents
}

// mayFail reports whether a content may not become JSON: it has a type or bytes of the handler's own, or a number that JSON has no
// word for.
func mayFail(content mcp.Content) bool {
	switch content := content.(type) {
	case mcp.TextContent:
		return content.Meta != nil || isOdd(content.Annotations)
	case mcp.ImageContent:
		return content.Meta != nil || isOdd(content.Annotations)
	case mcp.AudioContent:
		return content.Meta != nil || isOdd(content.Annotations)
	case mcp.EmbeddedResource:
		return content.Meta != nil || isOdd(content.Annotations) || resourceMayFail(content.Resource)
	}
	return true
}

// isOdd reports whether a priority is not a number.
func isOdd(a *mcp.Annotations) bool {
	return a != nil && a.Priority != nil && (math.IsNaN(*a.Priority) || math.IsInf(*a.Priority, 0))
}

func resourceMayFail(resource mcp.ResourceContents) bool {
	switch resource := resource.(type) {
	case mcp.TextResourceContents:
		return resource.Meta != nil
	case mcp.BlobResourceContents:
		return resource.Meta != nil
	}
	return true
}
