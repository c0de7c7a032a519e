package mcpgo

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// ServeStdio serves on standard input and output until the input ends or the process is told to stop; it then closes all
// dialogs and the manager. The runtime writes nothing but JSON-RPC to standard output, and no secret that was handed out.
// The error is nil when the input ended or a signal came.
func ServeStdio(m *secrets.Manager, srv *server.MCPServer, options ...server.StdioOption) error {
	ctx, stop := serve.UntilStopped()
	defer stop()
	return serveStdio(ctx, m, srv, os.Stdin, os.Stdout, options...)
}

func serveStdio(ctx context.Context, m *secrets.Manager, srv *server.MCPServer, stdin io.Reader, stdout io.Writer, options ...server.StdioOption) error {
	m.Inside().Install()
	m.Inside().Serving()
	s := server.NewStdioServer(srv)
	// With the defaults of mcp-go a hundred calls that wait for a person freeze the server for good.
	// What it logs has what the author's code said. Clients keep standard error.
	logger := log.New(m.Inside().Guard().Writer(os.Stderr), "", log.LstdFlags)
	for _, option := range append([]server.StdioOption{
		server.WithErrorLogger(logger), server.WithWorkerPoolSize(100), server.WithQueueSize(10_000)}, options...) {
		option(s)
	}
	ctx, cancel := context.WithCancel(withGuard(ctx, guarding{manager: m}))
	defer cancel()
	// Listen waits for the calls that it has begun, and those wait for dialogs: the dialogs are closed first.
	input := serve.NoticeEnd(stdin, func() { _ = m.Close() })
	stopped := context.AfterFunc(ctx, func() { _ = m.Close() })
	defer stopped()
	err := s.Listen(ctx, input, m.Inside().Guard().Writer(stdout))
	return serve.Stdio(err, m.Close())
}
