package secrets

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/server"
)

// HTTPHandler returns a handler that serves streamable HTTP at its path. Who a request belongs to is what the author's code
// in front of it verified and said with [WithPrincipal] in the request's context:
//
//	http.Handle("/mcp", authenticated(vault.HTTPHandler(srv)))
//
// Without a principal, only callers on this computer are served secrets, and only by a native dialog for each use. All
// principals share the keychain of this computer, and dialogs open on its screen.
func (m *Manager) HTTPHandler(srv *server.MCPServer, options ...server.StreamableHTTPOption) http.Handler {
	// What mcp-go logs of its own accord is for its developers.
	options = append([]server.StreamableHTTPOption{server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler))}, options...)
	return m.guard.Handler(&sessions{next: server.NewStreamableHTTPServer(srv, options...), owners: map[string]owner{}})
}

// ServeHTTP serves [Manager.HTTPHandler] at /mcp of an address such as "127.0.0.1:8080" until the process is told to stop;
// it then closes all dialogs and the manager. wrap, which may be nil, puts the author's authentication around the handler.
// The error is nil when a signal came.
func (m *Manager) ServeHTTP(srv *server.MCPServer, address string, wrap func(http.Handler) http.Handler, options ...server.StreamableHTTPOption) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	handler := m.HTTPHandler(srv, options...)
	if wrap != nil {
		handler = wrap(handler)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", handler)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		closed := m.Close() // first the dialogs, which calls wait for
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if s.Shutdown(grace) != nil { // event streams never end by themselves
			_ = s.Close()
		}
		return closed
	}
	return errors.Join(err, m.Close())
}

const sessionHeader = "Mcp-Session-Id"

// sessions keeps a session with the principal who began it. Its id is a secret of the transport only: a request, and so an
// answer to a question, that comes with somebody else's id must not count as theirs.
type sessions struct {
	next http.Handler

	mu     sync.Mutex
	owners map[string]owner
}

type owner struct {
	who  string
	seen time.Time
}

const (
	sessionIdle = 24 * time.Hour
	maxSessions = 10_000
)

// ServeHTTP implements http.Handler.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, _ := r.Context().Value(principalKey{}).(string)
	if id := r.Header.Get(sessionHeader); id != "" && !s.owns(id, who) {
		http.Error(w, "no such session", http.StatusNotFound) // the client begins a new one
		return
	}
	ctx := withPeer(r.Context(), peer{isLoopback(r.RemoteAddr), who})
	s.next.ServeHTTP(&sessionNoticed{w, func(id string) { s.begin(id, who) }, false}, r.WithContext(ctx))
}

func (s *sessions) owns(id, who string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.owners[id]
	if !ok || o.who != who {
		return false
	}
	s.owners[id] = owner{who, time.Now()}
	return true
}

func (s *sessions) begin(id, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.owners[id]; ok {
		return
	}
	if len(s.owners) >= maxSessions {
		for old, o := range s.owners {
			if time.Since(o.seen) > sessionIdle {
				delete(s.owners, old)
			}
		}
	}
	for old := range s.owners {
		if len(s.owners) < maxSessions {
			break
		}
		delete(s.owners, old) // any: its client begins a new one
	}
	s.owners[id] = owner{who, time.Now()}
}

// sessionNoticed notices the id of a session that begins.
type sessionNoticed struct {
	http.ResponseWriter
	begun func(id string)
	wrote bool
}

func (w *sessionNoticed) notice() {
	if w.wrote {
		return
	}
	w.wrote = true
	if id := w.Header().Get(sessionHeader); id != "" {
		w.begun(id)
	}
}

func (w *sessionNoticed) WriteHeader(status int) {
	w.notice()
	w.ResponseWriter.WriteHeader(status)
}

func (w *sessionNoticed) Write(p []byte) (int, error) {
	w.notice()
	return w.ResponseWriter.Write(p)
}

// Flush sends what was written, without which event streams stand still.
func (w *sessionNoticed) Flush() {
	w.notice()
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (w *sessionNoticed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// isLoopback reports whether the address of a peer is on this computer.
func isLoopback(address string) bool {
	peer, err := netip.ParseAddrPort(address)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
