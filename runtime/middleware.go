package secrets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// ServerOption makes an MCP server that uses the secrets: give it first among the server's options, so that what it does
// is outermost. It lets tools and prompts be asked about in both eras of MCP, turns failures into results that a model can
// read, recovers panics, and masks secrets in results and errors.
func (m *Manager) ServerOption() server.ServerOption {
	return func(s *server.MCPServer) {
		server.WithToolHandlerMiddleware(m.toolMiddleware)(s)
		server.WithPromptHandlerMiddleware(m.promptMiddleware)(s)
		server.WithResourceHandlerMiddleware(m.resourceMiddleware)(s)
	}
}

func (m *Manager) toolMiddleware(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		p := request.Params
		result, err := run(m, ctx, exchange{
			name: p.Name, kind: "tool", arguments: request.GetRawArguments(), meta: p.Meta, rounds: p.Task == nil,
			state: p.RequestState, responses: p.InputResponses,
		}, func(ctx context.Context) (*mcp.CallToolResult, error) {
			return toolResult(next(ctx, request))
		}, func(round mcp.MultiRoundTripResult) *mcp.CallToolResult {
			return &mcp.CallToolResult{Result: mcp.Result{ResultType: mcp.ResultTypeInputRequired}, MultiRoundTripResult: round}
		})
		return masked(m, toolParts(m, result), mcp.ParseCallToolResult), err
	}
}

func (m *Manager) promptMiddleware(next server.PromptHandlerFunc) server.PromptHandlerFunc {
	return func(ctx context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		p := request.Params
		result, err := run(m, ctx, exchange{
			name: p.Name, kind: "prompt", arguments: p.Arguments, meta: p.Meta, rounds: true,
			state: p.RequestState, responses: p.InputResponses,
		}, func(ctx context.Context) (*mcp.GetPromptResult, error) {
			return next(ctx, request)
		}, func(round mcp.MultiRoundTripResult) *mcp.GetPromptResult {
			return &mcp.GetPromptResult{Result: mcp.Result{ResultType: mcp.ResultTypeInputRequired}, MultiRoundTripResult: round}
		})
		return masked(m, promptParts(m, result), mcp.ParseGetPromptResult), err
	}
}

// resourceMiddleware never answers with an input request: a resource's handler has no result to put it in.
func (m *Manager) resourceMiddleware(next server.ResourceHandlerFunc) server.ResourceHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		p := request.Params
		return run(m, ctx, exchange{name: p.URI, kind: "resource", meta: p.Meta},
			func(ctx context.Context) ([]mcp.ResourceContents, error) {
				contents, err := next(ctx, request)
				return maskedContents(m, resourceParts(m, contents)), err
			}, nil)
	}
}

// An exchange is what the runtime needs of a request, whatever it asks for.
type exchange struct {
	name, kind string
	arguments  any
	meta       *mcp.Meta
	rounds     bool // the result may be an input request
	state      string
	responses  mcp.InputResponses
}

// run runs a handler inside a request of its own. What the handler made of a getter's [ErrPending] does not count, be it a
// panic: if the call has questions, the result is the input request.
func run[T any](m *Manager, ctx context.Context, x exchange, handle func(context.Context) (T, error), inputRequired func(mcp.MultiRoundTripResult) T) (T, error) {
	if ctx.Value(requestKey{}) == nil { // else another manager's middleware has begun it
		r := &request{kind: x.kind, name: x.name, progress: progressOf(ctx, x.meta)}
		ctx = context.WithValue(ctx, requestKey{}, r)
		defer r.over()
	}
	if !x.rounds || !asksByRounds(ctx) {
		return recovered(m, ctx, x, handle)
	}
	c := m.call(ctx)
	if c.rounds = c.client == nil && (c.who.kind == process || c.who.kind == named); !c.rounds {
		return recovered(m, ctx, x, handle)
	}
	c.digest = sync.OnceValue(x.digest)
	ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	if r := m.closeRound(x.state, c); r == nil {
		c.stale = x.state != ""
	} else {
		m.resume(c, r, func(name string, choices []string) reply {
			if response := server.ElicitationResponse(x.responses, name); response != nil {
				return replyOf(response.ElicitationResponse, choices)
			}
			return nobody
		})
	}
	result, err := recovered(m, ctx, x, handle)
	if wants := c.end(); len(wants) > 0 {
		return inputRequired(m.inputRequest(c, wants)), nil
	}
	return result, err
}

