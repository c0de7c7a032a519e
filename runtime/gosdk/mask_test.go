package gosdk_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// What leaves a server never holds a key. In memory there is no guard around what is written: there the middleware alone masks.

// wantNoKey fails if text has the key, whole or encoded, or what is behind its prefix.
func wantNoKey(t *testing.T, where string, text []byte) {
	t.Helper()
	forms := []string{strings.TrimPrefix(goodKey, "pets-")}
	for pad := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", pad) + goodKey))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	for _, form := range forms {
		if bytes.Contains(text, []byte(form)) {
			t.Errorf("%s has the key as %q:\n%s", where, form, text)
		}
	}
}

// heard is what a client's user got in all.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) add(what any) {
	text, _ := json.Marshal(what)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(append(text, '\n'))
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func TestNothingThatLeavesHasTheKey(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		got := new(heard)
		c := client{
			version: version, human: says(accept("Allow for session")),
			logs:     func(_ context.Context, req *mcp.LoggingMessageRequest) { got.add(req.Params) },
			progress: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) { got.add(req.Params) },
		}
		g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), c)
		if version != modern {
			//lint:ignore SA1019 without a level there are none
			if err := g.SetLoggingLevel(t.Context(), &mcp.SetLoggingLevelParams{Level: "debug"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, how := range []string{"text", "structured", "meta", "embedded", "bytes", "parts", "log", "progress"} {
			params := leak(how)
			params.SetProgressToken("token")
			if version == modern {
				//lint:ignore SA1019 servers still send log messages, and they must be masked
				params.Meta[mcp.MetaKeyLogLevel] = "debug"
			}
			result, err := g.CallTool(t.Context(), params)
			if err != nil || result.IsError {
				t.Fatalf("%s: %+v, %v", how, result, err)
			}
			text, _ := json.Marshal(result)
			wantNoKey(t, how, text)
			if how == "parts" {
				if whole := strings.ReplaceAll(textOf(result), "\n", ""); strings.Contains(whole, goodKey[5:]) || !strings.Contains(whole, "upstream said: ") {
					t.Errorf("%s: %q", how, whole)
				}
			}
			if how == "structured" && !bytes.Contains(text, []byte(`"said"`)) {
				t.Errorf("%s: %s", how, text)
			}
			got.add(result)
		}
		for _, how := range []string{"error", "protocol error", "panic"} {
			text, err := g.call(t.Context(), leak(how))
			if err == nil || !strings.Contains(err.Error(), "upstream said: ") {
				t.Fatalf("%s: %q, %v lost what is no secret", how, text, err)
			}
			wantNoKey(t, how, []byte(err.Error()))
		}
		eventually(t, "the notifications come", func() bool {
			return strings.Contains(got.String(), `"level":"emergency"`) && strings.Contains(got.String(), `"progressToken":"token"`)
		})
		completion, err := g.Complete(t.Context(), &mcp.CompleteParams{
			Ref: &mcp.CompleteReference{Type: "ref/prompt", Name: "care"}, Argument: mcp.CompleteParamsArgument{Name: "id", Value: "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
		got.add(completion)
		wantNoKey(t, "what the client got", []byte(got.String()))
		written := w.written()
		wantNoKey(t, "what was written", written)
		if w.name != "in memory" && !bytes.Contains(written, []byte("upstream said")) {
			t.Fatalf("the test does not see what is written: %s", written)
		}
		if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
			t.Errorf("after all that: %q, %v", text, err)
		}
	})
}

// A number that floats can't hold stays as it was beside a masked value.
func TestMaskedResultKeepsItsNumbers(t *testing.T) {
	w := ways()[1]
	g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: modern, human: says(accept("Allow"))})
	if _, err := g.CallTool(t.Context(), leak("structured")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(w.written(), []byte("9007199254740993")) || !bytes.Contains(w.written(), []byte("[redacted]")) {
		t.Errorf("sent %s", w.written())
	}
}

// A panic in a goroutine of the SDK would end the process, of the test too.
func TestPanicsAreRecovered(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		s := openWithKey(t, runtimetest.NewUser(t))
		s.AddPrompt(&mcp.Prompt{Name: "panic"}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) { panic("oh: " + goodKey) })
		s.AddResource(&mcp.Resource{URI: "pets://panic", Name: "panic"}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			panic([]byte(goodKey))
		})
		g := w.come(t, s, client{version: version, human: says(accept("Allow"))})
		for name, call := range map[string]func() error{
			"tool":   func() error { _, err := g.CallTool(t.Context(), leak("panic")); return err },
			"prompt": func() error { _, err := g.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "panic"}); return err },
			"resource": func() error {
				_, err := g.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "pets://panic"})
				return err
			},
			"completion": func() error {
				_, err := g.Complete(t.Context(), &mcp.CompleteParams{
					Ref: &mcp.CompleteReference{Type: "ref/prompt", Name: "care"}, Argument: mcp.CompleteParamsArgument{Name: "id", Value: "panic"},
				})
				return err
			},
		} {
			if err := call(); err == nil || !strings.Contains(err.Error(), "panicked") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
			t.Errorf("after all that: %q, %v", text, err)
		}
	})
}

