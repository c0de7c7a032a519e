package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// versions are the revisions of MCP that the tests speak: input requests, and two that are asked in place.
var versions = []string{"2026-07-28", "2025-11-25", "2025-06-18"}

const modern = "2026-07-28"

// What the choices of the form for codes are.
const (
	theyMatch  = "The codes match"
	theyDiffer = "They differ"
)

// code is a verification code, in a form or a dialog.
var code = regexp.MustCompile(`[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}`)

// A form is a question that an MCP client got.
type form struct {
	message string
	choices []string
}

func (f form) isPermission() bool { return slices.Contains(f.choices, "Allow") }

// A said is what a client answers to a form.
type said struct {
	action  string
	content map[string]any
	err     error
	after   time.Duration // what it takes at least
	never   bool          // no answer
}

// slow is longer than the time that no person answers within.
const slow = 400 * time.Millisecond

func accept(answer string) said {
	return said{action: "accept", content: map[string]any{"answer": answer}, after: slow}
}

// A human answers the forms of an MCP client.
type human struct {
	answer func(form) said

	mu    sync.Mutex
	forms []form
}

// says is a human with one answer to all forms for permission, who finds that codes match.
func says(permission said) *human { return saysBoth(permission, accept(theyMatch)) }

func saysBoth(permission, codes said) *human {
	return &human{answer: func(f form) said {
		if f.isPermission() {
			return permission
		}
		return codes
	}}
}

func (h *human) seen() []form {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.forms)
}

// reply answers a form, unless the human has gone before.
func (h *human) reply(ctx context.Context, gone <-chan struct{}, params *sdk.ElicitParams) (*sdk.ElicitResult, error) {
	f := formOf(params)
	h.mu.Lock()
	h.forms = append(h.forms, f)
	h.mu.Unlock()
	s := h.answer(f)
	after := time.After(s.after)
	if s.never {
		after = nil
	}
	select {
	case <-after:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-gone:
		return nil, context.Canceled
	}
	if s.err != nil {
		return nil, s.err
	}
	return &sdk.ElicitResult{Action: s.action, Content: s.content}, nil
}

func formOf(params *sdk.ElicitParams) form {
	f := form{message: params.Message}
	schema, _ := params.RequestedSchema.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	answer, _ := properties["answer"].(map[string]any)
	choices, _ := answer["enum"].([]any)
	for _, c := range choices {
		f.choices = append(f.choices, fmt.Sprint(c))
	}
	return f
}

// logLevel is that of the log messages which a client asks for. All servers send it.
const logLevel = "error"

// A visit is how a client comes to a server.
type visit struct {
	version string
	human   *human // nil: the client can't show forms, and does not say that it could
	// unchecked clients deliver any answer. The official client itself checks answers against the form.
	unchecked bool
	// byHand clients return input requests instead of answering them.
	byHand bool
	// logs gets the server's log messages.
	logs func(string)
	// capabilities are declared instead of those that follow from the rest.
	capabilities *sdk.ClientCapabilities
}

// A guest is a client that has come.
type guest struct {
	*sdk.ClientSession
	visit
	gone <-chan struct{} // closed when its human leaves
}

// connect comes by a transport. When ctx ends, so does the patience of the client's human.
func (v visit) connect(ctx context.Context, transport sdk.Transport) (*guest, error) {
	gone := ctx.Done()
	options := &sdk.ClientOptions{Capabilities: v.capabilities, MultiRoundTrip: &sdk.MultiRoundTripOptions{Disabled: v.byHand || v.unchecked}}
	if v.human != nil {
		options.ElicitationHandler = func(ctx context.Context, request *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			return v.human.reply(ctx, gone, request.Params)
		}
	}
	if v.logs != nil {
		//lint:ignore SA1019 servers still send log messages, and the guard must see them
		options.LoggingMessageHandler = func(_ context.Context, request *sdk.LoggingMessageRequest) {
			text, _ := json.Marshal(request.Params.Data)
			v.logs(string(text))
		}
	}
	c := sdk.NewClient(&sdk.Implementation{Name: "official", Version: "1"}, options)
	if v.unchecked {
		c.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
			return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
				if params, ok := request.GetParams().(*sdk.ElicitParams); ok {
					return v.human.reply(ctx, gone, params)
				}
				return next(ctx, method, request)
			}
		})
	}
	session, err := c.Connect(ctx, transport, &sdk.ClientSessionOptions{ProtocolVersion: v.version})
	if err != nil {
		return nil, err
	}
	if got := session.InitializeResult().ProtocolVersion; got != v.version {
		return nil, fmt.Errorf("the server speaks %s, not %s", got, v.version)
	}
	if v.logs != nil && v.version != modern { // there, each request says what is wanted
		//lint:ignore SA1019 servers still send log messages, and the guard must see them
		if err := session.SetLoggingLevel(ctx, &sdk.SetLoggingLevelParams{Level: logLevel}); err != nil {
			return nil, err
		}
	}
	return &guest{session, v, gone}, nil
}

