package guard

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A value that is a key of the protocol is masked as a value, and the message can be read as before.
func TestProtocolKeysStay(t *testing.T) {
	for key := range protocolKeys {
		g := learn(key)
		message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x",%q:"y"}],"structuredContent":{"k":%q,%q:1}}}`, key, key, "my"+key)
		want := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x",%q:"y"}],"structuredContent":{"k":"[redacted]","[redacted]":1}}}`, key)
		if got := string(g.JSON([]byte(message))); got != want {
			t.Errorf("%s", got)
		}
	}
}

// No key is missing that the messages of the SDK have.
func TestProtocolKeysAreAll(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			field := of.Field(i)
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.IsExported() && len(key) >= minimum && !protocolKeys[key] {
				t.Errorf("%s of %s", key, of)
			}
			walk(field.Type)
		}
	}
	for _, message := range []any{
		mcp.InitializeParams{}, mcp.InitializeResult{}, mcp.CallToolParams{}, mcp.CallToolResult{}, mcp.ListToolsResult{},
		mcp.ListPromptsResult{}, mcp.GetPromptResult{}, mcp.ListResourcesResult{}, mcp.ListResourceTemplatesResult{},
		mcp.ReadResourceResult{}, mcp.CompleteResult{}, mcp.ElicitParams{},
		//lint:ignore SA1019 servers still send these, and they must be readable
		mcp.CreateMessageParams{}, mcp.ListRootsResult{}, mcp.LoggingMessageParams{},
		mcp.ProgressNotificationParams{}, mcp.CancelledParams{}, mcp.TextContent{}, mcp.ImageContent{}, mcp.AudioContent{},
		mcp.ResourceLink{}, mcp.EmbeddedResource{},
	} {
		walk(reflect.TypeOf(message))
	}
	if len(seen) < 25 {
		t.Errorf("%d types", len(seen))
	}
}
