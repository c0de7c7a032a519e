package secrets

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

func TestWhatIsSplitOverAResultIsMasked(t *testing.T) {
	m := &Manager{guard: hide(&guard.Guard{})}
	m.conceal("4eC39HqLyjWDarjtT1zdp7dc", "")
	texts := func(parts ...string) (contents []mcp.Content) {
		for _, part := range parts {
			contents = append(contents, mcp.NewTextContent(part))
		}
		return contents
	}
	image := mcp.NewImageContent("aGk=", "image/png")

	tool := &mcp.CallToolResult{Content: append(texts("the key is 4eC39"), image, mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "a", Text: "HqLyjWDarjtT1zdp7dc, sic"}))}
	want := append(texts("the key is [redacted]"), image, mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "a", Text: "[redacted], sic"}))
	if got := toolParts(m, tool).Content; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if tool.Content[0] != mcp.Content(mcp.NewTextContent("the key is 4eC39")) {
		t.Error("the handler's own result was changed")
	}

	var prompt mcp.GetPromptResult
	for _, part := range texts("4eC39HqLyjWD", "arjtT1zdp7dc") {
		prompt.Messages = append(prompt.Messages, mcp.NewPromptMessage(mcp.RoleUser, part))
	}
	for _, message := range promptParts(m, &prompt).Messages {
		if message.Content != mcp.Content(mcp.NewTextContent("[redacted]")) {
			t.Errorf("got %+v", message)
		}
	}

	resource := []mcp.ResourceContents{mcp.TextResourceContents{Text: "4eC39"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "HqL y"}}
	wanted := []mcp.ResourceContents{mcp.TextResourceContents{Text: "[redacted]"}, mcp.BlobResourceContents{Blob: "aGk="}, mcp.TextResourceContents{Text: "[redacted] y"}}
	if got := resourceParts(m, resource); !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %+v", got)
	}
	if toolParts(m, nil) != nil || promptParts(m, nil) != nil || resourceParts(m, nil) != nil {
		t.Error("makes something of nothing")
	}
}

// What a value's type does not say in words, such as bytes, would be there as numbers.
func TestPanicText(t *testing.T) {
	type named string
	for _, test := range []struct {
		value any
		want  string
	}{
		{"no", "no"}, {named("no"), "no"}, {errors.New("no"), "no"}, {fmt.Errorf("not %w", errors.New("this")), "not this"}, {4.5, "4.5"}, {true, "true"},
		{[]byte("key"), "([]uint8)"}, {[3]byte{1}, "([3]uint8)"}, {struct{ Key []byte }{[]byte("key")}, "(struct { Key []uint8 })"}, {&struct{}{}, "(*struct {})"},
		{(*Error)(nil), "<nil>"}, {NewSecret("key"), "[redacted]"}, {mcp.RoleUser, "user"},
	} {
		if got := panicText(test.value); got != test.want {
			t.Errorf("%T: %q, want %q", test.value, got, test.want)
		}
	}
}
