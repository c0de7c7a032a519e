package gosdk_test

import (
	"context"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkToolWithGrantedSecret calls a tool that uses a secret which was allowed for the session. Its floor is the same
// tool when it reads the keychain itself. A secret with sent_to costs a second read, of where it goes.
func BenchmarkToolWithGrantedSecret(b *testing.B) {
	desktop.ForTest(b, desktop.Options{NoDisplay: true})
	values := keychain.Store{System: keychain.New(keychain.Options{})}
	defer func() { _ = values.Close() }()
	user := runtimetest.NewUser(b)
	user.Answers(secrets.AllowSession)
	vault := openBench(b, values, user)
	if err := vault.Manager.Set(b.Context(), petstore.KeyUsername(), "ann"); err != nil {
		b.Fatal(err)
	}
	if _, err := vault.Username(vault.Manager.Background(b.Context()), "Greet you"); err != nil {
		b.Fatal(err)
	}
	bare := caller(b, nil, func(ctx context.Context, _ *mcp.CallToolRequest, _ animal) (*mcp.CallToolResult, any, error) {
		text, err := values.Get(ctx, store.Scope{Server: "petstore"}, "username")
		return greeting("Hello " + text), nil, err
	})
	gated := caller(b, vault.Manager, gosdk.Tool(vault.Username, "Greet you",
		func(_ context.Context, _ *mcp.CallToolRequest, _ animal, name string) (*mcp.CallToolResult, any, error) {
			return greeting("Hello " + name), nil, nil
		}))
	ratio.Measure(b, 1.2, bare, gated)
}
