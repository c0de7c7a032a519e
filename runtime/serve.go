package secrets

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/mark3labs/mcp-go/server"
)

// ServeStdio serves on standard input and output until the input ends or the process is told to stop; it then closes all
// dialogs and the manager. The runtime writes nothing but JSON-RPC to standard output, and no secret that was handed out.
// The error is nil when the input ended or a signal came.
func (m *Manager) ServeStdio(srv *server.MCPServer, options ...server.StdioOption) error {
	ctx, stop := untilStopped()
	defer stop()
	return m.serveStdio(ctx, srv, os.Stdin, os.Stdout, options...)
}

// untilStopped returns a context that ends when the process is told to stop.
func untilStopped() (ctx context.Context, stop func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), signals...)
	// A write to a client that has gone would kill the process, with a dialog on the screen or one of two values stored. Who
	// asks for the signal gets an error instead.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return ctx, func() {
		signal.Stop(broken)
		cancel()
	}
}

func (m *Manager) serveStdio(ctx context.Context, srv *server.MCPServer, stdin io.Reader, stdout io.Writer, options ...server.StdioOption) error {
	s := server.NewStdioServer(srv)
	// With the defaults of mcp-go a hundred calls that wait for a person freeze the server for good.
	for _, option := range append([]server.StdioOption{server.WithWorkerPoolSize(100), server.WithQueueSize(10_000)}, options...) {
		option(s)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Listen waits for the calls that it has begun, and those wait for dialogs: the dialogs are closed first.
	input := &endNoticed{stdin, func() { _ = m.Close() }}
	stopped := context.AfterFunc(ctx, func() { _ = m.Close() })
	defer stopped()
	err := s.Listen(ctx, input, m.guard().Writer(stdout))
	closed := m.Close()
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, closed)
}

// endNoticed calls a function when the input ends.
type endNoticed struct {
	io.Reader
	ended func()
}

func (r *endNoticed) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil {
		r.ended()
	}
	return n, err
}
