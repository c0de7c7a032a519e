package serve

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A gate is a listener that bounds the connections that are open at a time, of one address and altogether. Where one more
// comes, the oldest is closed that no request has come from in full: one that says no more, or is slow on purpose. If there is
// none, the new one is closed.
type gate struct {
	net.Listener
	perPeer, total int

	mu   sync.Mutex
	open []*connection // the oldest first
}

// The most connections that a gate lets in. Half the descriptors of the process are for other things than clients: the
// keychain, dialogs, and what the server's tools do.
const (
	maxConnections = 1024
	peersToFill    = 4 // how many addresses it takes to have all connections
)

func newGate(listener net.Listener) *gate {
	total := max(2*peersToFill, min(maxConnections, descriptors()/2))
	return &gate{Listener: listener, perPeer: total / peersToFill, total: total}
}

// A connection is one that a [gate] has let in.
type connection struct {
	net.Conn
	gate *gate
	peer string
	busy bool // a request has come in full, and is not answered yet; guarded by gate.mu
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		accepted, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &connection{Conn: accepted, gate: g, peer: peerOf(accepted)}
		out := g.admit(c)
		if out != nil {
			_ = out.Close()
		}
		if out != c {
			return c, nil
		}
	}
}

func peerOf(c net.Conn) string {
	address := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// admit lets a connection in and returns which one is to be closed for it: nil, another one, or c itself.
func (g *gate) admit(c *connection) (out *connection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rivals, limit := g.ofPeerLocked(c.peer), g.perPeer
	if len(rivals) < limit {
		rivals, limit = g.open, g.total
	}
	if len(rivals) >= limit {
		i := slices.IndexFunc(rivals, func(other *connection) bool { return !other.busy })
		if i < 0 {
			return c
		}
		out = rivals[i]
		g.removeLocked(out)
	}
	g.open = append(g.open, c)
	return out
}

func (g *gate) ofPeerLocked(peer string) (open []*connection) {
	for _, c := range g.open {
		if c.peer == peer {
			open = append(open, c)
		}
	}
	return open
}

func (g *gate) removeLocked(c *connection) {
	g.open = slices.DeleteFunc(g.open, func(other *connection) bool { return other == c })
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.gate.mu.Lock()
	c.gate.removeLocked(c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite is for net/http, which ends its answer by it before it ends the connection: a client that is still sending would
// lose the answer.
func (c *connection) CloseWrite() error {
	if tcp, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return tcp.CloseWrite()
	}
	return nil
}

func (c *connection) setBusy(busy bool) {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	c.busy = busy
}

type connectionKey struct{}

// withConnection is the ConnContext of the server behind a gate.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}

// watched returns a handler that tells the gate when a request has come in full, and when it is answered. It bounds the time
// for bodies that nobody reads, as where next refuses a request for its headers: net/http reads on after the answer.
func watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connectionKey{}).(*connection)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		defer c.setBusy(false)
		if r.Body == nil || r.Body == http.NoBody {
			c.setBusy(true)
			next.ServeHTTP(w, r)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // a connection that can't is closed for the next one
		timed := *r
		timed.Body = &untilWhole{r.Body, func() {
			_ = control.SetReadDeadline(time.Time{})
			c.setBusy(true)
		}}
		next.ServeHTTP(w, &timed)
	})
}

// untilWhole is a body that calls whole when it has been read to its end.
type untilWhole struct {
	io.ReadCloser
	whole func()
}

// Read implements io.Reader.
func (b *untilWhole) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.whole()
	}
	return n, err
}
