package mcpgo

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// Option makes an MCP server that uses the secrets of m: give it first among the server's options, so that what it does is
// outermost. It installs middleware that asks for permission, turns refusals into tool errors, recovers panics, and masks
// secrets in errors, and in results that no function of this package masks as they leave.
func Option(m *secrets.Manager) server.ServerOption {
	a := adapter{m}
	return func(s *server.MCPServer) {
		server.WithToolHandlerMiddleware(a.tool)(s)
		server.WithPromptHandlerMiddleware(a.prompt)(s)
		server.WithResourceHandlerMiddleware(a.resource)(s)
		server.WithToolFilter(a.withAccounts)(s)
	}
}

// An adapter is the middleware of one manager.
type adapter struct{ *secrets.Manager }

func (a adapter) tool(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p := request.Params
		x := exchange{kind: "tool", name: p.Name, meta: p.Meta, state: p.RequestState, responses: p.InputResponses}
		// A task's handler runs around the middleware, with a context that has ended: its result can't be an input request. Who
		// fetches the result may come by another way than who began the task.
		x.rounds, x.isKept = p.Task == nil, p.Task != nil
		x.arguments = p.RawArguments
		if len(x.arguments) == 0 && p.Arguments != nil { // in-process, or made by a middleware
			x.arguments, _ = json.Marshal(p.Arguments) // came as JSON
		}
		result, err := run(a, ctx, x,
			func(ctx context.Context) (*mcp.CallToolResult, error) { return toolResult(next(ctx, request)) },
			func(round mcp.MultiRoundTripResult) *mcp.CallToolResult {
				return &mcp.CallToolResult{Result: mcp.Result{ResultType: mcp.ResultTypeInputRequired}, MultiRoundTripResult: round}
			})
		return finished(ctx, a, x, &toolResults, result, err)
	}
}

func (a adapter) prompt(next server.PromptHandlerFunc) server.PromptHandlerFunc {
	return func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		p := request.Params
		x := exchange{kind: "prompt", name: p.Name, meta: p.Meta, rounds: true, state: p.RequestState, responses: p.InputResponses}
		x.arguments, _ = json.Marshal(p.Arguments) // came as JSON
		result, err := run(a, ctx, x,
			func(ctx context.Context) (*mcp.GetPromptResult, error) { return next(ctx, request) },
			func(round mcp.MultiRoundTripResult) *mcp.GetPromptResult {
				return &mcp.GetPromptResult{Result: mcp.Result{ResultType: mcp.ResultTypeInputRequired}, MultiRoundTripResult: round}
			})
		return finished(ctx, a, x, &promptResults, result, err)
	}
}

// resource never answers with an input request: a resource's handler has no result to put it in.
func (a adapter) resource(next server.ResourceHandlerFunc) server.ResourceHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		p := request.Params
		x := exchange{kind: "resource", name: p.URI, meta: p.Meta}
		contents, err := run(a, ctx, x, func(ctx context.Context) ([]mcp.ResourceContents, error) { return next(ctx, request) }, nil)
		clean, err := finished(ctx, a, x, &resourceResults, &contents, err)
		if err != nil {
			return nil, err
		}
		return *clean, nil
	}
}

// An exchange is what the three kinds of request have in common.
type exchange struct {
	kind, name string
	arguments  []byte
	meta       *mcp.Meta
	rounds     bool // the result may be an input request
	isKept     bool // the result is kept by the server until it is fetched
	state      string
	responses  mcp.InputResponses
}

// run runs a handler inside a turn of its own. What the handler made of a getter's [secrets.ErrPending] does not count, be it
// a panic: if the turn has forms to show, the result is the input request.
func run[T any](a adapter, ctx context.Context, x exchange, handle func(context.Context) (T, error), inputRequired func(mcp.MultiRoundTripResult) T) (T, error) {
	ctx, turn := a.Begin(ctx, callOf(ctx, a.Manager, x), x.state, repliesOf(x.responses))
	result, err := serve.Handle(a.Inside().Guard(), x.kind, x.name, func() (T, error) {
		result, err := handle(ctx)
		return result, a.maskedError(x, err)
	})
	if forms, state := turn.End(); len(forms) > 0 {
		return inputRequired(inputRequest(forms, state)), nil
	}
	return result, err
}

// callOf says what is known of a request.
func callOf(ctx context.Context, m *secrets.Manager, x exchange) secrets.Call {
	c := clientOf(ctx)
	call := secrets.Call{
		Guarded:   guarded(ctx, m),
		Kind:      x.kind,
		Name:      x.name,
		Client:    c.name(),
		Principal: c.principal(),
		Shows:     c.shows(),
		Rounds:    x.rounds && c.isModern(),
		Arguments: x.arguments,
		Progress:  progressOf(ctx, x.meta),
	}
	if call.Shows.Forms {
		call.Ask = c.ask(ctx)
	}
	return call
}

// inputRequest has all forms of a turn asked at once.
func inputRequest(forms []secrets.Form, state string) mcp.MultiRoundTripResult {
	requests := mcp.InputRequests{}
	for _, form := range forms {
		requests[form.Name] = mcp.NewElicitationInputRequest(elicitation(form))
	}
	return mcp.MultiRoundTripResult{InputRequests: requests, RequestState: state}
}

func repliesOf(responses mcp.InputResponses) map[string]secrets.Reply {
	if len(responses) == 0 {
		return nil
	}
	replies := make(map[string]secrets.Reply, len(responses))
	for name := range responses {
		if response := server.ElicitationResponse(responses, name); response != nil {
			replies[name] = replyOf(response.ElicitationResponse)
		}
	}
	return replies
}

// progressOf returns how to tell the client that its request lives, or nil if it gave no token.
func progressOf(ctx context.Context, meta *mcp.Meta) func(string) {
	if meta == nil || meta.ProgressToken == nil {
		return nil
	}
	srv := server.ServerFromContext(ctx)
	if srv == nil {
		return nil
	}
	var progress atomic.Int64
	return func(message string) {
		_ = srv.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": meta.ProgressToken, "progress": progress.Add(1), "message": message,
		})
	}
}