// A result is the handler's own values and code. They run while it is masked, outside of the handler.
func TestResultThatPanicsIsAnError(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		s := openWithKey(t, runtimetest.NewUser(t))
		s.AddTool(&mcp.Tool{Name: "panic", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			_, err := s.APIKey(ctx, reason)
			return &mcp.CallToolResult{Content: []mcp.Content{}, StructuredContent: panicking{}}, err
		})
		g := w.come(t, s, client{version: version, human: says(accept("Allow for session"))})
		_, err := g.CallTool(t.Context(), tool("panic"))
		if err == nil || !strings.Contains(err.Error(), "panicked: no JSON of") {
			t.Fatal(err)
		}
		wantNoKey(t, "the error", []byte(err.Error()))
		g.works(t, tool("get_pet"))
	})
}

// What leaves is masked once: as it is written where a function of ours writes, and else by the middleware. Middleware around ours
// and within sees which of the two it is.
func TestOneOfTwoMasks(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		s := openWithKey(t, runtimetest.NewUser(t))
		s.Server = mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
		s.AddTool(&mcp.Tool{Name: "leak", InputSchema: map[string]any{"type": "object"}}, s.leak)
		passed := new(heard)
		s.AddSendingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
				passed.add(req.GetParams())
				return next(ctx, method, req)
			}
		})
		gosdk.Install(s.Server, s.Manager)
		s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
				result, err := next(ctx, method, req)
				if passed.add(result); err != nil {
					passed.add(err.Error())
				}
				return result, err
			}
		})
		g := w.come(t, s, client{version: version, human: says(accept("Allow for session"))})
		if _, err := g.CallTool(t.Context(), leak("text")); err != nil {
			t.Fatal(err)
		}
		for _, how := range []string{"text", "error", "protocol error", "panic", "progress"} {
			passed.mu.Lock()
			passed.text.Reset()
			passed.mu.Unlock()
			params := leak(how)
			params.SetProgressToken("token")
			_, _ = g.CallTool(t.Context(), params)
			if text := passed.String(); strings.Contains(text, goodKey) == (w.name == "in memory") || !strings.Contains(text, "upstream said: ") {
				t.Errorf("%s: the middleware passed on %s", how, text)
			}
		}
		wantNoKey(t, "what was written", w.written())
	})
}

// So is one before any secret was handed out: there is nothing to mask, and the same code runs.
func TestResultThatPanicsAtFirstIsAnError(t *testing.T) {
	for name, result := range map[string]*mcp.CallToolResult{
		"structure": {Content: []mcp.Content{}, StructuredContent: panicking{}},
		"meta":      {Content: []mcp.Content{}, Meta: mcp.Meta{"a": panicking{}}},
		"content":   {Content: []mcp.Content{&mcp.TextContent{Text: "a", Meta: mcp.Meta{"a": panicking{}}}}},
		"nil":       {Content: []mcp.Content{(*mcp.TextContent)(nil)}},
	} {
		everywhere(t, func(t *testing.T, w way, version string) {
			s := open(t, runtimetest.NewUser(t))
			s.AddTool(&mcp.Tool{Name: "panic", InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				own := *result // the SDK writes into it
				return &own, nil
			})
			g := w.come(t, s, client{version: version})
			if _, err := g.CallTool(t.Context(), tool("panic")); err == nil || !strings.Contains(err.Error(), "panicked: ") {
				t.Errorf("%s: %v", name, err)
			}
			if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
				t.Errorf("%s: after that: %q, %v", name, text, err)
			}
		})
	}
}

