package mcpgo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Ways by which a value once left that no guard around what is written could see.

// fromHere returns a handler for the requests of a caller on this computer.
func fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:4000"
		next.ServeHTTP(w, r)
	})
}

// post sends a request in a session of its own and returns the answer.
func post(t *testing.T, handler http.Handler, body string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set(sessionHeader, initialize(t, handler))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Body.String()
}

// A handler may be the client of its own server, with the context that it has. What that client gets is written nowhere.
func TestClientInAHandlerGetsNoKey(t *testing.T) {
	for _, name := range []string{"without a session", "with a session"} {
		t.Run(name, func(t *testing.T) {
			var told bytes.Buffer
			vault := openVault(t, func() (secrets.Answer, error) { return secrets.AllowOnce, nil }, secrets.WithLogger(slog.New(slog.NewTextHandler(&told, nil))))
			srv := server.NewMCPServer("x", "1", Option(vault.Manager))
			srv.AddTool(mcp.NewTool("inner"), Tool(vault.APIKey, "Read", func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
				return mcp.NewToolResultText("it is " + key.Reveal()), nil
			}))
			inner := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"inner"}}`
			var got []byte
			srv.AddTool(mcp.NewTool("outer"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				if name == "with a session" {
					ctx = srv.WithContext(ctx, server.NewInProcessSession("inside", nil))
				}
				got, _ = json.Marshal(srv.HandleMessage(ctx, json.RawMessage(inner)))
				return mcp.NewToolResultText("done"), nil
			})
			handler := fromHere(HTTPHandler(vault.Manager, srv))
			post(t, handler, strings.Replace(inner, "inner", "outer", 1))
			if !bytes.Contains(got, []byte("it is [redacted]")) {
				t.Errorf("the client in the handler got %s", got)
			}
			if n := strings.Count(told.String(), "not all is masked"); n != 1 {
				t.Errorf("told %d times: %s", n, &told)
			}
		})
	}
}

// An agent in the process may begin with the context of a session of another way.
func TestClientInThisProcessGetsNoKey(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	srv := server.NewMCPServer("x", "1", Option(m))
	srv.AddTool(mcp.NewTool("tool"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("it is " + attacked), nil
	})
	result := callToolIn(t, fromInside(withGuard(t.Context(), guarding{manager: m}), srv), srv, "tool")
	if text, _ := json.Marshal(result); !bytes.Contains(text, []byte("it is [redacted]")) {
		t.Errorf("got %s", text)
	}
}

func callToolIn(t *testing.T, ctx context.Context, srv *server.MCPServer, name string) mcp.JSONRPCMessage {
	t.Helper()
	return srv.HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`"}}`))
}

