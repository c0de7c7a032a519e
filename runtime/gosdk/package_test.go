package gosdk_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// Who uses this SDK must not link the other one.
func TestOtherSDKIsNotLinked(t *testing.T) {
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	if !bytes.Contains(list, []byte("github.com/modelcontextprotocol/go-sdk/mcp\n")) {
		t.Fatalf("the test does not see what is linked:\n%s", list)
	}
	for line := range strings.Lines(string(list)) {
		if strings.Contains(line, "mark3labs") || strings.Contains(line, "runtime/mcpgo") {
			t.Errorf("linked: %s", line)
		}
	}
}

func TestTools(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		user := runtimetest.NewUser(t).Types("Petstore API key", goodKey).Answers(secrets.AllowOnce)
		s := open(t, user)
		g := w.come(t, s, client{version: version})
		tools, err := g.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range tools.Tools {
			if strings.HasPrefix(tool.Name, "secrets_") {
				names = append(names, tool.Name)
				if isStatus := tool.Name == "secrets_status"; tool.Annotations.ReadOnlyHint != isStatus || *tool.Annotations.DestructiveHint == isStatus {
					t.Errorf("%s: %+v", tool.Name, tool.Annotations)
				}
			}
		}
		if !slices.Equal(names, []string{"secrets_forget", "secrets_set", "secrets_status"}) {
			t.Fatalf("tools: %q", names)
		}
		set := func() bool {
			result, err := g.CallTool(t.Context(), tool("secrets_status"))
			if err != nil || result.IsError {
				t.Fatalf("%+v, %v", result, err)
			}
			var said struct {
				Secrets []struct {
					Name string
					Set  bool
				}
			}
			for _, text := range []string{textOf(result), string(must(json.Marshal(result.StructuredContent)))} {
				if err := json.Unmarshal([]byte(text), &said); err != nil || len(said.Secrets) != 5 || said.Secrets[0].Name != "api_key" {
					t.Fatalf("%v: %s", err, text)
				}
			}
			return said.Secrets[0].Set
		}
		if set() {
			t.Error("set before it was")
		}
		key := map[string]any{"name": "api_key"}
		if text, err := g.call(t.Context(), toolWith("secrets_set", key)); err != nil || !strings.Contains(text, "api_key") || !set() {
			t.Errorf("%q, %v", text, err)
		}
		if text, err := g.call(t.Context(), toolWith("secrets_forget", key)); err != nil || !strings.Contains(text, "api_key") || set() {
			t.Errorf("%q, %v", text, err)
		}
		for _, arguments := range []map[string]any{nil, {"name": "nothing"}, {"name": 1}} {
			result, err := g.CallTool(t.Context(), &mcp.CallToolParams{Name: "secrets_forget", Arguments: arguments})
			if err == nil && !result.IsError {
				t.Errorf("%v: %q", arguments, textOf(result))
			}
		}
	})
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}
