package mcpgo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

func TestWhatIsSplitOverAResultIsMasked(t *testing.T) {
	vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	a := adapter{vault.Manager}
	vault.Manager.Inside().Guard().Learn("4eC39HqLyjWDarjtT1zdp7dc", "")
	texts := func(parts ...string) (contents []mcp.Content) {
		for _, part := range parts {
			contents = append(contents, mcp.NewTextContent(part))
		}
		return contents
	}
	image := mcp.NewImageContent("aGk=", "image/png")

	tool := &mcp.CallToolResult{Content: append(texts("the key is 4eC39"), image, mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "a", Text: "HqLyjWDarjtT1zdp7dc, sic"}))}
	want := append(texts("the key is [redacted]"), image, mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "a", Text: "[redacted], sic"}))
	if got := must(masked(a, tool, mcp.ParseCallToolResult)).Content; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if tool.Content[0] != mcp.Content(mcp.NewTextContent("the key is 4eC39")) {
		t.Error("the handler's own result was changed")
	}

	var prompt mcp.GetPromptResult
	for _, part := range texts("4eC39HqLyjWD", "arjtT1zdp7dc") {
		prompt.Messages = append(prompt.Messages, mcp.NewPromptMessage(mcp.RoleUser, part))
	}
	for _, message := range must(masked(a, &prompt, mcp.ParseGetPromptResult)).Messages {
		if message.Content != mcp.Content(mcp.NewTextContent("[redacted]")) {
			t.Errorf("got %+v", message)
		}
	}

	resource := []mcp.ResourceContents{mcp.TextResourceContents{Text: "4eC39"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "HqL y"}}
	wanted := []mcp.ResourceContents{mcp.TextResourceContents{Text: "[redacted]"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "[redacted] y"}}
	if got := *must(masked(a, &resource, parseResource)); !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %+v", got)
	}
	if made, err := finished(t.Context(), a, exchange{}, &toolResults, nil, nil); made != nil || err != nil {
		t.Error("makes something of nothing")
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A counted counts how often it becomes JSON.
type counted struct {
	mcp.Content
	times *int
}

func (c counted) MarshalJSON() ([]byte, error) {
	*c.times++
	return []byte(`{"type":"text","text":"a"}`), nil
}

// A structure becomes JSON once, and a content of the handler's own twice: when it is seen to, and when mcp-go writes it. That is
// so wherever the result is masked.
func TestResultBecomesJSONOnce(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	var structures, contents int
	srv := server.NewMCPServer("x", "1", Option(m))
	srv.AddTool(mcp.NewTool("tool"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		structures, contents = 0, 0
		return &mcp.CallToolResult{Content: []mcp.Content{counted{times: &contents}}, StructuredContent: counted{times: &structures}}, nil
	})
	for way, ctx := range map[string]context.Context{"guarded": withGuard(t.Context(), guarding{manager: m}), "elsewhere": t.Context()} {
		answer := must(json.Marshal(callToolIn(t, ctx, srv, "tool")))
		if !strings.Contains(string(answer), `"structuredContent":{"type":"text","text":"a"}`) || structures != 1 || contents != 2 {
			t.Errorf("%s: the structure became JSON %d times, the content %d times: %s", way, structures, contents, answer)
		}
	}
}

// mcp-go answers a call by what a result has as JSON, and tasks/result by what it has as a value.
func TestStructureIsTheSameForATask(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	two := &mcp.CallToolResult{Content: []mcp.Content{}, StructuredContent: map[string]any{"key": attacked}, RawStructuredContent: json.RawMessage(`{"a":1}`)}
	for _, kept := range []bool{false, true} {
		made, err := finished(t.Context(), adapter{m}, exchange{isKept: kept}, &toolResults, two, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{must(json.Marshal(made)), must(json.Marshal(made.StructuredContent))} {
			if strings.Contains(string(text), attacked) || !strings.Contains(string(text), `{"a":1}`) {
				t.Errorf("%s", text)
			}
		}
	}
}

// A result is the handler's own values and code. They run while it is masked, outside of the handler.
func TestResultThatPanicsIsAnError(t *testing.T) {
	vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	vault.Manager.Inside().Guard().Learn("4eC39HqLyjWDarjtT1zdp7dc", "")
	a := adapter{vault.Manager}
	tool := a.tool(func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{StructuredContent: panicking{}}, nil
	})
	if result, err := tool(t.Context(), mcp.CallToolRequest{}); result != nil || err == nil || !strings.HasSuffix(err.Error(), "panicked: no JSON of [redacted]") {
		t.Errorf("%+v, %v", result, err)
	}
	prompt := a.prompt(func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{Messages: []mcp.PromptMessage{{Content: panicking{}}}}, nil
	})
	if result, err := prompt(t.Context(), mcp.GetPromptRequest{}); result != nil || err == nil || !strings.HasSuffix(err.Error(), "panicked: no JSON of [redacted]") {
		t.Errorf("%+v, %v", result, err)
	}
	resource := a.resource(func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		return []mcp.ResourceContents{panicking{}}, nil
	})
	if _, err := resource(t.Context(), mcp.ReadResourceRequest{}); err == nil || !strings.HasSuffix(err.Error(), "panicked: no JSON of [redacted]") {
		t.Errorf("%v", err)
	}
}

// panicking is a content of a handler's own.
type panicking struct {
	mcp.Content
	mcp.ResourceContents
}

func (panicking) MarshalJSON() ([]byte, error) { panic("no JSON of 4eC39HqLyjWDarjtT1zdp7dc") }

// An eventStore keeps what mcp-go has stored in it.
type eventStore struct {
	*server.InMemoryEventStore
	mu     sync.Mutex
	stored []byte
}

func (s *eventStore) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.stored)
}

func (s *eventStore) StoreEvent(ctx context.Context, session, stream string, message json.RawMessage) (string, error) {
	s.mu.Lock()
	s.stored = append(s.stored, message...)
	s.mu.Unlock()
	return s.InMemoryEventStore.StoreEvent(ctx, session, stream, message)
}

// What mcp-go keeps of a result was masked before: a store of events may be anywhere.
func TestResultInAnEventStoreIsMasked(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	store := &eventStore{InMemoryEventStore: server.NewInMemoryEventStore()}
	srv := server.NewMCPServer("x", "1", Option(m))
	srv.AddTool(mcp.NewTool("tool"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, "notifications/message", map[string]any{"level": "info", "data": "begun"})
		for end := time.Now().Add(time.Minute); store.text() == "" && time.Now().Before(end); { // from then on the answer is a stream
			time.Sleep(time.Millisecond)
		}
		return mcp.NewToolResultText("it is " + attacked), err
	})
	handler := HTTPHandler(m, srv, server.WithEventStore(store))
	r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool"}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set(sessionHeader, initialize(t, handler))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if stored := store.text(); !strings.Contains(stored, "it is [redacted]") || strings.Contains(stored, attacked) {
		t.Errorf("stored %q, sent %s", stored, w.Body)
	}
	if keepsEvents(server.NewStreamableHTTPServer(srv)) || !keepsEvents(server.NewStreamableHTTPServer(srv, server.WithEventStore(store))) {
		t.Error("it is not seen whether mcp-go has a store of events")
	}
}

// After an update mcp-go may keep events in another way. What is not understood is taken for a store.
func TestUnknownStoreOfEventsCounts(t *testing.T) {
	for _, unknown := range []any{&struct{ replayStore any }{}, &struct{ eventStore *int }{}, &struct{ eventStore []any }{}} {
		if !keepsEvents(unknown) {
			t.Errorf("%T counts as none", unknown)
		}
	}
}
