package secrets_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// useTool calls one of the tools that AddTools adds, and returns its text.
func (b bench) useTool(t *testing.T, tool, name string) (text string, isError bool) {
	t.Helper()
	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(b.Manager))
	mcpgo.AddTools(b.Manager, srv)
	message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{"name":%q}}}`, tool, name)
	response, ok := srv.HandleMessage(t.Context(), json.RawMessage(message)).(mcp.JSONRPCResponse)
	if !ok {
		t.Fatalf("%s gives no response", tool)
	}
	result, ok := response.Result.(*mcp.CallToolResult)
	if !ok {
		t.Fatalf("%s gives %T", tool, response.Result)
	}
	content, _ := result.Content[0].(mcp.TextContent)
	return content.Text, result.IsError
}

func TestStatusToolTellsNamesOnly(t *testing.T) {
	b := stored(t)
	text, isError := b.useTool(t, "secrets_status", "")
	if isError || strings.Contains(text, "0123456789") ||
		!strings.Contains(text, `{"name":"api_key","label":"Petstore API key","required":true,"set":true}`) ||
		!strings.Contains(text, `{"name":"username","label":"User name","required":true,"set":false}`) {
		t.Error(text)
	}
}

func TestSetToolAsksTheUser(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	b.user.Types("Petstore API key", otherKey)
	if text, isError := b.useTool(t, "secrets_set", "api_key"); isError || !strings.Contains(text, "api_key") || strings.Contains(text, otherKey) {
		t.Error(text)
	}
	if value, _ := b.store.Value("petstore", "api_key"); value != otherKey || len(b.Manager.Grants()) != 0 {
		t.Errorf("stored %q, grants %v", value, b.Manager.Grants())
	}
	b.user.Dismisses("Petstore API key")
	for range 2 { // the second does not nag
		if text, isError := b.useTool(t, "secrets_set", "api_key"); !isError || !strings.Contains(text, "closed the window") {
			t.Error(text)
		}
	}
}

func TestForgetToolNeedsTheUsersWordInADialog(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.Deny)
	for range 2 { // the second does not nag
		if text, isError := b.useTool(t, "secrets_forget", "api_key"); !isError || !strings.Contains(text, "did not allow") {
			t.Error(text)
		}
	}
	if _, ok := b.store.Value("petstore", "api_key"); !ok {
		t.Fatal("it is gone without the user's word")
	}
	b = stored(t)
	b.user.Answers(secrets.AllowOnce)
	if text, isError := b.useTool(t, "secrets_forget", "api_key"); isError {
		t.Error(text)
	}
	if shown := b.user.Shown()[0]; !strings.Contains(shown.Text(), "remove the stored value of: Petstore API key") || shown.Question.AllowForSession != "" {
		t.Errorf("the question is\n%s", shown.Text())
	}
	if stored, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey); err != nil || stored {
		t.Error(stored, err)
	}
}

func TestToolsRefuseOtherNames(t *testing.T) {
	b := stored(t)
	for _, tool := range []string{"secrets_set", "secrets_forget"} {
		if text, isError := b.useTool(t, tool, "nothing"); !isError || !strings.Contains(text, "its schema does not have") {
			t.Error(tool, text)
		}
	}
	b.store.Fail(errors.New("put " + goodKey))
	if text, isError := b.useTool(t, "secrets_status", ""); !isError || strings.Contains(text, goodKey) {
		t.Error(text)
	}
}
