package laws

import (
	"context"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
)

// serveGoSDK is the world's server on the official SDK.
func serveGoSDK(p *permissionRun, m *secrets.Manager) *permissionServer {
	srv := sdk.NewServer(&sdk.Implementation{Name: "laws", Version: "1"}, nil)
	for name := range oracleTools {
		if name != "" {
			sdk.AddTool(srv, &sdk.Tool{Name: name}, p.toolGoSDK(m, name))
		}
	}
	gosdk.Install(srv, m)
	guarded := gosdk.HTTPHandler(m, srv)
	verified := auth.RequireBearerToken(func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{UserID: token, Expiration: time.Now().Add(time.Hour)}, nil
	}, nil)(guarded)
	return &permissionServer{
		Manager: m,
		handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				guarded.ServeHTTP(w, r)
				return
			}
			verified.ServeHTTP(w, r)
		}),
		connect: func(ctx context.Context, a *actor, gone <-chan struct{}) (connection, error) {
			of, to := sdk.NewInMemoryTransports()
			if _, err := gosdk.Connect(context.Background(), srv, to); err != nil {
				return nil, err
			}
			return a.official(ctx, of, gone)
		},
	}
}

type argumentsGoSDK struct {
	ID string `json:"id"`
}

func (p *permissionRun) toolGoSDK(m *secrets.Manager, name string) sdk.ToolHandlerFor[argumentsGoSDK, any] {
	return func(ctx context.Context, request *sdk.CallToolRequest, in argumentsGoSDK) (*sdk.CallToolResult, any, error) {
		done := &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "done"}}} // which the SDK writes to
		n, _ := request.Params.Meta["laws/number"].(float64)
		number := int(n)
		if !startsWithAll(name) {
			if err := p.handle(ctx, m, name, number, in.ID); err != nil {
				return nil, nil, err
			}
			return done, nil, nil
		}
		type got = map[string]string
		return gosdk.Tool(func(ctx context.Context, reason secrets.Reason) (got, error) {
			return p.get(ctx, m, name, reason)
		}, p.reason(number), func(_ context.Context, _ *sdk.CallToolRequest, _ argumentsGoSDK, values got) (*sdk.CallToolResult, any, error) {
			p.use(number, values)
			return done, nil, nil
		})(ctx, request, in)
	}
}
