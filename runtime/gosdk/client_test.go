package gosdk_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
)

const modern = "2026-07-28"

// versions are the revisions that the tests speak: input requests, and two that are asked in place.
var versions = []string{modern, "2025-11-25", "2025-06-18"}

const (
	refused  = "did not allow"
	tooEarly = "has not answered" // what must never reach a client that is asked by rounds
	stranger = "can't be used here"
)

// A form is a question that an MCP client got.
type form struct {
	message string
	choices []string
}

func (f form) isPermission() bool { return slices.Contains(f.choices, "Allow") }

// No person of these tests answers within fast, and slow is longer.
const (
	fast = 20 * time.Millisecond
	slow = 60 * time.Millisecond
)

// A said is what a client answers to a form.
type said struct {
	action, answer string
	err            error
	after          time.Duration // what it takes at least
	never          bool
}

func accept(answer string) said { return said{action: "accept", answer: answer, after: slow} }

// A human answers the forms of an MCP client.
type human struct {
	answer func(form) said

	mu    sync.Mutex
	forms []form
}

// says is a human with one answer to all forms for permission, who finds that codes match.
func says(permission said) *human {
	return &human{answer: func(f form) said {
		if f.isPermission() {
			return permission
		}
		return accept("The codes match")
	}}
}

func (h *human) seen() []form {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.forms)
}

func (h *human) reply(ctx context.Context, params *mcp.ElicitParams) (*mcp.ElicitResult, error) {
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
	}
	if s.err != nil {
		return nil, s.err
	}
	result := &mcp.ElicitResult{Action: s.action}
	if s.answer != "" {
		result.Content = map[string]any{"answer": s.answer}
	}
	return result, nil
}