func tool(name string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: name, Arguments: map[string]any{}}
}

func toolWith(name string, id any) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: name, Arguments: map[string]any{"id": fmt.Sprint(id)}}
}

// call calls a tool until it has a result, and returns its text.
func (g *guest) call(ctx context.Context, params *sdk.CallToolParams) (text string, err error) {
	result, err := g.answered(ctx, params)
	if err != nil {
		return "", err
	}
	if text = textOf(result); result.IsError {
		return "", errors.New(text)
	}
	return text, nil
}

// calling calls a tool and returns how to wait for its result.
func (g *guest) calling(t *testing.T, params *sdk.CallToolParams) func() (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := g.call(t.Context(), params)
		done <- result{text, err}
	}()
	return func() (string, error) {
		r := <-done
		return r.text, r.err
	}
}

// answered calls a tool until it has a result.
func (g *guest) answered(ctx context.Context, params *sdk.CallToolParams) (*sdk.CallToolResult, error) {
	for range 10 {
		result, err := g.CallTool(ctx, params)
		if err != nil || !result.NeedsInput() {
			return result, err
		}
		if params, err = g.fulfil(ctx, params, result); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("ten rounds without a result")
}

// fulfil answers an input request: it returns the request to send next.
func (g *guest) fulfil(ctx context.Context, params *sdk.CallToolParams, result *sdk.CallToolResult) (*sdk.CallToolParams, error) {
	next := *params
	next.RequestState, next.InputResponses = result.RequestState, sdk.InputResponseMap{}
	for name, request := range result.InputRequests {
		reply, err := g.human.reply(ctx, g.gone, request.(*sdk.ElicitParams))
		if err != nil {
			return nil, err
		}
		next.InputResponses[name] = reply
	}
	return &next, nil
}

func textOf(result *sdk.CallToolResult) string {
	var texts []string
	for _, content := range result.Content {
		switch content := content.(type) {
		case *sdk.TextContent:
			texts = append(texts, content.Text)
		case *sdk.EmbeddedResource:
			texts = append(texts, content.Resource.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// works fails the test unless the tool got the key.
func (g *guest) works(t *testing.T, params *sdk.CallToolParams) {
	t.Helper()
	if text, err := g.call(t.Context(), params); err != nil || text != worked {
		t.Fatalf("%s: %q, %v", params.Name, text, err)
	}
}

// fails fails the test unless the tool has an error that says words.
func (g *guest) fails(t *testing.T, params *sdk.CallToolParams, words string) {
	t.Helper()
	if text, err := g.call(t.Context(), params); err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("%s: %q, %v, want an error that says %q", params.Name, text, err, words)
	}
}

// asks calls a tool and returns its input request.
func (g *guest) asks(t *testing.T, params *sdk.CallToolParams) *sdk.CallToolResult {
	t.Helper()
	result, err := g.CallTool(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	if !result.NeedsInput() || result.RequestState == "" || len(result.InputRequests) == 0 {
		t.Fatalf("%s: no input request: %q", params.Name, textOf(result))
	}
	return result
}

func (g *guest) status(t *testing.T) (now status) {
	t.Helper()
	text, err := g.call(t.Context(), tool("status"))
	if err == nil {
		err = json.Unmarshal([]byte(text), &now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// eventually waits until done is true. Only a failure uses the bound up.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}
