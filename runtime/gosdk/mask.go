package gosdk

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// errWithheld stands in place of what holds a secret where no text can stand.
var errWithheld = errors.New("secrets: the message held a secret and was withheld")

// masked returns result without the secrets that were handed out. A result without any is returned as it is.
func (i *installed) masked(result mcp.Result) (mcp.Result, error) {
	if result == nil || !i.guard.Knows() {
		return result, nil
	}
	result = i.maskedContents(result)
	without, err := i.without(result)
	if err != nil || without == nil {
		return result, err
	}
	return without.(mcp.Result), nil
}

// maskedRequest is masked for a request or notification of the server.
func (i *installed) maskedRequest(req mcp.Request) (mcp.Request, error) {
	params := req.GetParams()
	if params == nil || reflect.ValueOf(params).IsNil() || !i.guard.Knows() {
		return req, nil
	}
	without, err := i.without(params)
	if err != nil || without == nil {
		return req, err
	}
	// Its type is one of many: what it is a request for is a type parameter.
	copied := reflect.New(reflect.TypeOf(req).Elem())
	copied.Elem().Set(reflect.ValueOf(req).Elem())
	copied.Elem().FieldByName("Params").Set(reflect.ValueOf(without))
	return copied.Interface().(mcp.Request), nil
}

// without returns a copy of what a pointer is for, without the secrets in it, or nil if it has none.
func (i *installed) without(pointer any) (any, error) {
	text, err := json.Marshal(pointer)
	if err != nil || len(text) == 0 {
		return nil, nil // the SDK can't send it either
	}
	clean := i.guard.JSON(text)
	if &clean[0] == &text[0] {
		return nil, nil
	}
	copied := reflect.New(reflect.TypeOf(pointer).Elem()).Interface()
	if json.Unmarshal(clean, copied) != nil {
		return nil, errWithheld
	}
	if result, ok := copied.(*mcp.CallToolResult); ok && result.StructuredContent != nil {
		// As it was written: a number above 2^53 would lose digits.
		var raw struct {
			StructuredContent json.RawMessage `json:"structuredContent"`
		}
		if json.Unmarshal(clean, &raw) != nil {
			return nil, errWithheld
		}
		result.StructuredContent = raw.StructuredContent
	}
	return copied, nil
}

// maskedContents masks what without can't. A value may leave in parts, of which none says enough to be known as one: the
// texts that follow each other in a result are masked as one text. And in place of bytes only other bytes can stand: what has
// a value in them becomes a text. It changes nothing in place, as a handler may keep its results.
func (i *installed) maskedContents(result mcp.Result) mcp.Result {
	switch result := result.(type) {
	case *mcp.CallToolResult:
		copied := *result
		copied.Content = maskedParts(i, result.Content, i.contentWithoutBytes, contentText, withContentText)
		return &copied
	case *mcp.GetPromptResult:
		copied := *result
		copied.Messages = maskedParts(i, result.Messages, func(message *mcp.PromptMessage) *mcp.PromptMessage {
			return withContent(message, i.contentWithoutBytes(message.Content))
		}, func(message *mcp.PromptMessage) string {
			return contentText(message.Content)
		}, func(message *mcp.PromptMessage, text string) *mcp.PromptMessage {
			return withContent(message, withContentText(message.Content, text))
		})
		return &copied
	case *mcp.ReadResourceResult:
		copied := *result
		copied.Contents = maskedParts(i, result.Contents, i.resourceWithoutBytes, resourceText, withResourceText)
		return &copied
	}
	return result
}

// maskedParts masks bytes one by one, and then all texts together. What is nil has neither, and leaves as null.
func maskedParts[T any](i *installed, parts []T, withoutBytes func(T) T, textOf func(T) string, with func(T, string) T) []T {
	parts = slices.Clone(parts)
	texts := make([]string, len(parts))
	for n, part := range parts {
		if any(part) == nil || isNil(part) {
			continue
		}
		parts[n] = withoutBytes(part)
		texts[n] = textOf(parts[n])
	}
	for n, text := range i.guard.Parts(texts) {
		if text != texts[n] {
			parts[n] = with(parts[n], text)
		}
	}
	return parts
}

func (i *installed) contentWithoutBytes(content mcp.Content) mcp.Content {
	switch content := content.(type) {
	case *mcp.ImageContent:
		if i.hasSecret(content.Data) {
			return &mcp.TextContent{Text: guard.Redacted}
		}
	case *mcp.AudioContent:
		if i.hasSecret(content.Data) {
			return &mcp.TextContent{Text: guard.Redacted}
		}
	case *mcp.EmbeddedResource:
		copied := *content
		copied.Resource = i.resourceWithoutBytes(content.Resource)
		return &copied
	}
	return content
}

func (i *installed) resourceWithoutBytes(resource *mcp.ResourceContents) *mcp.ResourceContents {
	if resource == nil || !i.hasSecret(resource.Blob) {
		return resource
	}
	copied := *resource
	copied.Blob, copied.Text = nil, guard.Redacted
	return &copied
}

// hasSecret looks at bytes as they leave, in base64.
func (i *installed) hasSecret(bytes []byte) bool {
	text := base64.StdEncoding.EncodeToString(bytes)
	return i.guard.Text(text) != text
}

func withContent(message *mcp.PromptMessage, content mcp.Content) *mcp.PromptMessage {
	copied := *message
	copied.Content = content
	return &copied
}

func contentText(content mcp.Content) string {
	switch content := content.(type) {
	case *mcp.TextContent:
		return content.Text
	case *mcp.EmbeddedResource:
		return resourceText(content.Resource)
	}
	return ""
}

func withContentText(content mcp.Content, text string) mcp.Content {
	switch content := content.(type) {
	case *mcp.TextContent:
		copied := *content
		copied.Text = text
		return &copied
	case *mcp.EmbeddedResource:
		copied := *content
		copied.Resource = withResourceText(content.Resource, text)
		return &copied
	}
	return content
}

func resourceText(resource *mcp.ResourceContents) string {
	if resource == nil {
		return ""
	}
	return resource.Text
}

func withResourceText(resource *mcp.ResourceContents, text string) *mcp.ResourceContents {
	copied := *resource
	copied.Text = text
	return &copied
}
