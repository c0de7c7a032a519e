package mcpgo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// answersOfClients are what clients send for the answer to one question, and what others might. The first two allow.
var answersOfClients = []string{
	`{"action":"accept","content":{"answer":"Allow"}}`, `{"action":"accept","content":{"answer":"Allow for session"}}`,
	`{"action":"accept","content":{"answer":"Deny"}}`, `{"action":"decline"}`, `{"action":"cancel"}`, `{"action":"accept"}`,
	`{"action":"accept","content":{}}`, `{"action":"accept","content":{"answer":"allow"}}`,
	`{"action":"accept","content":{"answer":["Allow"]}}`,
	`{"action":"accept","content":{"answer":0}}`, `{"action":"accept","content":["Allow"]}`,
	`{"action":"accept","content":"Allow"}`,
	`{"action":"accept","content":{"answer":"Allow "}}`, `{"action":"accept","content":{"Answer":"Allow"}}`,
	`{"action":true,"content":{"answer":"Allow"}}`,
	`{"action":"Accept","content":{"answer":"Allow"}}`, `{"ACTION":"accept","content":{"answer":"Allow"}}`,
	`{"content":{"answer":"Allow"}}`,
	`{"action":"decline","action":"accept","content":{"answer":"Allow"}}`,
	`{"action":"accept","content":{"answer":"Allow","answer":"Deny"}}`,
	`{"action":"accept","content":{"answer":"Allow"},"_meta":1}`, `{"result":{"action":"accept","content":{"answer":"Allow"}}}`,
	`{"action":"\u0061ccept","content":{"answer":"Allo\u0077"}}`, `null`, `[]`, `0`, `""`, `"accept"`, `{}`, ``, `{`,
	`true}`, "\x00",
}

// An elicited is an answer as a strict reader understands it.
type elicited struct {
	Action  string
	Content any
}

// allows reports whether the answer is one of the two that allow a use.
func (e elicited) allows() bool {
	content, _ := e.Content.(map[string]any)
	return e.Action == "accept" && (content["answer"] == "Allow" || content["answer"] == "Allow for session")
}

// openForFuzzing makes a server with one tool that needs permission for a key that is stored. It counts the dialogs that are
// to be opened, and opens none.
func openForFuzzing(t *testing.T) (*petstore.Secrets, *server.MCPServer, *atomic.Int32) {
	t.Helper()
	dialogs := &atomic.Int32{}
	vault := openVault(t, func() (secrets.Answer, error) { dialogs.Add(1); return secrets.Deny, secrets.ErrNoDisplay }, secrets.WithFast(-1))
	srv := server.NewMCPServer("petstore", "1.0.0", Option(vault.Manager))
	srv.AddTool(mcp.NewTool("get_pet"), Tool(vault.APIKey, "Read one pet of your store",
		func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
			if key.Reveal() != attacked {
				return mcp.NewToolResultText("got a wrong key"), nil
			}
			return mcp.NewToolResultText(released), nil
		}))
	return vault, srv, dialogs
}

// released is what the tool says that got the key.
const released = "used the key"

// An outcome is a response to a tool call.
type outcome struct {
	ID     json.RawMessage
	Method string
	Error  any
	Result struct {
		ResultType   string
		RequestState string
		Content      []struct{ Text string }
		IsError      bool
	}
}

func (o outcome) released() bool {
	return o.Error == nil && !o.Result.IsError && len(o.Result.Content) > 0 && o.Result.Content[0].Text == released
}

