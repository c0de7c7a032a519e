package gosdk_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest/conformance"
)

func TestConformance(t *testing.T) {
	conformance.TestAdapter(t, conformance.Adapter{New: newConforming, ResourceRounds: true, MasksAll: true, ChecksArguments: true})
}

// conforming is the server of the conformance tests.
type conforming struct {
	*mcp.Server
	manager *secrets.Manager
}

func newConforming(m *secrets.Manager, features []conformance.Feature) conformance.Server {
	//lint:ignore SA1019 servers still send log messages, and they must be masked
	capabilities := &mcp.ServerCapabilities{Logging: &mcp.LoggingCapabilities{}}
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, &mcp.ServerOptions{Capabilities: capabilities})
	gosdk.Install(srv, m)
	for _, f := range features {
		switch f.Kind {
		case "tool":
			addTool(srv, m, f)
		case "prompt":
			srv.AddPrompt(&mcp.Prompt{Name: f.Name}, promptOf(f))
		case "resource":
			srv.AddResource(&mcp.Resource{Name: f.Name, URI: f.Name}, resourceOf(f))
		}
	}
	return conforming{srv, m}
}

type sessionKey struct{}

// handled runs a handler and returns its result as a type of the SDK.
func handled[T any](ctx context.Context, session *mcp.ServerSession, f conformance.Feature, arguments map[string]any, got any) (*T, error) {
	result, err := f.Handle(context.WithValue(ctx, sessionKey{}, session), arguments, got)
	return parsed[T](result, err)
}

// parsed returns what a handler has returned as a type of the SDK.
func parsed[T any](result any, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	value := new(T)
	return value, json.Unmarshal(text, value)
}

// addTool adds a tool that declares what it needs by the SDK's generic function, and another one by the bare method.
func addTool(srv *mcp.Server, m *secrets.Manager, f conformance.Feature) {
	definition := &mcp.Tool{Name: f.Name, InputSchema: map[string]any{"type": "object"}}
	if f.Accounts {
		type withAccount struct {
			Account string `json:"account,omitempty"`
		}
		tool := gosdk.AccountArgument(m, &mcp.Tool{Name: f.Name})
		mcp.AddTool(srv, tool, func(ctx context.Context, req *mcp.CallToolRequest, in withAccount) (*mcp.CallToolResult, any, error) {
			ctx, err := m.Account(ctx, in.Account)
			if err != nil {
				return nil, nil, err
			}
			result, err := handled[mcp.CallToolResult](ctx, req.Session, f, nil, nil)
			return result, nil, err
		})
		return
	}
	if f.Get != nil {
		mcp.AddTool(srv, definition, gosdk.Tool(f.Get, f.Reason, func(ctx context.Context, req *mcp.CallToolRequest, in map[string]any, got any) (*mcp.CallToolResult, any, error) {
			result, err := handled[mcp.CallToolResult](ctx, req.Session, f, in, got)
			return result, nil, err
		}))
		return
	}
	srv.AddTool(definition, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		arguments := map[string]any{}
		if len(req.Params.Arguments) > 0 {
			if err := json.Unmarshal(req.Params.Arguments, &arguments); err != nil {
				return nil, err
			}
		}
		result, err := f.Handle(context.WithValue(ctx, sessionKey{}, req.Session), arguments, nil)
		if how, ok := result.(conformance.Broken); ok {
			return broken(how)
		}
		return parsed[mcp.CallToolResult](result, err)
	})
}

// broken returns a result that can't become JSON.
func broken(how conformance.Broken) (*mcp.CallToolResult, error) {
	text, result := json.RawMessage(`{"said":`), &mcp.CallToolResult{Content: []mcp.Content{}}
	switch how {
	case "structure":
		result.StructuredContent = text
	case "content":
		result.Content = []mcp.Content{&mcp.TextContent{Meta: mcp.Meta{"a": text}}}
	case "priority":
		result.Content = []mcp.Content{&mcp.TextContent{Annotations: &mcp.Annotations{Priority: math.NaN()}}}
	case "meta":
		result.Meta = mcp.Meta{"a": text}
	default:
		return nil, &jsonrpc.Error{Code: -32050, Message: "upstream said", Data: text}
	}
	return result, nil
}

func promptOf(f conformance.Feature) mcp.PromptHandler {
	handle := func(ctx context.Context, req *mcp.GetPromptRequest, got any) (*mcp.GetPromptResult, error) {
		return handled[mcp.GetPromptResult](ctx, req.Session, f, nil, got)
	}
	if f.Get != nil {
		return gosdk.Prompt(f.Get, f.Reason, handle)
	}
	return func(ctx context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return handle(ctx, req, nil)
	}
}

func resourceOf(f conformance.Feature) mcp.ResourceHandler {
	handle := func(ctx context.Context, req *mcp.ReadResourceRequest, got any) (*mcp.ReadResourceResult, error) {
		return handled[mcp.ReadResourceResult](ctx, req.Session, f, nil, got)
	}
	if f.Get != nil {
		return gosdk.Resource(f.Get, f.Reason, handle)
	}
	return func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return handle(ctx, req, nil)
	}
}

func (c conforming) ServeStdio() error { return gosdk.ServeStdio(c.manager, c.Server) }

func (c conforming) HTTPHandler(named func(string) string) http.Handler {
	return verified(gosdk.HTTPHandler(c.manager, c.Server), named)
}

// BareHTTPHandler has two handlers of the SDK: with sessions it does not serve 2026-07-28.
func (c conforming) BareHTTPHandler(named func(string) string) http.Handler {
	getServer := func(*http.Request) *mcp.Server { return c.Server }
	sessions := mcp.NewStreamableHTTPHandler(getServer, nil)
	stateless := mcp.NewStreamableHTTPHandler(getServer, &mcp.StreamableHTTPOptions{Stateless: true})
	return verified(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Mcp-Protocol-Version") < "2026-07-28" {
			sessions.ServeHTTP(w, r)
		} else {
			stateless.ServeHTTP(w, r)
		}
	}), named)
}

func verified(next http.Handler, named func(string) string) http.Handler {
	verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{UserID: named(token), Expiration: time.Now().Add(time.Hour)}, nil
	}
	bearer := auth.RequireBearerToken(verify, nil)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			next.ServeHTTP(w, r)
		} else {
			bearer.ServeHTTP(w, r)
		}
	})
}

// A connecting transport connects the server when the client comes.
type connecting struct {
	conforming
	client, server mcp.Transport
}

func (c conforming) Transport() mcp.Transport {
	client, server := mcp.NewInMemoryTransports()
	return connecting{c, client, server}
}

// Connect implements mcp.Transport.
func (c connecting) Connect(ctx context.Context) (mcp.Connection, error) {
	if _, err := gosdk.Connect(context.WithoutCancel(ctx), c.Server, c.server); err != nil {
		return nil, err
	}
	return c.client.Connect(ctx)
}

func (c conforming) AddTools() { gosdk.AddTools(c.manager, c.Server) }

func (c conforming) Log(ctx context.Context, data any) error {
	session := ctx.Value(sessionKey{}).(*mcp.ServerSession)
	//lint:ignore SA1019 servers still send log messages, and the guard must see them
	return session.Log(ctx, &mcp.LoggingMessageParams{Level: "error", Data: data})
}

func (c conforming) Progress(ctx context.Context, token, message string) error {
	session := ctx.Value(sessionKey{}).(*mcp.ServerSession)
	return session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: 1, Message: message})
}
