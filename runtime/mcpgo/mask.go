package mcpgo

import (
	"encoding/json"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// maskedSafely returns what mask makes of a result. Contents are the handler's own values and code, which can panic as the
// handler can.
func maskedSafely[T any](a adapter, x exchange, result *T, err error, mask func() *T) (*T, error) {
	if result == nil || err != nil {
		return nil, err
	}
	if !a.Inside().Guard().Knows() {
		return result, nil
	}
	return serve.Handle(a.Inside().Guard(), "result of "+x.kind, x.name, func() (*T, error) { return mask(), nil })
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

// maskedContents is masked for the contents of a resource.
func maskedContents(a adapter, contents []mcp.ResourceContents) []mcp.ResourceContents {
	if !a.Inside().Guard().Knows() {
		return contents
	}
	contents = slices.Clone(contents)
	for i, content := range contents {
		text, err := json.Marshal(content)
		if err != nil {
			continue // the server can't send it either
		}
		clean := a.Inside().Guard().JSON(text)
		if &clean[0] == &text[0] {
			continue
		}
		contents[i] = mcp.TextResourceContents{Text: guard.Redacted} // rather nothing than a secret
		var fields map[string]any
		if json.Unmarshal(clean, &fields) == nil {
			if without, err := mcp.ParseResourceContents(fields); err == nil {
				contents[i] = without
			}
		}
	}
	return contents
}

// A value may leave in parts, of which none says enough to be known as one. Here the texts that follow each other in a
// result are masked as one text; what else there is in them, and in all of the result, is masked afterwards.

func toolParts(a adapter, result *mcp.CallToolResult) *mcp.CallToolResult {
	if result == nil || !a.Inside().Guard().Knows() {
		return result
	}
	whole := *result
	whole.Content = maskedParts(a, result.Content, contentText, withContentText)
	return &whole
}

func promptParts(a adapter, result *mcp.GetPromptResult) *mcp.GetPromptResult {
	if result == nil || !a.Inside().Guard().Knows() {
		return result
	}
	whole := *result
	whole.Messages = maskedParts(a, result.Messages,
		func(message mcp.PromptMessage) string { return contentText(message.Content) },
		func(message mcp.PromptMessage, text string) mcp.PromptMessage {
			message.Content = withContentText(message.Content, text)
			return message
		})
	return &whole
}

func resourceParts(a adapter, contents []mcp.ResourceContents) []mcp.ResourceContents {
	return maskedParts(a, contents, resourceText, withResourceText)
}

// maskedParts masks the texts that are in contents as one. It changes nothing in place: a handler may keep its results.
func maskedParts[T any](a adapter, contents []T, textOf func(T) string, with func(T, string) T) []T {
	if len(contents) < 2 || !a.Inside().Guard().Knows() {
		return contents
	}
	texts := make([]string, len(contents))
	for i, content := range contents {
		texts[i] = textOf(content)
	}
	masked := a.Inside().Guard().Parts(texts)
	if &masked[0] == &texts[0] {
		return contents
	}
	contents = slices.Clone(contents)
	for i, text := range masked {
		if text != texts[i] {
			contents[i] = with(contents[i], text)
		}
	}
	return contents
}

func contentText(content mcp.Content) string {
	switch content := content.(type) {
	case mcp.TextContent:
		return content.Text
	case mcp.EmbeddedResource:
		return resourceText(content.Resource)
	}
	return ""
}

func withContentText(content mcp.Content, text string) mcp.Content {
	switch content := content.(type) {
	case mcp.TextContent:
		content.Text = text
		return content
	case mcp.EmbeddedResource:
		content.Resource = withResourceText(content.Resource, text)
		return content
	}
	return content
}

func resourceText(resource mcp.ResourceContents) string {
	text, _ := resource.(mcp.TextResourceContents)
	return text.Text
}

func withResourceText(resource mcp.ResourceContents, text string) mcp.ResourceContents {
	if content, ok := resource.(mcp.TextResourceContents); ok {
		content.Text = text
		return content
	}
	return resource
}