// FuzzRequestState holds: of all that a client of 2026-07-28 can send along with a request, only the handle that it was given
// for it and an answer that was offered release a secret. All else that comes without the handle is asked afresh; the answer
// to that still counts, and only once. In state, HANDLE stands for the handle.
func FuzzRequestState(f *testing.F) {
	for _, answer := range answersOfClients {
		f.Add("HANDLE", `{"permission":`+answer+`}`)
		f.Add("", `{"permission":`+answer+`}`)
		f.Add("HANDLE", answer)
	}
	for _, state := range []string{"x", "HANDLE ", " HANDLE", "HANDLEHANDLE", "HANDLE\x00", `\u0000`, "\xff",
		strings.Repeat("0", 32), strings.Repeat("x", 1<<12)} {
		f.Add(state, `{"permission":`+answersOfClients[0]+`,"codes0":`+answersOfClients[1]+`}`)
	}
	f.Fuzz(func(t *testing.T, state, responses string) {
		begun := time.Now()
		vault, srv, dialogs := openForFuzzing(t)
		handle := ""
		if state != "" { // else the answer comes with the first request
			handle = send(t, srv, `""`, `{}`).Result.RequestState
			if len(handle) != 32 {
				t.Fatalf("the handle is %q", handle)
			}
		}
		state = strings.ReplaceAll(state, "HANDLE", handle)
		rawState := `"` + state + `"`
		if !json.Valid([]byte(rawState)) {
			rawState = quoteJSON(state)
		}
		if !json.Valid([]byte(responses)) {
			responses = quoteJSON(responses)
		}
		var sent struct {
			State     string
			Responses map[string]json.RawMessage
		}
		wellFormed := json.Unmarshal([]byte(`{"state":`+rawState+`,"responses":`+responses+`}`), &sent) == nil
		var answer elicited
		understood := json.Unmarshal(sent.Responses["permission"], &answer) == nil
		isOwn := sent.State == handle && handle != ""

		got := send(t, srv, rawState, responses)
		if got.released() && !(isOwn && understood && answer.allows()) {
			t.Fatalf("state %s, responses %s: released", rawState, responses)
		}
		if isOwn && slices.Contains(answersOfClients[:2], string(sent.Responses["permission"])) && len(sent.Responses) == 1 &&
			!got.released() {
			t.Fatalf("state %s, responses %s: not released: %+v", rawState, responses, got)
		}
		if !got.released() && len(vault.Manager.Grants()) != 0 {
			t.Fatalf("state %s, responses %s: granted %v", rawState, responses, vault.Manager.Grants())
		}
		if wellFormed && got.Error != nil {
			t.Fatalf("state %s, responses %s: %v", rawState, responses, got.Error)
		}
		if !wellFormed || isOwn {
			return
		}
		if time.Since(begun) > time.Second {
			t.Skip("so slow that the client might be taken for one that can't ask")
		}
		if got.Result.ResultType != "input_required" || got.Result.RequestState == handle || dialogs.Load() != 0 {
			t.Fatalf("state %s, responses %s: not asked afresh but %+v, %d dialogs", rawState, responses, got, dialogs.Load())
		}
		fresh, allow := quoteJSON(got.Result.RequestState), `{"permission":`+answersOfClients[0]+`}`
		if got := send(t, srv, fresh, allow); !got.released() {
			t.Fatalf("state %s, responses %s: an honest answer then: %+v", rawState, responses, got)
		}
		if got := send(t, srv, fresh, allow); got.released() || got.Result.RequestState == "" {
			t.Fatalf("an honest answer twice: %+v", got)
		}
	})
}

// send calls the tool as a client of 2026-07-28 that can show forms.
func send(t *testing.T, srv *server.MCPServer, state, responses string) (got outcome) {
	t.Helper()
	message := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_pet","arguments":{},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}},` +
		`"io.modelcontextprotocol/clientInfo":{"name":"fuzz","version":"1"}},"requestState":` + state + `,"inputResponses":` + responses + `}}`
	ctx := secrets.WithPrincipal(t.Context(), "ann")
	text, err := json.Marshal(srv.HandleMessage(ctx, json.RawMessage(message)))
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func quoteJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(quoted)
}

