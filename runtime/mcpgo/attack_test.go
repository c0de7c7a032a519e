package mcpgo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// Each test of this file is an attack that once worked, or a mistake that was made once.

func TestResourceContentsAreMaskedWhole(t *testing.T) {
	m := openVault(t, nobody).Manager
	m.Mask(t.Context(), attacked)
	masked, err := json.Marshal(must(masked(adapter{m}, &[]mcp.ResourceContents{
		&mcp.TextResourceContents{URI: "pets://a", Text: attacked},
		mcp.TextResourceContents{URI: "pets://" + attacked, Text: "fine"},
	}, parseResource)))
	if err != nil || strings.Contains(string(masked), "0123456789") || !strings.Contains(string(masked), "pets://a") {
		t.Errorf("%s, %v", masked, err)
	}
}

// The author's code may set the principal too late for the transport to keep the session with it: then the answers of the
// client do not count, whoever sends them.
func TestAnswerWithoutATokenReleasesNothing(t *testing.T) {
	var dialogs atomic.Int32
	vault := openVault(t, func() (secrets.Answer, error) { dialogs.Add(1); return secrets.Deny, nil })
	srv := server.NewMCPServer("x", "1", Option(vault.Manager))
	srv.AddTool(mcp.NewTool("tool"), Tool(vault.APIKey, "Read",
		func(context.Context, mcp.CallToolRequest, secrets.Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("used"), nil
		}))
	handler := HTTPHandler(vault.Manager, srv, server.WithHTTPContextFunc(func(ctx context.Context, r *http.Request) context.Context {
		if r.Header.Get("Authorization") == "Bearer alice" {
			return secrets.WithPrincipal(ctx, "alice")
		}
		return ctx
	}))
	web := httptest.NewServer(handler)
	defer web.Close()
	post := func(token, session, body string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
			"Authorization": token, sessionHeader: session} {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	response := post("Bearer alice", "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}`)
	_, _ = io.Copy(io.Discard, response.Body)
	session := response.Header.Get(sessionHeader)
	response = post("Bearer alice", session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"tool","arguments":{}}}`)
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		text := strings.TrimPrefix(lines.Text(), "data:")
		var message struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal([]byte(text), &message) != nil {
			continue
		}
		if message.Method == "elicitation/create" {
			time.Sleep(400 * time.Millisecond) // as slow as a person
			post("", session, `{"jsonrpc":"2.0","id":`+string(message.ID)+`,"result":{"action":"accept","content":{"answer":"Allow for session"}}}`)
			continue
		}
		if strings.Contains(text, "used") || !strings.Contains(text, "did not allow") {
			t.Errorf("the call got %s", text)
		}
		break
	}
	if dialogs.Load() != 1 || len(vault.Manager.Grants()) != 0 {
		t.Errorf("%d dialogs, grants %v", dialogs.Load(), vault.Manager.Grants())
	}
}

// callTool is a tool call from the client in the server's own process.
func callTool(t *testing.T, srv *server.MCPServer, name string) *mcp.CallToolResult {
	t.Helper()
	message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, name)
	response := srv.HandleMessage(fromInside(t.Context(), srv), json.RawMessage(message))
	answer, ok := response.(mcp.JSONRPCResponse)
	if !ok {
		t.Fatalf("no response: %+v", response)
	}
	return answer.Result.(*mcp.CallToolResult)
}

// "Allow" covers one tool call. A goroutine that the handler left behind is in none.
func TestAllowOnceEndsWithTheHandler(t *testing.T) {
	questions := 0
	vault := openVault(t, func() (secrets.Answer, error) {
		if questions++; questions == 1 {
			return secrets.AllowOnce, nil
		}
		return secrets.Deny, nil
	})
	srv := server.NewMCPServer("x", "1", Option(vault.Manager))
	var left context.Context
	srv.AddTool(mcp.NewTool("tool"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		left = context.WithoutCancel(ctx)
		for range 2 { // both within the call
			if v, err := vault.APIKey(ctx, "Read"); err != nil || v.Reveal() != attacked {
				t.Error(err)
			}
		}
		return mcp.NewToolResultText("fine"), nil
	})
	callTool(t, srv, "tool")
	if questions != 1 {
		t.Fatalf("%d questions in the call", questions)
	}
	if v, err := vault.APIKey(left, "Read"); !errors.Is(err, secrets.ErrDenied) || questions != 2 {
		t.Errorf("after the call: %q, %v, %d questions", v.Reveal(), err, questions)
	}
}

func TestAllowOnceCoversOneToolCall(t *testing.T) {
	user := runtimetest.NewUser(t).Answers(secrets.AllowOnce).Answers(secrets.Deny)
	vault := openVault(t, nobody, secrets.WithPrompter(user))
	srv := server.NewMCPServer("x", "1", Option(vault.Manager))
	srv.AddTool(mcp.NewTool("get_pet"), Tool(vault.APIKey, "Read one pet", func(ctx context.Context, _ mcp.CallToolRequest, _ secrets.Secret) (*mcp.CallToolResult, error) {
		for range 3 {
			if _, err := vault.APIKey(ctx, "Read one pet"); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("done"), nil
	}))
	if result := callTool(t, srv, "get_pet"); result.IsError {
		t.Fatal(result)
	}
	if !strings.Contains(user.Shown()[0].Text(), "Tool: get_pet") {
		t.Errorf("the question does not name the tool:\n%s", user.Shown()[0].Text())
	}
	if result := callTool(t, srv, "get_pet"); !result.IsError { // another call
		t.Fatalf("a refusal is not a tool error: %v", result)
	}
}

// Without the Option nobody says who calls: a handler gets nothing, and the error says what is missing.
func TestHandlerWithoutTheOptionGetsNothing(t *testing.T) {
	vault := openVault(t, func() (secrets.Answer, error) { t.Error("a dialog opens"); return secrets.AllowOnce, nil })
	srv := server.NewMCPServer("x", "1")
	srv.AddTool(mcp.NewTool("tool"), Tool(vault.APIKey, "Read",
		func(context.Context, mcp.CallToolRequest, secrets.Secret) (*mcp.CallToolResult, error) {
			t.Error("the handler runs")
			return nil, nil
		}))
	AddTools(vault.Manager, srv)
	for _, tool := range []string{"tool", "secrets_status"} {
		if result := callTool(t, srv, tool); !result.IsError {
			t.Errorf("%s: %+v", tool, result)
		}
	}
}
