package mcpgo

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// HTTPHandler returns a handler that serves streamable HTTP at its path. Whom a request belongs to is what the author's code
// in front of it verified and said with [secrets.WithPrincipal] in the request's context:
//
//	http.Handle("/mcp", authenticated(mcpgo.HTTPHandler(v.Manager, srv)))
//
// Without a principal, only loopback callers get secrets, each use confirmed in a native dialog, because an unauthenticated
// client could approve its own request. All principals share the keychain of this computer, and dialogs open on its screen.
//
// A body has at most 4 MB, see [MaxBody], and 30 seconds, and path and headers 64 KB: else the answer is 413, 408
// or 431. Connections are for the http.Server to bound, as ServeHTTP does: set its ReadHeaderTimeout, IdleTimeout and
// MaxHeaderBytes, and give it a listener that bounds how many there are.
func HTTPHandler(m *secrets.Manager, srv *server.MCPServer, options ...server.StreamableHTTPOption) http.Handler {
	// What mcp-go logs of its own accord is for its developers.
	options = append([]server.StreamableHTTPOption{server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler))}, options...)
	next := server.NewStreamableHTTPServer(srv, options...)
	return serve.Bounded(m.Inside().Guard().Handler(&sessions{next: next, limit: maxSessions, owners: map[string]owner{}}), maxBodyOf(next))
}

// maxBodies has what [MaxBody] said of handlers that are being made. mcp-go's options can't hold one of ours.
var maxBodies sync.Map // of *server.StreamableHTTPServer to int64

// MaxBody is an option for [HTTPHandler] and [ServeHTTP]: how many bytes the body of a request has at most. The default is
// 4 MB; a negative number is for no bound. A longer body is answered with 413.
func MaxBody(bytes int64) server.StreamableHTTPOption {
	return func(s *server.StreamableHTTPServer) { maxBodies.Store(s, bytes) }
}

func maxBodyOf(s *server.StreamableHTTPServer) int64 {
	bytes, _ := maxBodies.LoadAndDelete(s)
	limit, _ := bytes.(int64)
	return limit
}

// ServeHTTP serves [HTTPHandler] at /mcp of an address such as "127.0.0.1:8080" until the process is told to stop; it then
// closes all dialogs and the manager. wrap, which may be nil, puts the author's authentication around the handler. The error
// is nil when a signal came. It has at most 1,024 connections, or half as many as the files that the process may
// open, and a quarter of them from one address: where one more comes, the oldest is closed that no whole request has come from.
func ServeHTTP(m *secrets.Manager, srv *server.MCPServer, address string, wrap func(http.Handler) http.Handler, options ...server.StreamableHTTPOption) error {
	return serve.HTTP(address, HTTPHandler(m, srv, options...), wrap, m.Close)
}

// maxSessions is how many sessions are kept at a time, of revisions before 2026-07-28.
const maxSessions = 10_000

const sessionHeader = "Mcp-Session-Id"

// sessions keeps a session with the principal who began it. Its id is a secret of the transport only: a request, and so an
// answer to a question, that comes with somebody else's id must not count as theirs.
type sessions struct {
	next  http.Handler
	limit int // of sessions

	mu     sync.Mutex
	owners map[string]owner
}

type owner struct {
	who  string
	seen time.Time
}

// sessionIdle is how long a session is kept that nothing comes from.
const sessionIdle = 24 * time.Hour

func (o owner) expired() bool { return time.Since(o.seen) > sessionIdle }

// ServeHTTP implements http.Handler.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := inside.PrincipalOf(r.Context())
	if id := r.Header.Get(sessionHeader); id != "" && !s.owns(id, who) {
		http.Error(w, "no such session", http.StatusNotFound) // the client begins a new one
		return
	}
	ctx := context.WithValue(r.Context(), peerKey{}, peer{serve.IsLoopback(r.RemoteAddr), who})
	noticed := &sessionNoticed{ResponseWriter: w, begun: func(id string) { s.begin(id, who) }}
	s.next.ServeHTTP(noticed, r.WithContext(ctx))
	if r.Method == http.MethodDelete && noticed.status == http.StatusOK {
		s.forget(r.Header.Get(sessionHeader))
	}
}

func (s *sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.owners, id)
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
	for _, old := range s.keep(id, who) {
		s.end(old)
	}
}

// keep notes whose a session is, and returns the sessions that it dropped to make room: the clients begin new ones.
func (s *sessions) keep(id, who string) (dropped []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.owners[id]; ok {
		return nil
	}
	dropped = consent.MakeRoom(s.owners, s.limit, owner.expired)
	s.owners[id] = owner{who, time.Now()}
	return dropped
}

// end has mcp-go forget a session as if its client had ended it: few clients do, and mcp-go keeps some kilobytes for each.
func (s *sessions) end(id string) {
	r, err := http.NewRequest(http.MethodDelete, "http://localhost/", nil)
	if err != nil {
		return // not of these arguments
	}
	r.Header.Set(sessionHeader, id)
	s.next.ServeHTTP(nowhere{}, r)
}

// nowhere is where the response to a request of our own goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// sessionNoticed notices the id of a session that begins.
type sessionNoticed struct {
	http.ResponseWriter
	begun  func(id string)
	status int // 0 until it is written
}

func (w *sessionNoticed) notice(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	if id := w.Header().Get(sessionHeader); id != "" {
		w.begun(id)
	}
}

func (w *sessionNoticed) WriteHeader(status int) {
	w.notice(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *sessionNoticed) Write(p []byte) (int, error) {
	w.notice(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Flush sends what was written, without which event streams stand still.
func (w *sessionNoticed) Flush() {
	w.notice(http.StatusOK)
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (w *sessionNoticed) Unwrap() http.ResponseWriter { return w.ResponseWriter }