// FuzzElicitationAnswer holds: of all that a client before 2026-07-28 can answer to the question for permission, only an
// answer that was offered releases a secret. What is neither that nor a refusal counts as nobody's: the dialog is asked.
func FuzzElicitationAnswer(f *testing.F) {
	for _, answer := range answersOfClients {
		f.Add(answer)
	}
	f.Add(answersOfClients[0] + `,"error":{"code":1,"message":""}`)
	f.Add(answersOfClients[0] + `,"id":99`)
	f.Fuzz(func(t *testing.T, answer string) {
		vault, srv, dialogs := openForFuzzing(t)
		client := startOnPipe(t, srv)
		client.write(`{"jsonrpc":"2.0","id":"begin","method":"initialize","params":{"protocolVersion":"2025-06-18",` +
			`"clientInfo":{"name":"fuzz","version":"1"},"capabilities":{"elicitation":{}}}}`)
		client.read("begin")
		client.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		client.write(`{"jsonrpc":"2.0","id":"call","method":"tools/call","params":{"name":"get_pet","arguments":{}}}`)
		asked := client.read("elicitation/create")

		line := `{"jsonrpc":"2.0","id":` + string(asked.ID) + `,"result":` + strings.NewReplacer("\n", " ", "\r",
			" ").Replace(answer) + `}`
		client.write(line)
		// Where that is no answer to the question, this is one; else it comes too late.
		client.write(`{"jsonrpc":"2.0","id":` + string(asked.ID) + `,"result":{"action":"decline"}}`)
		got := client.read("call")

		var sent struct {
			ID     json.Number
			Result json.RawMessage
			Error  any
		}
		var reply elicited
		understood := json.Unmarshal([]byte(line), &sent) == nil && json.Unmarshal(sent.Result, &reply) == nil
		if got.released() && (!understood || sent.Error != nil || sent.ID.String() != string(asked.ID) || !reply.allows()) {
			t.Fatalf("%s: released", line)
		}
		if !got.released() && len(vault.Manager.Grants()) != 0 {
			t.Fatalf("%s: granted %v", line, vault.Manager.Grants())
		}
		if got.Error != nil {
			t.Fatalf("%s: %v", line, got.Error)
		}
		if !json.Valid([]byte(answer)) {
			return
		}
		if isAllowed := slices.Contains(answersOfClients[:2], answer); isAllowed && !got.released() {
			t.Fatalf("%s: not released: %+v", line, got)
		}
		decided := understood && (reply.allows() || reply.Action == "decline" || reply.Action == "cancel")
		if content, _ := reply.Content.(map[string]any); reply.Action == "accept" && content["answer"] == "Deny" {
			decided = true
		}
		if !decided && dialogs.Load() != 1 {
			t.Fatalf("%s: %d dialogs, want one: %+v", line, dialogs.Load(), got)
		}
	})
}

// A pipeClient speaks to a server on stdio, over pipes.
type pipeClient struct {
	t     *testing.T
	input io.Writer
	lines chan []byte // what the server has written
}

func startOnPipe(t *testing.T, srv *server.MCPServer) pipeClient {
	t.Helper()
	stdin, input := io.Pipe()
	c := pipeClient{t, input, make(chan []byte, 100)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.NewStdioServer(srv).Listen(context.Background(), stdin, c)
	}()
	t.Cleanup(func() {
		_ = input.Close()
		<-ended
	})
	return c
}

// Write takes a message of the server.
func (c pipeClient) Write(line []byte) (int, error) {
	c.lines <- bytes.Clone(line)
	return len(line), nil
}

func (c pipeClient) write(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.input, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next message with an id or method.
func (c pipeClient) read(what string) outcome {
	c.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case line := <-c.lines:
			var message outcome
			if err := json.Unmarshal(line, &message); err != nil {
				c.t.Fatalf("%s: %v", line, err)
			}
			if message.Method == what || string(message.ID) == `"`+what+`"` {
				return message
			}
		case <-late:
			c.t.Fatalf("no %s", what)
		}
	}
}