// An error that asks for a page to be opened has data, which its text does not show.
func TestDataOfAnErrorIsMasked(t *testing.T) {
	page := mcp.ElicitationParams{Mode: mcp.ElicitationModeURL, ElicitationID: "1", Message: "Sign in", URL: "https://example.com/?key=" + attacked}
	required := mcp.URLElicitationRequiredError{Elicitations: []mcp.ElicitationParams{page}}
	for name, err := range map[string]error{"value": required, "pointer": &required, "wrapped": errors.Join(required)} {
		m := openVault(t, nobody).Manager
		m.Mask(t.Context(), attacked)
		srv := server.NewMCPServer("x", "1", Option(m))
		srv.AddTool(mcp.NewTool("tool"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { return nil, err })
		answer, _ := json.Marshal(callToolIn(t, fromInside(t.Context(), srv), srv, "tool"))
		if text := string(answer); !strings.Contains(text, "[redacted]") || strings.Contains(text, attacked[5:]) || !strings.Contains(text, "-32042") || !strings.Contains(text, "Sign in") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// The result of a task is kept until somebody fetches it, who may come where nothing masks what is written.
func TestKeptResultIsMasked(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	srv := server.NewMCPServer("x", "1", Option(m), server.WithTaskCapabilities(true, true, true))
	srv.AddTool(mcp.NewTool("tool", mcp.WithTaskSupport(mcp.TaskSupportOptional)), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{mcp.NewTextContent("it is " + attacked[:9]), mcp.NewTextContent(attacked[9:])}}, nil
	})
	begun, err := json.Marshal(srv.HandleMessage(withGuard(t.Context(), guarding{manager: m}), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool","task":{}}}`)))
	var task struct{ Result struct{ Task mcp.Task } }
	if err != nil || json.Unmarshal(begun, &task) != nil || task.Result.Task.TaskId == "" {
		t.Fatalf("begun: %s, %v", begun, err)
	}
	fetched, _ := json.Marshal(srv.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":2,"method":"tasks/result","params":{"taskId":"`+task.Result.Task.TaskId+`"}}`)))
	if text := string(fetched); !strings.Contains(text, "it is [redacted]") || strings.Contains(text, attacked[9:]) {
		t.Errorf("fetched %s", text)
	}
}

type failing struct {
	mcp.Content
	mcp.ResourceContents
}

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New("no JSON of " + attacked) }

// mcp-go would not answer a request whose result can't become JSON, and write why to standard error.
func TestResultWithoutJSONIsAnError(t *testing.T) {
	results := map[string]*mcp.CallToolResult{
		"structure": {StructuredContent: failing{}},
		"content":   {Content: []mcp.Content{failing{}}},
		"question":  {MultiRoundTripResult: mcp.MultiRoundTripResult{InputRequests: mcp.InputRequests{"a": mcp.NewElicitationInputRequest(mcp.ElicitationParams{RequestedSchema: failing{}})}}},
		"meta":      {Result: mcp.Result{Meta: &mcp.Meta{AdditionalFields: map[string]any{"a": failing{}}}}},
	}
	for name, result := range results {
		m := openVault(t, nobody).Manager
		m.Mask(t.Context(), attacked)
		srv := server.NewMCPServer("x", "1", Option(m))
		srv.AddTool(mcp.NewTool("tool"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { return result, nil })
		for way, ctx := range map[string]context.Context{"guarded": withGuard(t.Context(), guarding{manager: m}), "elsewhere": t.Context()} {
			answer, err := json.Marshal(callToolIn(t, ctx, srv, "tool"))
			if text := string(answer); err != nil || !strings.Contains(text, "no JSON of [redacted]") {
				t.Errorf("%s, %s: %s, %v", name, way, text, err)
			}
		}
	}
}

// A handler's own bytes and numbers may be no JSON, without any type of its own.
func TestResultThatIsNoJSONIsAnError(t *testing.T) {
	broken, nan := json.RawMessage(`{"said":"`+attacked+`"`), math.NaN()
	unsaid := mcp.Annotated{Annotations: &mcp.Annotations{Priority: &nan}}
	question := mcp.InputRequests{"a": mcp.NewElicitationInputRequest(mcp.ElicitationParams{RequestedSchema: broken})}
	contents := map[string]mcp.Content{
		"text":     mcp.TextContent{Annotated: unsaid},
		"image":    mcp.ImageContent{Annotated: unsaid},
		"audio":    mcp.AudioContent{Annotated: unsaid},
		"link":     mcp.ResourceLink{Annotated: unsaid},
		"embedded": mcp.EmbeddedResource{Annotated: unsaid},
		"resource": mcp.EmbeddedResource{Resource: mcp.TextResourceContents{Meta: map[string]any{"a": broken}}},
		"meta":     mcp.TextContent{Meta: &mcp.Meta{ProgressToken: broken}},
	}
	tools := map[string]*mcp.CallToolResult{
		"structure":       {StructuredContent: broken},
		"empty structure": {StructuredContent: json.RawMessage{}},
		"raw structure":   {RawStructuredContent: broken},
		"question":        {MultiRoundTripResult: mcp.MultiRoundTripResult{InputRequests: question}},
		"meta":            {Result: mcp.Result{Meta: &mcp.Meta{AdditionalFields: map[string]any{"a": broken}}}},
	}
	prompts := map[string]*mcp.GetPromptResult{
		"question": {MultiRoundTripResult: mcp.MultiRoundTripResult{InputRequests: question}},
		"meta":     {Result: mcp.Result{Meta: &mcp.Meta{AdditionalFields: map[string]any{"a": broken}}}},
	}
	for name, content := range contents {
		tools["content "+name] = &mcp.CallToolResult{Content: []mcp.Content{content}}
		prompts["content "+name] = &mcp.GetPromptResult{Messages: []mcp.PromptMessage{{Content: content}}}
	}
	resources := map[string]mcp.ResourceContents{
		"text": mcp.TextResourceContents{Meta: map[string]any{"a": broken}},
		"blob": mcp.BlobResourceContents{Meta: map[string]any{"a": nan}},
	}
	failed := mcp.URLElicitationRequiredError{Elicitations: []mcp.ElicitationParams{{RequestedSchema: broken}}}
	for _, known := range []bool{true, false} {
		m := openVault(t, nobody).Manager
		if known {
			m.Mask(t.Context(), attacked)
		}
		srv := server.NewMCPServer("x", "1", Option(m))
		add := func(name string, result *mcp.CallToolResult, err error) string {
			srv.AddTool(mcp.NewTool(name), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { return result, err })
			return `"tools/call","params":{"name":"` + name + `"}`
		}
		calls := map[string]string{"error": add("error", nil, failed), "pointer to an error": add("pointer", nil, &failed)}
		for name, result := range tools {
			calls["tool "+name] = add(name, result, nil)
		}
		for name, result := range prompts {
			srv.AddPrompt(mcp.NewPrompt(name), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) { return result, nil })
			calls["prompt "+name] = `"prompts/get","params":{"name":"` + name + `"}`
		}
		for name, result := range resources {
			srv.AddResource(mcp.NewResource("pets://"+name, name), func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return []mcp.ResourceContents{result}, nil
			})
			calls["resource "+name] = `"resources/read","params":{"uri":"pets://` + name + `"}`
		}
		for way, ctx := range map[string]context.Context{"guarded": withGuard(t.Context(), guarding{manager: m}), "elsewhere": t.Context()} {
			for name, call := range calls {
				answer, err := json.Marshal(srv.HandleMessage(ctx, json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":`+call+`}`)))
				if text := string(answer); err != nil || !strings.Contains(text, "can't become JSON") || strings.Contains(text, attacked) {
					t.Errorf("%s, %s, a secret is known: %t: %s, %v", name, way, known, text, err)
				}
			}
		}
	}
}

// completing is the author's own code that no middleware of mcp-go is around.
type completing struct{}

func (completing) CompletePromptArgument(context.Context, string, mcp.CompleteArgument, mcp.CompleteContext) (*mcp.Completion, error) {
	panic("no completion for " + attacked)
}

const complete = `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"b"}}}`

func completingServer(m *secrets.Manager) *server.MCPServer {
	srv := server.NewMCPServer("x", "1", Option(m), server.WithCompletions(), server.WithPromptCompletionProvider(completing{}))
	srv.AddPrompt(mcp.NewPrompt("p"), func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) { return nil, nil })
	return srv
}

// What mcp-go says on standard error, clients keep in their logs.
func TestStandardErrorHasNoKey(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	real := os.Stderr
	defer func() { os.Stderr = real }()
	said, told, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = told
	var sent bytes.Buffer
	err = serveStdio(t.Context(), m, completingServer(m), strings.NewReader(complete+"\n"), &sent)
	_ = told.Close()
	text, _ := io.ReadAll(said)
	if err != nil || !bytes.Contains(text, []byte("no completion for [redacted]")) {
		t.Errorf("on standard error: %s, %v", text, err)
	}
	if strings.Contains(sent.String(), attacked[5:]) {
		t.Errorf("sent %s", &sent)
	}
}

// What panics in a request, net/http reports.
func TestReportOfAPanicHasNoKey(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	reported := &reports{said: make(chan string, 10)}
	web := httptest.NewUnstartedServer(HTTPHandler(m, completingServer(m)))
	web.Config.ErrorLog = log.New(reported, "", 0)
	web.Start()
	defer web.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL, strings.NewReader(complete))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(sessionHeader, initialize(t, fromHere(web.Config.Handler)))
	if response, err := http.DefaultClient.Do(r); err == nil {
		t.Errorf("answered with %s", response.Status)
		_ = response.Body.Close()
	}
	var text string
	select {
	case text = <-reported.said:
	case <-time.After(time.Minute):
	}
	if !strings.Contains(text, "no completion for [redacted]") || strings.Contains(text, attacked[5:]) || !strings.Contains(text, "CompletePromptArgument") {
		t.Errorf("reported %s", text)
	}
}

type reports struct{ said chan string }

func (r *reports) Write(p []byte) (int, error) {
	r.said <- string(p)
	return len(p), nil
}
