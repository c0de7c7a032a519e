package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"runtime"
	"runtime/pprof"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
)

// A state is what of this process could pile up and can't be seen from outside.
type state struct {
	Goroutines int
	Heap       uint64 // bytes that are in use
	Stacks     string // of the goroutines, by number
}

// addState adds the tools of the soak: one that tells the state, and ways of getting a secret that end badly.
func addState(srv *server.MCPServer, v *vault.Secrets) {
	srv.AddTool(mcp.NewTool("state"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		runtime.GC()
		runtime.GC() // what pools keep goes with the second
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		var stacks bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // to memory
		text, err := json.Marshal(state{runtime.NumGoroutine(), memory.HeapAlloc, stacks.String()})
		return mcp.NewToolResultText(string(text)), err
	})
	srv.AddTool(mcp.NewTool("panic"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		key, err := v.Key(ctx, "Panic with the key")
		if err != nil {
			return nil, err
		}
		panic(key.Reveal())
	})
	srv.AddTool(mcp.NewTool("collect"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		key, err := v.Prefixed(ctx, "Use the other key")
		if err != nil {
			return nil, err
		}
		return fingerprints(key.Reveal()), nil
	})
	srv.AddTool(mcp.NewTool("mask"), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for range r.GetInt("times", 1) {
			v.Manager.Mask(ctx, rand.Text()) // such as a token that was made of the key for one request
		}
		return mcp.NewToolResultText("masked"), nil
	})
}
