package serve

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A client that keeps its connection and says no more is cut off.
func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- Listener(ctx, listener, http.NotFoundHandler(), func() error { return nil }) }()
		client, theirs := net.Pipe()
		listener.connections <- theirs
		if _, err := client.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		answer := bufio.NewReader(client)
		for err := error(nil); err == nil && time.Since(begin) < time.Hour; {
			_ = client.SetReadDeadline(begin.Add(time.Hour))
			_, err = answer.ReadByte()
		}
		if open := time.Since(begin); open > 10*time.Minute {
			t.Errorf("it is open for %v", open)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = client.Close()
	})
}

// pipes is a listener for connections without a network.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *pipes) Close() error   { close(l.closed); return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }
