// Command gosdk is the bare server of the folder above, on the official SDK. It does not read the tools: there, a server makes
// their schemas of its types.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/testdata/bare/ask"
)

type (
	none  struct{}
	petID struct {
		ID int `json:"id" jsonschema:"The pet's id"`
	}
	newPet struct {
		Name    string `json:"name"`
		Species string `json:"species"`
		Age     int    `json:"age,omitempty"`
	}
)

var store = flag.String("api", "", "")

func main() {
	address := flag.String("http", "", "")
	flag.Parse()
	srv := mcp.NewServer(&mcp.Implementation{Name: "bare", Version: "1.0.0"}, nil)
	safe := &mcp.ToolAnnotations{ReadOnlyHint: true, DestructiveHint: new(bool)}
	mcp.AddTool(srv, &mcp.Tool{Name: "list_pets", Description: "List the pets of the store", Annotations: safe}, fine[none, any])
	mcp.AddTool(srv, &mcp.Tool{Name: "get_pet", Description: "Get one pet of the store", Annotations: safe}, fine[petID, api.Pet])
	mcp.AddTool(srv, &mcp.Tool{Name: "create_pet", Description: "Add a pet to the store"}, fine[newPet, api.Pet])
	mcp.AddTool(srv, &mcp.Tool{Name: "whoami", Description: "Say whose account of the store this is", Annotations: safe}, fine[none, api.Account])
	mcp.AddTool(srv, &mcp.Tool{Name: "leak_check", Description: "Try to show the API key, which must not work", Annotations: safe},
		fine[none, map[string]map[string]string])
	var err error
	if *address != "" {
		err = http.ListenAndServe(*address, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return srv }, nil))
	} else {
		err = srv.Run(context.Background(), &mcp.StdioTransport{})
	}
	if err != nil {
		log.Fatal(err)
	}
}

func fine[In, Out any](ctx context.Context, req *mcp.CallToolRequest, _ In) (*mcp.CallToolResult, Out, error) {
	var none Out
	_, err := ask.Store(ctx, *store, req.Params.Name)
	return nil, none, err
}