func formOf(params *mcp.ElicitParams) form {
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

// A client is how one comes to a server.
type client struct {
	version  string
	human    *human                                            // nil: it can't show forms, and does not say that it could
	byHand   bool                                              // it returns input requests instead of answering them
	declares *mcp.ClientCapabilities                           // instead of those that follow from the rest
	logs     func(context.Context, *mcp.LoggingMessageRequest) // gets the server's log messages
	progress func(context.Context, *mcp.ProgressNotificationClientRequest)
}

// A guest is a client that has come.
type guest struct{ *mcp.ClientSession }

func (c client) connect(t *testing.T, transport mcp.Transport) *guest {
	t.Helper()
	options := &mcp.ClientOptions{
		Capabilities: c.declares, MultiRoundTrip: &mcp.MultiRoundTripOptions{Disabled: c.byHand},
		//lint:ignore SA1019 servers still send log messages
		LoggingMessageHandler: c.logs, ProgressNotificationHandler: c.progress,
	}
	if c.human != nil {
		options.ElicitationHandler = func(ctx context.Context, req *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return c.human.reply(ctx, req.Params)
		}
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "official", Version: "1"}, options).
		Connect(t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: c.version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	if got := session.InitializeResult().ProtocolVersion; got != c.version {
		t.Fatalf("the server speaks %s, not %s", got, c.version)
	}
	return &guest{session}
}

func tool(name string) *mcp.CallToolParams { return toolWith(name, nil) }

func toolWith(name string, arguments map[string]any) *mcp.CallToolParams {
	if arguments == nil {
		arguments = map[string]any{}
	}
	return &mcp.CallToolParams{Name: name, Arguments: arguments}
}

func leak(how string) *mcp.CallToolParams { return toolWith("leak", map[string]any{"how": how}) }

// call returns the text of a tool's result, or of its error result as an error.
func (g *guest) call(ctx context.Context, params *mcp.CallToolParams) (string, error) {
	result, err := g.CallTool(ctx, params)
	if err != nil {
		return "", err
	}
	if result.IsError {
		return "", errors.New(textOf(result))
	}
	return textOf(result), nil
}

func textOf(result *mcp.CallToolResult) string {
	var texts []string
	for _, content := range result.Content {
		if content, ok := content.(*mcp.TextContent); ok {
			texts = append(texts, content.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// works fails the test unless the tool got the key.
func (g *guest) works(t *testing.T, params *mcp.CallToolParams) {
	t.Helper()
	if text, err := g.call(t.Context(), params); err != nil || text != worked {
		t.Fatalf("%s: %q, %v", params.Name, text, err)
	}
}

// fails fails the test unless the tool has an error result that says words.
func (g *guest) fails(t *testing.T, params *mcp.CallToolParams, words string) {
	t.Helper()
	result, err := g.CallTool(t.Context(), params)
	if err != nil || !result.IsError || !strings.Contains(textOf(result), words) {
		t.Fatalf("%s: %+v, %v, want an error result that says %q", params.Name, result, err, words)
	}
}

// asks fails the test unless the tool answers with an input request.
func (g *guest) asks(t *testing.T, params *mcp.CallToolParams) *mcp.CallToolResult {
	t.Helper()
	result, err := g.CallTool(t.Context(), params)
	if err != nil || !result.NeedsInput() || result.RequestState == "" || len(result.InputRequests) == 0 {
		t.Fatalf("%s: no input request: %+v, %v", params.Name, result, err)
	}
	return result
}

// with returns params with a handle and the answer to the question for permission.
func with(params *mcp.CallToolParams, handle, answer string) *mcp.CallToolParams {
	next := *params
	next.RequestState = handle
	next.InputResponses = mcp.InputResponseMap{"permission": &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": answer}}}
	return &next
}

// eventually waits until done is true. Only a failure uses the bound up.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}

// A way leads a client to a server.
type way struct {
	name string
	come func(*testing.T, *shop, client) *guest
	// written returns all that the server has sent so far.
	written func() []byte
}

// ways returns all ways on which a client's answers count. Each has a record of its own.
func ways() []way {
	w := new(wire)
	return []way{
		{"in memory", inMemory, func() []byte { return nil }},
		{"stdio", func(t *testing.T, s *shop, c client) *guest { return overStdio(t, s, w).come(t, c) }, w.bytes},
		{"http", func(t *testing.T, s *shop, c client) *guest { return overHTTP(t, s, w).comeAs(t, "ann", c) }, w.bytes},
	}
}

// everywhere runs a test for each way and revision.
func everywhere(t *testing.T, test func(t *testing.T, w way, version string)) {
	for n := range ways() {
		for _, version := range versions {
			w := ways()[n]
			t.Run(w.name+" "+version, func(t *testing.T) {
				t.Parallel()
				test(t, w, version)
			})
		}
	}
}

func inMemory(t *testing.T, s *shop, c client) *guest {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	session, err := gosdk.Connect(t.Context(), s.Server, here)
	if err != nil {
		t.Fatal(err)
	}
	g := c.connect(t, there)
	t.Cleanup(func() {
		_ = g.Close()
		_ = session.Wait()
	})
	return g
}

// A wire keeps what a server writes.
type wire struct {
	mu   sync.Mutex
	sent bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent.Write(p)
}

func (w *wire) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.sent.Bytes())
}

// A process is a server that serves on pipes as it does on stdio.
type process struct {
	input  *io.PipeWriter // what the server reads
	output *io.PipeReader // what the server writes
	stop   func()         // as a signal does
	ended  chan error
	wire   *wire
}

func overStdio(t *testing.T, s *shop, w *wire) *process {
	t.Helper()
	in, input := io.Pipe()
	output, out := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	p := &process{input, output, stop, make(chan error, 1), w}
	go func() {
		err := gosdk.ServeOn(ctx, s.Manager, s.Server, in, io.MultiWriter(w, out))
		_ = in.Close() // as the end of a process does: a client that still writes would wait for ever
		p.ended <- err
		_ = out.Close()
	}()
	t.Cleanup(func() {
		_ = input.Close()
		_ = output.Close()
		stop()
	})
	return p
}

func (p *process) come(t *testing.T, c client) *guest {
	t.Helper()
	return c.connect(t, &mcp.IOTransport{Reader: p.output, Writer: p.input})
}

// initialize begins a session by hand.
const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"raw","version":"1"}}}`

// says sends lines that no client of the SDK would.
func (p *process) says(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if _, err := io.WriteString(p.input, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
}

// wait waits for the end of the server, which must be a good one.
func (p *process) wait(t *testing.T) {
	t.Helper()
	go func() { _, _ = io.Copy(io.Discard, p.output) }()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the server does not end")
	}
	for line := range bytes.Lines(p.wire.bytes()) {
		var message struct{ JSONRPC string }
		if err := json.Unmarshal(line, &message); err != nil || message.JSONRPC != "2.0" {
			t.Errorf("on standard output: %q", line)
		}
	}
}

// A web is a server over HTTP.
type web struct {
	handler http.Handler
	url     string
}

// overHTTP serves at a port of this computer.
func overHTTP(t *testing.T, s *shop, w *wire, options ...func(*mcp.StreamableHTTPOptions)) *web {
	t.Helper()
	return listen(t, recorded(authenticated(gosdk.HTTPHandler(s.Manager, s.Server, options...)), w))
}

func listen(t *testing.T, handler http.Handler) *web {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return &web{handler, server.URL}
}

// authenticated takes a bearer's token for the user's name. Requests without a token pass.
func authenticated(next http.Handler) http.Handler {
	verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{UserID: token, Expiration: time.Now().Add(time.Hour)}, nil
	}
	bearers := auth.RequireBearerToken(verify, nil)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		r = r.WithContext(context.WithValue(r.Context(), subjectKey{}, subject))
		if subject == "" {
			next.ServeHTTP(w, r)
			return
		}
		bearers.ServeHTTP(w, r)
	})
}

func recorded(next http.Handler, w *wire) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(recorder{to, w}, r)
	})
}

type recorder struct {
	http.ResponseWriter
	wire *wire
}

func (r recorder) Write(p []byte) (int, error) {
	_, _ = r.wire.Write(p)
	return r.ResponseWriter.Write(p)
}

func (r recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
func (r recorder) Flush()                      { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// comeAs comes with the token of a user, "" for none.
func (w *web) comeAs(t *testing.T, user string, c client) *guest {
	t.Helper()
	return w.comeBy(t, bearer{user, http.DefaultTransport}, c)
}

func (w *web) comeBy(t *testing.T, by http.RoundTripper, c client) *guest {
	t.Helper()
	url := cmp.Or(w.url, "http://127.0.0.1/mcp")
	return c.connect(t, &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: by}, MaxRetries: -1})
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

// A post is a request that no client of the SDK would send.
type post struct {
	method  string // POST where it is ""
	session string
	version string
	body    string
	header  http.Header // more headers
}

// send sends a post and returns the status and the body of the response.
func (p post) send(t *testing.T, by http.RoundTripper, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), cmp.Or(p.method, http.MethodPost), cmp.Or(url, "http://127.0.0.1/mcp"), strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, values := range p.header {
		r.Header[name] = values
	}
	if p.session != "" {
		r.Header.Set("Mcp-Session-Id", p.session)
	}
	if p.version != "" {
		r.Header.Set("Mcp-Protocol-Version", p.version)
	}
	response, err := by.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK && p.method == http.MethodGet {
		return response.StatusCode, "" // an event stream, which does not end
	}
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}
