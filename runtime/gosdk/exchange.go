package gosdk

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// modern is the first revision without sessions and without requests of the server.
const modern = "2026-07-28"

// An exchange is what the runtime needs of a request, whatever it asks for.
type exchange struct {
	request    request
	kind, name string
	arguments  []byte
	state      string
	responses  mcp.InputResponseMap
}

// A request is one of those that an input request may answer.
type request interface {
	mcp.Request
	ClientInfo() *mcp.Implementation
	ClientCapabilities() *mcp.ClientCapabilities
}

// exchangeOf returns the exchange of a request for a tool, a prompt or a resource.
func exchangeOf(req mcp.Request) (x exchange, ok bool) {
	switch req := req.(type) {
	case *mcp.CallToolRequest:
		p := req.Params
		return exchange{req, "tool", p.Name, p.Arguments, p.RequestState, p.InputResponses}, true
	case *mcp.GetPromptRequest:
		p := req.Params
		arguments, _ := json.Marshal(p.Arguments) // they came as JSON
		return exchange{req, "prompt", p.Name, arguments, p.RequestState, p.InputResponses}, true
	case *mcp.ReadResourceRequest:
		p := req.Params
		return exchange{req, "resource", p.URI, nil, p.RequestState, p.InputResponses}, true
	}
	return exchange{}, false
}

// isModern reports whether the request is one of 2026-07-28 or later. The SDK goes by the request's own _meta, and so does
// this: what a session's initialize asked for is the client's word, and says nothing of what was agreed on.
func (x exchange) isModern() bool {
	version, _ := x.request.GetParams().GetMeta()[mcp.MetaKeyProtocolVersion].(string)
	return version >= modern
}

func (x exchange) session() *mcp.ServerSession {
	session, _ := x.request.GetSession().(*mcp.ServerSession)
	return session
}

// call returns what the runtime is told of the request. ctx is that of the handler.
func (x exchange) call(ctx context.Context, by caller) secrets.Call {
	c := secrets.Call{
		Kind: x.kind, Name: x.name, Arguments: x.arguments, Guarded: true, // by the middleware, which sees all that is sent
		Principal: by.principal, Shows: shows(x.request.ClientCapabilities()), Progress: x.progress(ctx),
	}
	if info := x.request.ClientInfo(); info != nil {
		c.Client = info.Name
	}
	switch {
	case !by.answers:
	case x.isModern():
		c.Rounds = true
	default: // without a session, the SDK says at once that it can't be asked
		c.Ask = ask(ctx, x.session())
	}
	return c
}

// progress returns how to tell the client that its request lives, or nil if it gave no token.
func (x exchange) progress(ctx context.Context) func(string) {
	params, ok := x.request.GetParams().(mcp.RequestParams)
	if !ok || params.GetProgressToken() == nil {
		return nil
	}
	var progress atomic.Int64
	return func(message string) {
		_ = x.session().NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: params.GetProgressToken(), Progress: float64(progress.Add(1)), Message: message,
		})
	}
}

// failed makes what answers a request whose getter failed: of a tool a result, as a JSON-RPC error often never reaches the
// model. Prompts and resources have no result for that.
func (x exchange) failed(failure *secrets.Error) (mcp.Result, error) {
	if x.kind != "tool" {
		return nil, &protocolError{failure}
	}
	if !x.isModern() {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: failure.Error()}}, IsError: true}, nil
	}
	// The SDK says resultType by a field that only it can set, except by decoding.
	text, err := json.Marshal(failure.Error())
	if err != nil {
		return nil, err
	}
	result := new(mcp.CallToolResult)
	err = json.Unmarshal(fmt.Appendf(nil, `{"resultType":"complete","isError":true,"content":[{"type":"text","text":%s}]}`, text), result)
	return result, err
}

// A protocolError is a failure of ours with a code of JSON-RPC.
type protocolError struct{ failure *secrets.Error }

func (e *protocolError) Error() string { return e.failure.Error() }

func (e *protocolError) Unwrap() []error {
	return []error{e.failure, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: e.failure.Error()}}
}