// The SDK would never answer with a result that can't become JSON.
func TestResultWithoutJSONIsAnError(t *testing.T) {
	for name, result := range map[string]*mcp.CallToolResult{
		"structure": {Content: []mcp.Content{}, StructuredContent: failing{}},
		"meta":      {Content: []mcp.Content{}, Meta: mcp.Meta{"a": failing{}}},
		"content":   {Content: []mcp.Content{&mcp.TextContent{Text: "a", Meta: mcp.Meta{"a": failing{}}}}},
	} {
		everywhere(t, func(t *testing.T, w way, version string) {
			s := openWithKey(t, runtimetest.NewUser(t))
			s.AddTool(&mcp.Tool{Name: "fails", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				own := *result // the SDK writes into it
				_, err := s.APIKey(ctx, reason)
				return &own, err
			})
			g := w.come(t, s, client{version: version, human: says(accept("Allow for session"))})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := g.CallTool(ctx, tool("fails"))
			if err == nil || !strings.Contains(err.Error(), "no JSON of [redacted]") {
				t.Errorf("%s: %v", name, err)
			}
			wantNoKey(t, "what was written", w.written())
		})
	}
}

// A handler's own bytes and numbers may be no JSON, without any type of its own.
func TestResultThatIsNoJSONIsAnError(t *testing.T) {
	broken := json.RawMessage(`{"said":"` + goodKey + `"`)
	unsaid := &mcp.Annotations{Priority: math.NaN()}
	question := mcp.InputRequestMap{"a": &mcp.ElicitParams{Message: "a", RequestedSchema: broken}}
	contents := map[string]mcp.Content{
		"text":     &mcp.TextContent{Annotations: unsaid},
		"image":    &mcp.ImageContent{Annotations: unsaid},
		"audio":    &mcp.AudioContent{Annotations: unsaid},
		"link":     &mcp.ResourceLink{Annotations: unsaid},
		"embedded": &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{}, Annotations: unsaid},
		"resource": &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{Meta: mcp.Meta{"a": broken}}},
		"meta":     &mcp.TextContent{Meta: mcp.Meta{"a": broken}},
	}
	tools := map[string]*mcp.CallToolResult{
		"structure":       {StructuredContent: broken},
		"empty structure": {StructuredContent: json.RawMessage{}},
		"question":        {InputRequests: question},
		"meta":            {Meta: mcp.Meta{"a": broken}},
	}
	prompts := map[string]*mcp.GetPromptResult{"question": {InputRequests: question}, "meta": {Meta: mcp.Meta{"a": broken}}}
	for name, content := range contents {
		tools["content "+name] = &mcp.CallToolResult{Content: []mcp.Content{content}}
		prompts["content "+name] = &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: content}}}
	}
	resources := map[string]*mcp.ReadResourceResult{
		"question": {InputRequests: question, Contents: []*mcp.ResourceContents{}},
		"meta":     {Meta: mcp.Meta{"a": broken}, Contents: []*mcp.ResourceContents{}},
		"contents": {Contents: []*mcp.ResourceContents{{URI: "pets://a", Meta: mcp.Meta{"a": math.Inf(1)}}}},
	}
	failure := &jsonrpc.Error{Code: -32050, Message: "upstream said", Data: broken}
	everywhere(t, func(t *testing.T, w way, version string) {
		s := openWithKey(t, runtimetest.NewUser(t))
		addBroken(s.Server, tools, prompts, resources, failure)
		s.AddTool(&mcp.Tool{Name: "learn", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			_, err := s.APIKey(ctx, reason)
			return &mcp.CallToolResult{Content: []mcp.Content{}}, err
		})
		g := w.come(t, s, client{version: version, human: says(accept("Allow for session"))})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		want := func(name string, err error) {
			t.Helper()
			words := "can't become JSON"
			if strings.HasSuffix(name, " question") && version < "2026-07-28" {
				words = "error calling MarshalJSON" // the SDK asks, before there is a result
			}
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 2 { // before and after the key is known
			for name := range tools {
				_, err := g.ClientSession.CallTool(ctx, tool(name))
				want("tool "+name, err)
			}
			for name := range prompts {
				_, err := g.GetPrompt(ctx, &mcp.GetPromptParams{Name: name})
				want("prompt "+name, err)
			}
			for name := range resources {
				_, err := g.ReadResource(ctx, &mcp.ReadResourceParams{URI: "pets://" + name})
				want("resource "+name, err)
			}
			_, err := g.ClientSession.CallTool(ctx, tool("error"))
			want("error", err)
			if wire := (*jsonrpc.Error)(nil); !errors.As(err, &wire) || wire.Code != failure.Code {
				t.Errorf("the code of the error is lost: %v", err)
			}
			if text, err := g.call(ctx, tool("learn")); err != nil {
				t.Fatal(text, err)
			}
		}
		wantNoKey(t, "what was written", w.written())
	})
}

