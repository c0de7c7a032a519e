// Package serve has what every adapter's serving functions share, whatever the SDK: panics, forms, signals, the
// end of the input, an HTTP server that ends in order, and where a peer is.
package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// UntilStopped returns a context that ends when the process is told to stop.
func UntilStopped() (ctx context.Context, stop func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), signals...)
	// A write to a client that has gone would kill the process, with a dialog on the screen or one of two values stored. A
	// process that asks for the signal gets an error instead.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return ctx, func() {
		signal.Stop(broken)
		cancel()
	}
}

// NoticeEnd returns a reader of input that calls ended when the input ends or fails.
func NoticeEnd(input io.Reader, ended func()) io.Reader { return &noticed{input, ended} }

type noticed struct {
	io.Reader
	ended func()
}

func (r *noticed) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil {
		r.ended()
	}
	return n, err
}

// Stdio returns the error of serving on standard input and output, where the end of the input, a signal and a closed
// manager are no errors.
func Stdio(err, closed error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, closed)
}

// HTTP serves handler at /mcp of an address until the process is told to stop, and then calls closing, which ends what
// requests wait for. wrap, which may be nil, puts the author's authentication around the handler. The error is nil when a
// signal came.
func HTTP(address string, handler http.Handler, wrap func(http.Handler) http.Handler, closing func() error) error {
	ctx, stop := UntilStopped()
	defer stop()
	if wrap != nil {
		handler = wrap(handler)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", handler)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, closing())
	}
	return Listener(ctx, listener, mux, closing)
}

// Listener is [HTTP] on a listener, until ctx ends. It bounds the connections, and what they may send before a request is
// whole.
func Listener(ctx context.Context, listener net.Listener, handler http.Handler, closing func() error) error {
	return serveOn(ctx, newGate(listener), handler, closing)
}

func serveOn(ctx context.Context, g *gate, handler http.Handler, closing func() error) error {
	s := &http.Server{
		Handler: watched(handler), ConnContext: withConnection,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(g) }()
	select {
	case err := <-ended:
		return errors.Join(err, closing())
	case <-ctx.Done():
	}
	closed := closing() // first the dialogs, which calls wait for
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.Shutdown(grace) != nil { // event streams never end by themselves
		_ = s.Close()
	}
	return closed
}

// IsLocal reports whether a request comes from this computer: from an address of it, or by a Unix socket. Which of its users
// it is, neither says: who may open the socket's file is for its folder to say. What stands in RemoteAddr instead of the
// socket's own, as where a middleware believes a proxy, is an address like others.
func IsLocal(r *http.Request) bool {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return peer.Addr().Unmap().IsLoopback()
	}
	_, byUnix := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return byUnix && isUnixAddress(r.RemoteAddr)
}

// isUnixAddress reports whether package net spells a peer on a Unix socket so: most have no address, some a path or a name.
func isUnixAddress(address string) bool {
	return address == "" || address[0] == '@' || address[0] == '/'
}
