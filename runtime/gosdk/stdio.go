package gosdk

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// ServeStdio serves on standard input and output until the input ends or the process is told to stop; it then closes all
// dialogs and the manager. The runtime writes nothing but JSON-RPC to standard output, and no secret that was handed out.
// The error is nil when the input ended or a signal came.
func ServeStdio(m *secrets.Manager, srv *mcp.Server) error {
	ctx, stop := serve.UntilStopped()
	defer stop()
	return serveStdio(ctx, m, srv, os.Stdin, os.Stdout)
}

// grace is how long calls have to be answered once the input has ended, when no dialog is open any more; and after a signal,
// to see that their contexts have ended.
const grace = 5 * time.Second

func serveStdio(ctx context.Context, m *secrets.Manager, srv *mcp.Server, in io.Reader, out io.Writer) error {
	m.Inside().Serving()
	masks := m.Inside().Guard()
	t := &stdio{in: in, out: masks.Writer(out), ended: func() { _ = m.Close() }}
	session, err := connect(context.WithoutCancel(ctx), srv, t, masks)
	if err != nil {
		return serve.Stdio(err, m.Close())
	}
	ended := make(chan struct{})
	go func() {
		_ = session.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		t.connection.stop()
		select {
		case <-ended:
		case <-time.After(grace): // a handler does not look at its context
		}
	}
	return serve.Stdio(t.connection.end(), m.Close())
}

// stdio is the transport of [ServeStdio].
type stdio struct {
	in         io.Reader
	out        io.Writer
	ended      func() // called when the input ends
	connection *draining
}

// Connect implements mcp.Transport.
func (s *stdio) Connect(ctx context.Context) (mcp.Connection, error) {
	d := &draining{ended: s.ended, open: map[jsonrpc.ID]bool{}, idle: make(chan struct{}, 1)}
	lines := &mcp.IOTransport{Reader: io.NopCloser(s.in), Writer: output{s.out, d}}
	var err error
	if d.Connection, err = lines.Connect(ctx); err != nil {
		return nil, err
	}
	s.connection = d
	return d, nil
}

// An output never fails. When a write does, the SDK ends all at once, with a dialog on the screen or one of two values stored;
// but a client that does not read any more ends the server by its input.
type output struct {
	to io.Writer
	by *draining
}

// Write implements io.Writer.
func (o output) Write(p []byte) (int, error) {
	if _, err := o.to.Write(p); err != nil {
		o.by.mu.Lock()
		defer o.by.mu.Unlock()
		o.by.broken = true
	}
	return len(p), nil
}

// Close implements io.Closer.
func (output) Close() error { return nil }

// A draining connection says that its input has ended only once the calls before are answered: the SDK cancels all of them and
// sends nothing any more as soon as it hears that.
type draining struct {
	mcp.Connection
	ended func()

	mu     sync.Mutex
	err    error               // by which the input ended
	open   map[jsonrpc.ID]bool // calls without an answer
	broken bool                // the client does not read any more, or is not waited for
	idle   chan struct{}       // told when there is nothing to wait for
}

// Read implements mcp.Connection.
func (d *draining) Read(ctx context.Context) (jsonrpc.Message, error) {
	message, err := d.Connection.Read(ctx)
	if err != nil {
		d.mu.Lock()
		d.err = err
		d.mu.Unlock()
		d.ended() // first the dialogs, which calls wait for
		d.wait()
		return nil, err
	}
	// A subscription is not answered while it lasts.
	if call, ok := message.(*jsonrpc.Request); ok && call.IsCall() && call.Method != "subscriptions/listen" {
		d.mu.Lock()
		d.open[call.ID] = true
		d.mu.Unlock()
	}
	return message, nil
}

// Write implements mcp.Connection.
func (d *draining) Write(ctx context.Context, message jsonrpc.Message) error {
	err := d.Connection.Write(ctx, message)
	d.mu.Lock()
	defer d.mu.Unlock()
	if answer, ok := message.(*jsonrpc.Response); ok {
		delete(d.open, answer.ID)
	}
	d.tell()
	return err
}

// end returns the error by which the input ended. That the client does not read any more is none: it has gone.
func (d *draining) end() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// stop ends the input and cancels all calls.
func (d *draining) stop() {
	d.mu.Lock()
	d.broken = true
	d.tell()
	d.mu.Unlock()
	_ = d.Connection.Close()
}

// tell wakes wait up if there is nothing to wait for. d.mu is held.
func (d *draining) tell() {
	if !d.over() {
		return
	}
	select {
	case d.idle <- struct{}{}:
	default:
	}
}

// over reports whether there is nothing to wait for. d.mu is held.
func (d *draining) over() bool { return d.broken || len(d.open) == 0 }

func (d *draining) wait() {
	timeout := time.After(grace)
	for {
		d.mu.Lock()
		over := d.over()
		d.mu.Unlock()
		if over {
			return
		}
		select {
		case <-d.idle: // perhaps from before
		case <-timeout:
			return
		}
	}
}
