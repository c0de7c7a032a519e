package secrets

import (
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
)

// A value may leave in parts, of which none says enough to be known as one. Here the texts that follow each other in a
// result are masked as one text; what else there is in them, and in all of the result, is masked afterwards.

func toolParts(m *Manager, result *mcp.CallToolResult) *mcp.CallToolResult {
	if result == nil || !m.learned.Load() {
		return result
	}
	whole := *result
	whole.Content = maskedParts(m, result.Content, contentText, withContentText)
	return &whole
}

func promptParts(m *Manager, result *mcp.GetPromptResult) *mcp.GetPromptResult {
	if result == nil || !m.learned.Load() {
		return result
	}
	whole := *result
	whole.Messages = maskedParts(m, result.Messages,
		func(message mcp.PromptMessage) string { return contentText(message.Content) },
		func(message mcp.PromptMessage, text string) mcp.PromptMessage {
			message.Content = withContentText(message.Content, text)
			return message
		})
	return &whole
}

func resourceParts(m *Manager, contents []mcp.ResourceContents) []mcp.ResourceContents {
	return maskedParts(m, contents, resourceText, withResourceText)
}

// maskedParts masks the texts that are in contents as one. It changes nothing in place: a handler may keep its results.
func maskedParts[T any](m *Manager, contents []T, textOf func(T) string, with func(T, string) T) []T {
	if len(contents) < 2 || !m.learned.Load() {
		return contents
	}
	texts := make([]string, len(contents))
	for i, content := range contents {
		texts[i] = textOf(content)
	}
	masked := m.guard().Parts(texts)
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
