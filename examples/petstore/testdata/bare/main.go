// Command bare is an MCP server with the tools that it reads from a file, and nothing else: what the start of the pet store
// is measured against. This one is on mcp-go, the one in gosdk on the official SDK.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var list mcp.ListToolsResult
	if err := json.Unmarshal(text, &list); err != nil {
		log.Fatal(err)
	}
	srv := server.NewMCPServer("bare", "1.0.0")
	for _, tool := range list.Tools {
		srv.AddTool(tool, func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("fine"), nil
		})
	}
	if err := server.ServeStdio(srv); err != nil {
		log.Fatal(err)
	}
}
