package mcpgo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// request is a tool call as it comes from the wire.
var request = json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool","arguments":{"id":7,"name":"rex"}}}`)

// caller returns a function that calls the tool of a server.
func caller(b testing.TB, handler server.ToolHandlerFunc, options ...server.ServerOption) func() {
	srv := server.NewMCPServer("petstore", "1.0.0", options...)
	srv.AddTool(mcp.NewTool("tool"), handler)
	ctx := fromInside(context.Background(), srv)
	return func() {
		response, ok := srv.HandleMessage(ctx, request).(mcp.JSONRPCResponse)
		if !ok {
			b.Fatalf("no response: %v", response)
		}
		if _, err := json.Marshal(response); err != nil {
			b.Fatal(err)
		}
	}
}

func openBench(b testing.TB, store store.Store, user *runtimetest.User) *petstore.Secrets {
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user),
		secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = vault.Manager.Close() })
	return vault
}

// BenchmarkToolWithoutSecret calls a tool that uses no secret behind the middleware. Its floor is the same without it.
func BenchmarkToolWithoutSecret(b *testing.B) {
	handler := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Rex is a good dog."), nil
	}
	vault := openBench(b, runtimetest.NewStore(), runtimetest.NewUser(b))
	ratio.MeasureCPU(b, 1.05, caller(b, handler), caller(b, handler, Option(vault.Manager)))
}

// A call without a secret allocates three times for the middleware: the turn, and how its handler is called. What the runtime
// does meanwhile counts too, so that the least of some measurements is the figure.
func TestToolWithoutSecretAllocatesLittle(t *testing.T) {
	handler := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Rex is a good dog."), nil
	}
	vault := openBench(t, runtimetest.NewStore(), runtimetest.NewUser(t))
	least := func(call func()) float64 {
		n := testing.AllocsPerRun(1000, call)
		for range 9 {
			n = min(n, testing.AllocsPerRun(1000, call))
		}
		return n
	}
	bare, ours := least(caller(t, handler)), least(caller(t, handler, Option(vault.Manager)))
	if ours > bare+3 {
		t.Errorf("%v, without the middleware %v", ours, bare)
	}
}

// BenchmarkToolWithGrantedSecret calls a tool that uses a secret which was allowed for the session. Its floor is the same
// tool when it reads the keychain itself.
func BenchmarkToolWithGrantedSecret(b *testing.B) {
	desktop.ForTest(b, desktop.Options{NoDisplay: true})
	store := keychain.Store{System: keychain.New(keychain.Options{})}
	defer func() { _ = store.Close() }()
	bare, gated := granted(b, store)
	ratio.Measure(b, 1.2, bare, gated)
}

// BenchmarkGate is the same with a store in memory, where nearly all is the gate.
func BenchmarkGate(b *testing.B) {
	bare, gated := granted(b, runtimetest.NewStore())
	ratio.MeasureCPU(b, 1.3, bare, gated)
}

// granted returns functions that call a tool which reads a store itself, and one which uses a secret that was allowed for the
// session.
func granted(b *testing.B, values store.Store) (bare, gated func()) {
	user := runtimetest.NewUser(b)
	user.Answers(secrets.AllowSession)
	vault := openBench(b, values, user)
	if err := vault.Manager.Set(b.Context(), petstore.KeyUsername(), "ann"); err != nil {
		b.Fatal(err)
	}
	if _, err := vault.Username(vault.Manager.Background(b.Context()), "Greet you"); err != nil {
		b.Fatal(err)
	}
	bare = caller(b, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		text, err := values.Get(ctx, store.Scope{Server: "petstore"}, "username")
		return mcp.NewToolResultText("Hello " + text), err
	})
	gated = caller(b, Tool(vault.Username, "Greet you", func(_ context.Context, _ mcp.CallToolRequest, text string) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Hello " + text), nil
	}), Option(vault.Manager))
	return bare, gated
}

// BenchmarkToolWithDestination calls a tool that uses a granted secret with sent_to, which takes two readings. Its floor is a
// tool that makes one, bare.
func BenchmarkToolWithDestination(b *testing.B) {
	d := desktop.ForTest(b, desktop.Options{NoDisplay: true})
	store := keychain.Store{System: keychain.New(keychain.Options{})}
	defer func() { _ = store.Close() }()
	user := runtimetest.NewUser(b)
	user.Answers(secrets.AllowSession)
	vault := openBench(b, store, user)
	if err := errors.Join(vault.Manager.Set(b.Context(), petstore.KeyAPIKey(), "pets-0123456789abcdef"),
		vault.Manager.Set(b.Context(), petstore.KeyBaseURL(), "https://petstore.example/v3")); err != nil {
		b.Fatal(err)
	}
	if _, err := vault.APIKey(vault.Manager.Background(b.Context()), "Read one pet"); err != nil {
		b.Fatal(err)
	}
	read := bareReader(b, d, map[string]string{"service": "com.mcp.petstore", "username": "api_key"})
	bare := caller(b, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		err := read(ctx)
		return mcp.NewToolResultText("Rex is a good dog."), err
	})
	gated := caller(b, Tool(vault.APIKey, "Read one pet", func(context.Context, mcp.CallToolRequest, secrets.Secret) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("Rex is a good dog."), nil
	}), Option(vault.Manager))
	ratio.Measure(b, 1.2, bare, gated)
}

// bareReader returns what reads a value without more than it takes: a search and a read on a connection that is kept.
func bareReader(b *testing.B, d *desktop.Desktop, attributes map[string]string) func(context.Context) error {
	bus, err := d.Connect()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bus.Close() })
	const name, api = "org.freedesktop.secrets", "org.freedesktop.Secret."
	service := bus.Object(name, "/org/freedesktop/secrets")
	var ignored dbus.Variant
	var session dbus.ObjectPath
	if err := service.Call(api+"Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&ignored, &session); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context) error {
		var open, locked []dbus.ObjectPath
		err := service.CallWithContext(ctx, api+"Service.SearchItems", 0, attributes).Store(&open, &locked)
		if err != nil {
			return err
		}
		return bus.Object(name, open[0]).CallWithContext(ctx, api+"Item.GetSecret", 0, session).Err
	}
}