// asksByRounds reports whether the client of ctx is one of 2026-07-28 that can show forms.
func asksByRounds(ctx context.Context) bool {
	return server.IsModernRequest(ctx) && canShowForms(declared(ctx))
}

// recovered runs a handler and returns its panic as an error. No error's text has a secret that was handed out.
func recovered[T any](m *Manager, ctx context.Context, x exchange, handle func(context.Context) (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the %s %q panicked: %s", x.kind, x.name, m.guard().Text(panicText(r)))
		} else if err != nil {
			err = m.maskedError(err)
		}
	}()
	return handle(ctx)
}

// panicText is what a panic says. As in Go's own report, a value without a text of its own is not shown: its bytes, say, would
// be there as numbers, which the guard does not know.
func panicText(value any) string {
	switch value.(type) {
	case error, fmt.Stringer:
		return fmt.Sprint(value)
	}
	switch kind := reflect.ValueOf(value).Kind(); {
	case kind == reflect.String, reflect.Bool <= kind && kind <= reflect.Complex128:
		return fmt.Sprint(value)
	}
	return fmt.Sprintf("(%T)", value)
}

// inputRequest makes the forms for what a call wants: one for all its permissions, and one for each code.
func (m *Manager) inputRequest(c *call, wants []want) mcp.MultiRoundTripResult {
	requests := mcp.InputRequests{}
	var permissions []string
	for i, w := range wants {
		if w.comparison != nil {
			requests[codesAnswerAt(i)] = mcp.NewElicitationInputRequest(formParams(w.message, m.codeChoices()))
		} else {
			permissions = append(permissions, w.message)
		}
	}
	if len(permissions) > 0 {
		requests[permissionAnswer] = mcp.NewElicitationInputRequest(formParams(strings.Join(permissions, "\n\n"), m.permissionChoices()))
	}
	return mcp.MultiRoundTripResult{InputRequests: requests, RequestState: m.openRound(c, wants)}
}

// digest is the same for a request and its retry, whatever the order of its arguments: it leaves out the answers.
func (x exchange) digest() [sha256.Size]byte {
	raw, ok := x.arguments.(json.RawMessage)
	if !ok {
		raw, _ = json.Marshal(x.arguments) // arguments came as JSON
	}
	canonical := []byte(raw)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // numbers above 2^53 must not meet in one float
	var arguments any
	if decoder.Decode(&arguments) == nil {
		canonical, _ = json.Marshal(arguments) // objects with sorted keys
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q ", x.kind, x.name)
	h.Write(canonical)
	return [sha256.Size]byte(h.Sum(nil))
}

// progressOf returns how to tell the client that its request lives, or nil if it gave no token.
func progressOf(ctx context.Context, meta *mcp.Meta) func(string) {
	srv := server.ServerFromContext(ctx)
	if meta == nil || meta.ProgressToken == nil || srv == nil {
		return nil
	}
	var progress atomic.Int64
	return func(message string) {
		_ = srv.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": meta.ProgressToken, "progress": progress.Add(1), "message": message,
		})
	}
}

// clientName is the MCP client's own word for itself.
func clientName(ctx context.Context) string {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.ClientInfo != nil {
		return info.ClientInfo.Name
	}
	if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		return session.GetClientInfo().Name
	}
	return ""
}

// masked returns result without the secrets that were handed out. A result without any is returned as it is.
func masked[T any](m *Manager, result *T, parse func(*json.RawMessage) (*T, error)) *T {
	if result == nil || !m.learned.Load() {
		return result
	}
	text, err := json.Marshal(result)
	if err != nil {
		return result // the server can't send it either
	}
	clean := m.guard().JSON(text)
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
func maskedContents(m *Manager, contents []mcp.ResourceContents) []mcp.ResourceContents {
	if !m.learned.Load() {
		return contents
	}
	contents = slices.Clone(contents)
	for i, content := range contents {
		text, err := json.Marshal(content)
		if err != nil {
			continue // the server can't send it either
		}
		clean := m.guard().JSON(text)
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

// maskedError returns err without secrets in its text. What it wraps stays for errors.Is.
func (m *Manager) maskedError(err error) error {
	if text := m.guard().Text(err.Error()); text != err.Error() {
		return &maskedError{text, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string        { return e.text }
func (e *maskedError) Is(target error) bool { return errors.Is(e.err, target) }
