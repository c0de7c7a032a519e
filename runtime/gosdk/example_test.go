package gosdk_test

import (
	"context"
	"log"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A server on standard input and output. One tool starts only with what it needs, the other asks for it.
func Example() {
	v, err := vault.OpenSecrets()
	if err != nil {
		log.Fatal(err)
	}
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)

	type nothing struct{}
	mcp.AddTool(srv, &mcp.Tool{Name: "whoami", Description: "Say who you are"}, gosdk.Tool(v.Login, "Say who you are",
		func(_ context.Context, _ *mcp.CallToolRequest, _ nothing, login vault.LoginSecrets) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: login.Username}}}, nil, nil
		}))
	mcp.AddTool(srv, &mcp.Tool{Name: "count_pets", Description: "Count the pets"},
		func(ctx context.Context, _ *mcp.CallToolRequest, _ nothing) (*mcp.CallToolResult, any, error) {
			key, err := v.APIKey(ctx, "Count the pets of your store")
			if err != nil {
				return nil, nil, err // it tells the model the way out
			}
			_ = key.Reveal() // for the pet store
			return nil, map[string]int{"pets": 3}, nil
		})
	gosdk.AddTools(v.Manager, srv)
	gosdk.Install(srv, v.Manager)
	if err := gosdk.ServeStdio(v.Manager, srv); err != nil {
		log.Fatal(err)
	}
}

// Over HTTP a request belongs to the user of its token.
func ExampleServeHTTP() {
	v, err := vault.OpenSecrets()
	if err != nil {
		log.Fatal(err)
	}
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
	gosdk.Install(srv, v.Manager)
	verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		return nil, auth.ErrInvalidToken // or the UserID and the Expiration of the token
	}
	if err := gosdk.ServeHTTP(v.Manager, srv, "127.0.0.1:8080", auth.RequireBearerToken(verify, nil)); err != nil {
		log.Fatal(err)
	}
}
