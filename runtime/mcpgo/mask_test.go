package mcpgo

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

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
	if got := toolParts(a, tool).Content; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if tool.Content[0] != mcp.Content(mcp.NewTextContent("the key is 4eC39")) {
		t.Error("the handler's own result was changed")
	}

	var prompt mcp.GetPromptResult
	for _, part := range texts("4eC39HqLyjWD", "arjtT1zdp7dc") {
		prompt.Messages = append(prompt.Messages, mcp.NewPromptMessage(mcp.RoleUser, part))
	}
	for _, message := range promptParts(a, &prompt).Messages {
		if message.Content != mcp.Content(mcp.NewTextContent("[redacted]")) {
			t.Errorf("got %+v", message)
		}
	}

	resource := []mcp.ResourceContents{mcp.TextResourceContents{Text: "4eC39"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "HqL y"}}
	wanted := []mcp.ResourceContents{mcp.TextResourceContents{Text: "[redacted]"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "[redacted] y"}}
	if got := resourceParts(a, resource); !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %+v", got)
	}
	if toolParts(a, nil) != nil || promptParts(a, nil) != nil || resourceParts(a, nil) != nil {
		t.Error("makes something of nothing")
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
