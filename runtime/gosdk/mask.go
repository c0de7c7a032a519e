package gosdk

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// errWithheld stands in place of what holds a secret where no text can stand.
var errWithheld = errors.New("secrets: the message held a secret and was withheld")

// What leaves is masked once. Where a function of this package serves, that masks all messages as they are written, and the
// middleware leaves them as they are. Anywhere else, and for what an EventStore keeps before it is written, the middleware masks.

// An outlet is by what all that a session sends leaves, and is masked as it is written.
type outlet struct {
	guard   *guard.Guard
	session mcp.Session
}

// outletKey is for the outlet of a request, in the context of its handler.
type outletKey struct{}

// unmasked masks nothing: it is in place of a guard where the writer's masks.
var unmasked = new(guard.Guard)

// masks returns what the middleware has to mask the answer to a request by, and the context of the request's handler.
func (i *installed) masks(ctx context.Context, req mcp.Request) (context.Context, *guard.Guard) {
	if !i.isWrittenByUs(ctx, req) {
		return ctx, i.guard
	}
	return context.WithValue(ctx, outletKey{}, outlet{i.guard, req.GetSession()}), unmasked
}

// isWrittenByUs reports whether the answer to a request is masked after the middleware, before anything keeps it.
func (i *installed) isWrittenByUs(ctx context.Context, req mcp.Request) bool {
	if v, err := visitOf(req); err == nil && v.guard == i.guard {
		return true
	}
	own := ownOf(ctx, req.GetSession())
	return own != nil && own.guard == i.guard
}

// leavesMasked reports whether what is sent in a session, with a context, is masked as it is written. Only the contexts of
// requests tell: what is sent with another one, such as that a list has changed, is masked twice.
func (i *installed) leavesMasked(ctx context.Context, session mcp.Session) bool {
	return ctx.Value(outletKey{}) == outlet{i.guard, session}
}

// finished returns a result as it may leave the middleware. The error says why it can't become JSON.
func finished(masks *guard.Guard, result mcp.Result) (mcp.Result, error) {
	result, err := structured(result)
	if err != nil || result == nil {
		return nil, err
	}
	if !masks.Knows() {
		return result, tried(result)
	}
	clean, err := without(masks, result)
	if err != nil || clean == nil {
		return result, err
	}
	return clean.(mcp.Result), nil
}

// maskedRequest returns a request or notification of the server without the secrets that were handed out.
func maskedRequest(masks *guard.Guard, req mcp.Request) (mcp.Request, error) {
	params := req.GetParams()
	if params == nil || reflect.ValueOf(params).IsNil() || !masks.Knows() {
		return req, nil
	}
	clean, err := without(masks, params)
	if err != nil || clean == nil {
		return req, err
	}
	// Its type is one of many: what it is a request for is a type parameter.
	copied := reflect.New(reflect.TypeOf(req).Elem())
	copied.Elem().Set(reflect.ValueOf(req).Elem())
	copied.Elem().FieldByName("Params").Set(reflect.ValueOf(clean))
	return copied.Interface().(mcp.Request), nil
}

// without returns a copy of what a pointer is for, without the secrets in it, or nil if it has none. An error is that it can't
// become JSON: the SDK can't send it either.
func without(masks *guard.Guard, pointer any) (any, error) {
	text, err := json.Marshal(pointer)
	if err != nil {
		return nil, err
	}
	clean := masks.JSON(text)
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

// structured returns a result in which the structure, if it has one, has become JSON: it may be long, and is not done twice.
func structured(result mcp.Result) (mcp.Result, error) {
	tool, ok := result.(*mcp.CallToolResult)
	if !ok || tool.StructuredContent == nil {
		return result, nil
	}
	text, err := serve.Structure(tool.StructuredContent)
	if err != nil {
		return nil, err
	}
	whole := *tool
	whole.StructuredContent = text
	return &whole, nil
}

// tried has the handler's own types in a result do once what they do to become JSON: the SDK would do it first in a goroutine of
// its own, where a panic ends the process, and would not answer with what can't become JSON.
func tried(result mcp.Result) (err error) {
	switch result := result.(type) {
	case *mcp.CallToolResult:
		err = triedTool(result)
	case *mcp.GetPromptResult:
		if len(result.Meta) > 0 || len(result.InputRequests) > 0 ||
			slices.ContainsFunc(result.Messages, func(m *mcp.PromptMessage) bool { return m != nil && mayFail(m.Content) }) {
			_, err = json.Marshal(result)
		}
	case *mcp.ReadResourceResult:
		if len(result.Meta) > 0 || len(result.InputRequests) > 0 || slices.ContainsFunc(result.Contents, resourceMayFail) {
			_, err = json.Marshal(result)
		}
	default: // the others are short
		_, err = json.Marshal(result)
	}
	return err
}

func triedTool(result *mcp.CallToolResult) error {
	if len(result.Meta) == 0 && len(result.InputRequests) == 0 && !slices.ContainsFunc(result.Content, mayFail) {
		return nil
	}
	own := &mcp.CallToolResult{Meta: result.Meta, InputRequests: result.InputRequests, Content: []mcp.Content{}}
	for _, content := range result.Content {
		if mayFail(content) {
			own.Content = append(own.Content, content)
		}
	}
	_, err := json.Marshal(own)
	return err
}

// mayFail reports whether a content may not become JSON: it has a type or bytes of the handler's own, a number that JSON has no word
// for, or a nil pointer, of which the SDK panics.
func mayFail(content mcp.Content) bool {
	if content == nil || isNil(content) {
		return content != nil
	}
	switch content := content.(type) {
	case *mcp.TextContent:
		return len(content.Meta) > 0 || isOdd(content.Annotations)
	case *mcp.ImageContent:
		return len(content.Meta) > 0 || isOdd(content.Annotations)
	case *mcp.AudioContent:
		return len(content.Meta) > 0 || isOdd(content.Annotations)
	case *mcp.EmbeddedResource:
		return len(content.Meta) > 0 || isOdd(content.Annotations) || resourceMayFail(content.Resource)
	}
	return true
}

// isOdd reports whether a priority is not a number.
func isOdd(a *mcp.Annotations) bool {
	return a != nil && (math.IsNaN(a.Priority) || math.IsInf(a.Priority, 0))
}

func resourceMayFail(resource *mcp.ResourceContents) bool {
	return resource != nil && len(resource.Meta) > 0
}