// addBroken adds what returns such results.
func addBroken(srv *mcp.Server, tools map[string]*mcp.CallToolResult, prompts map[string]*mcp.GetPromptResult, resources map[string]*mcp.ReadResourceResult, failure error) {
	add := func(name string, handle mcp.ToolHandler) {
		srv.AddTool(&mcp.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, handle)
	}
	add("error", func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) { return nil, failure })
	// The SDK writes into a result, and into the contents of a resource: each call has its own.
	for name, result := range tools {
		add(name, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			own := *result
			return &own, nil
		})
	}
	for name, result := range prompts {
		srv.AddPrompt(&mcp.Prompt{Name: name}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			own := *result
			return &own, nil
		})
	}
	for name, result := range resources {
		srv.AddResource(&mcp.Resource{Name: name, URI: "pets://" + name}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			own := *result
			own.Contents = slices.Clone(own.Contents)
			for i, contents := range own.Contents {
				copied := *contents
				own.Contents[i] = &copied
			}
			return &own, nil
		})
	}
}

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New("no JSON of " + goodKey) }

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("no JSON of " + goodKey) }

// The SDK sends what is nil in a result as null, and what is beside it too.
func TestNilBesideThePartsOfTheKey(t *testing.T) {
	var none *mcp.TextContent
	for _, absent := range []mcp.Content{nil, none} {
		everywhere(t, func(t *testing.T, w way, version string) {
			s := openWithKey(t, runtimetest.NewUser(t))
			s.AddTool(&mcp.Tool{Name: "parts", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				_, err := s.APIKey(ctx, reason)
				return &mcp.CallToolResult{Content: []mcp.Content{absent, &mcp.TextContent{Text: goodKey[:9]}, &mcp.TextContent{Text: goodKey[9:]}}}, err
			})
			g := w.come(t, s, client{version: version, human: says(accept("Allow for session"))})
			_, _ = g.CallTool(t.Context(), tool("parts")) // the official client does not take it
			if sent := w.written(); bytes.Contains(sent, []byte(goodKey[9:])) {
				t.Errorf("sent %s", sent)
			}
			g.works(t, tool("get_pet"))
		})
	}
}

// The SDK looks into the result of a modern request, which would panic outside of any middleware.
func TestHandlerThatReturnsNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		g := w.come(t, open(t, runtimetest.NewUser(t)), client{version: version})
		if _, err := g.CallTool(t.Context(), tool("nothing")); err == nil || !strings.Contains(err.Error(), "returned nothing") {
			t.Errorf("%v", err)
		}
	})
}

// An error of the protocol keeps its code, and a refused prompt has one too.
func TestErrorCodes(t *testing.T) {
	for _, version := range versions {
		w := ways()[1]
		g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: version, human: says(accept("Allow for session"))})
		if _, err := g.CallTool(t.Context(), leak("protocol error")); err == nil {
			t.Fatal("no error")
		}
		if sent := w.written(); !bytes.Contains(sent, []byte(`"code":-32602`)) || !bytes.Contains(sent, []byte(`"data":{"said":"upstream`)) {
			t.Errorf("%s: sent %s", version, sent)
		}
		w = ways()[1]
		g = w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: version, human: says(accept("Deny"))})
		if _, err := g.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "care"}); err == nil {
			t.Fatal("no error")
		}
		if sent := w.written(); !bytes.Contains(sent, []byte(`"code":-32603`)) {
			t.Errorf("%s: sent %s", version, sent)
		}
	}
}

