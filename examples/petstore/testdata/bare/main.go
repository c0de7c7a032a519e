// Command bare is the pet store without mcpsecrets: an MCP server with the tools that it reads from a file, which ask an HTTP API,
// and serve on standard input and output or by HTTP. It is what the start of the pet store is measured against. This one is on
// mcp-go, the one in gosdk on the official SDK.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/testdata/bare/ask"
)

func main() {
	address := flag.String("http", "", "")
	api := flag.String("api", "", "")
	flag.Parse()
	text, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	var list mcp.ListToolsResult
	if err := json.Unmarshal(text, &list); err != nil {
		log.Fatal(err)
	}
	srv := server.NewMCPServer("bare", "1.0.0")
	for _, tool := range list.Tools {
		srv.AddTool(tool, func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			answer, err := ask.Store(ctx, *api, request.Params.Name)
			return mcp.NewToolResultText(answer), err
		})
	}
	if *address != "" {
		err = server.NewStreamableHTTPServer(srv).Start(*address)
	} else {
		err = server.ServeStdio(srv)
	}
	if err != nil {
		log.Fatal(err)
	}
}
