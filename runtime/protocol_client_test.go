package secrets_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/server"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// versions are the revisions of MCP that the tests speak: input requests, and two that are asked in place.
var versions = []string{"2026-07-28", "2025-11-25", "2025-06-18"}

const modern = "2026-07-28"

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
	gone   <-chan struct{} // closed when the human leaves

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

func (h *human) reply(ctx context.Context, params *sdk.ElicitParams) (*sdk.ElicitResult, error) {
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
	case <-h.gone:
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
}

// connect comes by a transport. When ctx ends, so does the patience of the client's human.
func (v visit) connect(ctx context.Context, transport sdk.Transport) (*guest, error) {
	if v.human != nil {
		v.human.gone = ctx.Done()
	}
	options := &sdk.ClientOptions{Capabilities: v.capabilities, MultiRoundTrip: &sdk.MultiRoundTripOptions{Disabled: v.byHand || v.unchecked}}
	if v.human != nil {
		options.ElicitationHandler = func(ctx context.Context, request *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			return v.human.reply(ctx, request.Params)
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
					return v.human.reply(ctx, params)
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
	return &guest{session, v}, nil
}

func tool(name string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: name, Arguments: map[string]any{}}
}

func toolWith(name string, id any) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: name, Arguments: map[string]any{"id": fmt.Sprint(id)}}
}

// call calls a tool until it has a result.
func (g *guest) call(ctx context.Context, params *sdk.CallToolParams) (text string, err error) {
	for range 10 {
		result, err := g.CallTool(ctx, params)
		if err != nil {
			return "", err
		}
		if !result.NeedsInput() {
			text := textOf(result)
			if result.IsError {
				return "", errors.New(text)
			}
			return text, nil
		}
		if params, err = g.fulfil(ctx, params, result); err != nil {
			return "", err
		}
	}
	return "", errors.New("ten rounds without a result")
}

// fulfil answers an input request: it returns the request to send next.
func (g *guest) fulfil(ctx context.Context, params *sdk.CallToolParams, result *sdk.CallToolResult) (*sdk.CallToolParams, error) {
	next := *params
	next.RequestState, next.InputResponses = result.RequestState, sdk.InputResponseMap{}
	for name, request := range result.InputRequests {
		reply, err := g.human.reply(ctx, request.(*sdk.ElicitParams))
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
		if content, ok := content.(*sdk.TextContent); ok {
			texts = append(texts, content.Text)
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

// A place has one server, which clients can come to.
type place interface {
	enter(t *testing.T, v visit) *guest
	written() []byte // all that the server has sent so far
}

// A transport makes a place.
type transport struct {
	name string
	open func(*testing.T, world) place
}

var (
	overStdio  = transport{"stdio", func(t *testing.T, w world) place { return startProcess(t, w) }}
	overHTTP   = transport{"http", func(t *testing.T, w world) place { return openHTTP(t, w) }}
	transports = []transport{overStdio, overHTTP}
)

// A webPlace has its server in the test's process, over HTTP.
type webPlace struct {
	*shop
	url     string
	handler http.Handler

	mu     sync.Mutex
	bodies bytes.Buffer
}

// openHTTP serves a world at a port of this computer. The token of a request is its principal.
func openHTTP(t *testing.T, w world) *webPlace {
	t.Helper()
	p := newWebPlace(t, w)
	web := httptest.NewServer(p.handler)
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	p.url = web.URL
	return p
}

func newWebPlace(t *testing.T, w world) *webPlace {
	t.Helper()
	s, err := w.serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Manager.Close() })
	guarded := mcpgo.HTTPHandler(s.Manager, s.MCPServer, server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)))
	p := &webPlace{shop: s}
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		guarded.ServeHTTP(recorder{w, p}, r.WithContext(secrets.WithPrincipal(r.Context(), name)))
	})
	return p
}

// enter comes as ann.
func (p *webPlace) enter(t *testing.T, v visit) *guest {
	t.Helper()
	return p.enterAs(t, "ann", v)
}

// enterAs comes with the token of a principal, "" for none.
func (p *webPlace) enterAs(t *testing.T, principal string, v visit) *guest {
	t.Helper()
	return p.enterBy(t, bearer{principal, http.DefaultTransport}, v)
}

func (p *webPlace) enterBy(t *testing.T, by http.RoundTripper, v visit) *guest {
	t.Helper()
	g, err := v.connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: p.url, HTTPClient: &http.Client{Transport: by}, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// written returns the bodies of all responses so far.
func (p *webPlace) written() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.bodies.Bytes())
}

// A recorder keeps what is written to a client.
type recorder struct {
	http.ResponseWriter
	place *webPlace
}

func (r recorder) Write(b []byte) (int, error) {
	r.place.mu.Lock()
	_, _ = r.place.bodies.Write(b)
	r.place.mu.Unlock()
	return r.ResponseWriter.Write(b)
}

func (r recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// A bearer adds the token.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// A process is a server on stdio in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output *io.PipeReader // what a client reads
	ended  chan struct{}  // closed once err is there
	err    error

	mu     sync.Mutex
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func startProcess(t *testing.T, w world) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, "-test.run=^TestProtocolServerProcess$"), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), serverProcess+"="+string(text), "GORACE=atexit_sleep_ms=0") // a quick end also under -race
	p.cmd.Stderr = &p.stderr
	// Not StdoutPipe: what the process writes last must be read too.
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = writer
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	output, pass := io.Pipe()
	p.output = output
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.MultiWriter(&locked{&p.mu, &p.stdout}, regardless{pass}), reader)
		_ = pass.Close()
		_ = reader.Close()
	}()
	go func() {
		<-drained
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.stdin.Close()
		p.wait()
	})
	return p
}

// enter comes to the process, which has one client in its life.
func (p *process) enter(t *testing.T, v visit) *guest {
	t.Helper()
	g, err := v.connect(t.Context(), &sdk.IOTransport{Reader: p.output, Writer: p.stdin})
	if err != nil {
		_ = p.cmd.Process.Kill()
		t.Fatal(err)
	}
	return g
}

// wait waits for the end of the process, which must be a good one: exit code 0, and nothing but JSON-RPC on its output.
func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.t.Errorf("the server does not end")
	}
	if p.err != nil {
		p.t.Errorf("the server ended with %v\n%s", p.err, &p.stderr)
	}
	for line := range bytes.Lines(p.written()) {
		var message struct{ JSONRPC string }
		if err := json.Unmarshal(line, &message); err != nil || message.JSONRPC != "2.0" {
			p.t.Errorf("on standard output: %q", line)
		}
	}
}

// written returns the standard output so far.
func (p *process) written() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.stdout.Bytes())
}

type locked struct {
	mu *sync.Mutex
	to io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

// regardless goes on when nobody reads any more.
type regardless struct{ to io.Writer }

func (r regardless) Write(b []byte) (int, error) {
	_, _ = r.to.Write(b)
	return len(b), nil
}
