package gosdk

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// errWithheld stands in place of what holds a secret where no text can stand.
var errWithheld = errors.New("secrets: the message held a secret and was withheld")

// A result is masked once. Where a function of this package serves, that masks all messages as they are written, and the
// middleware leaves results as they are. Anywhere else, and for what an EventStore keeps before it is written, the middleware
// masks.

// finished returns a result as it may leave the middleware.
func (i *installed) finished(ctx context.Context, req mcp.Request, result mcp.Result) (mcp.Result, error) {
	result, err := settled(result)
	if err != nil {
		return nil, err
	}
	if result == nil || !i.guard.Knows() || i.masksLater(ctx, req) {
		return result, nil
	}
	without, err := i.without(result)
	if err != nil || without == nil {
		return result, err
	}
	return without.(mcp.Result), nil
}

// masksLater reports whether the answer to a request is masked after the middleware, before anything keeps it.
func (i *installed) masksLater(ctx context.Context, req mcp.Request) bool {
	if v, err := visitOf(req); err == nil && v.guard == i.guard {
		return true
	}
	own := ownOf(ctx, req.GetSession())
	return own != nil && own.guard == i.guard
}

// maskedRequest returns a request or notification of the server without the secrets that were handed out.
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

// settled returns a result once what the handler's own types in it do to become JSON has been done: the SDK would do it in a
// goroutine of its own, where a panic ends the process, and would not answer with what can't become JSON. It is not done twice
// to what may be long.
func settled(result mcp.Result) (_ mcp.Result, err error) {
	switch result := result.(type) {
	case *mcp.CallToolResult:
		return settledTool(result)
	case *mcp.GetPromptResult:
		if len(result.Meta) > 0 || slices.ContainsFunc(result.Messages, func(m *mcp.PromptMessage) bool { return m != nil && hasCode(m.Content) }) {
			_, err = json.Marshal(result)
		}
	case *mcp.ReadResourceResult:
		if len(result.Meta) > 0 || slices.ContainsFunc(result.Contents, resourceHasCode) {
			_, err = json.Marshal(result)
		}
	}
	return result, err
}

func settledTool(result *mcp.CallToolResult) (mcp.Result, error) {
	if len(result.Meta) > 0 || slices.ContainsFunc(result.Content, hasCode) {
		if _, err := json.Marshal(&mcp.CallToolResult{Meta: result.Meta, Content: result.Content}); err != nil {
			return nil, err
		}
	}
	switch result.StructuredContent.(type) {
	case nil, json.RawMessage:
		return result, nil
	}
	text, err := json.Marshal(result.StructuredContent)
	if err != nil {
		return nil, err
	}
	settled := *result
	settled.StructuredContent = json.RawMessage(text)
	return &settled, nil
}

// hasCode reports whether a type of the handler's own may be in a content, or a nil pointer, of which the SDK panics.
func hasCode(content mcp.Content) bool {
	if content == nil || isNil(content) {
		return content != nil
	}
	switch content := content.(type) {
	case *mcp.TextContent:
		return len(content.Meta) > 0
	case *mcp.ImageContent:
		return len(content.Meta) > 0
	case *mcp.AudioContent:
		return len(content.Meta) > 0
	case *mcp.EmbeddedResource:
		return len(content.Meta) > 0 || resourceHasCode(content.Resource)
	}
	return true
}

func resourceHasCode(resource *mcp.ResourceContents) bool {
	return resource != nil && len(resource.Meta) > 0
}