// A recording store of events keeps what is stored in it.
type recordingStore struct {
	*mcp.MemoryEventStore
	stored *heard
}

func (r recordingStore) Append(ctx context.Context, session, stream string, data []byte) error {
	r.stored.add(json.RawMessage(data))
	return r.MemoryEventStore.Append(ctx, session, stream, data)
}

// What a store of events keeps for clients that come back has been masked before.
func TestEventStoreHasNoKey(t *testing.T) {
	stored := new(heard)
	w := overHTTP(t, openWithKey(t, runtimetest.NewUser(t)), new(wire), func(o *mcp.StreamableHTTPOptions) {
		o.EventStore = recordingStore{mcp.NewMemoryEventStore(nil), stored}
	})
	g := w.comeAs(t, "ann", client{version: "2025-11-25", human: says(accept("Allow for session"))})
	//lint:ignore SA1019 without a level there are none
	if err := g.SetLoggingLevel(t.Context(), &mcp.SetLoggingLevelParams{Level: "debug"}); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"text", "log", "progress", "protocol error", "panic"} {
		params := leak(how)
		params.SetProgressToken("token")
		_, _ = g.CallTool(t.Context(), params)
	}
	for _, kind := range []string{`"level":"emergency"`, `"progressToken":"token"`, "panicked"} {
		if !strings.Contains(stored.String(), kind) {
			t.Errorf("%s was not stored: %s", kind, stored)
		}
	}
	wantNoKey(t, "the store", []byte(stored.String()))
}

// Whatever a server sends, also of its own accord, the middleware masks where no function of ours writes.
func TestNothingSentInMemoryHasTheKey(t *testing.T) {
	for _, version := range versions {
		s := openWithKey(t, runtimetest.NewUser(t))
		s.Manager.Mask(t.Context(), goodKey)
		s.AddTool(&mcp.Tool{Name: "described", Description: "uses " + goodKey, InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			_, _ = req.Session.Elicit(ctx, &mcp.ElicitParams{Mode: "form", Message: "is it " + goodKey, RequestedSchema: map[string]any{"type": "object"}})
			//lint:ignore SA1019 servers still ask for texts
			_, _ = req.Session.CreateMessage(ctx, &mcp.CreateMessageParams{SystemPrompt: goodKey, Messages: []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: goodKey}}}})
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "asked"}}}, nil
		})
		s.AddResourceTemplate(&mcp.ResourceTemplate{Name: "pets", URITemplate: "pets://{id}", Description: goodKey}, func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: req.Params.URI, Blob: []byte(goodKey)}}}, nil
		})
		sent := new(wire)
		here, there := mcp.NewInMemoryTransports()
		if _, err := gosdk.Connect(t.Context(), s.Server, &mcp.LoggingTransport{Transport: here, Writer: sent}); err != nil {
			t.Fatal(err)
		}
		g := client{version: version, human: says(accept("Allow"))}.connect(t, there)
		for name, call := range map[string]func() error{
			"tools":     func() error { _, err := g.ListTools(t.Context(), nil); return err },
			"templates": func() error { _, err := g.ListResourceTemplates(t.Context(), nil); return err },
			"tool":      func() error { _, err := g.CallTool(t.Context(), tool("described")); return err },
			"template": func() error {
				_, err := g.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "pets://1"})
				return err
			},
		} {
			if err := call(); err != nil {
				t.Errorf("%s, %s: %v", version, name, err)
			}
		}
		// The SDK notes what it sends when the client may have it already.
		for end := time.Now().Add(time.Minute); !bytes.Contains(sent.bytes(), []byte("uses [redacted]")) && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		_ = g.Close()
		written := sent.bytes()
		if !bytes.Contains(written, []byte("uses [redacted]")) {
			t.Errorf("%s: the test does not see what is sent: %s", version, written)
		}
		wantNoKey(t, version, written)
	}
}
