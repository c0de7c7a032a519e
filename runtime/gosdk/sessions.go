package gosdk

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

const (
	sessionHeader = "Mcp-Session-Id"
	maxSessions   = 10_000
)

// sessions keeps a session with whoever began it. Its id is a secret of the transport only: a request, and so an answer to a
// question, that comes with somebody else's id must not count as theirs. The SDK looks after that only where the session was
// begun with a token.
type sessions struct {
	server *mcp.Server
	next   http.Handler
	limit  int
	idle   time.Duration // how long a session is kept that nothing comes from; 0 is for ever

	mu     sync.Mutex
	owners map[string]owner
}

type owner struct {
	who  peer
	seen time.Time
}

func newSessions(srv *mcp.Server, next http.Handler, idle time.Duration) *sessions {
	return &sessions{server: srv, next: next, limit: maxSessions, idle: idle, owners: map[string]owner{}}
}

func (s *sessions) serve(w http.ResponseWriter, r *http.Request, who peer) {
	id := r.Header.Get(sessionHeader)
	if id == "" {
		s.next.ServeHTTP(&beginning{ResponseWriter: w, begun: func(id string) { s.begin(id, who) }}, r)
		return
	}
	if !s.owns(id, who) {
		http.Error(w, "no such session", http.StatusNotFound) // the client begins a new one
		return
	}
	s.next.ServeHTTP(w, r)
	if r.Method == http.MethodDelete {
		s.forget(id)
	}
}

func (s *sessions) owns(id string, who peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.owners[id]; !ok || o.who != who {
		return false
	}
	s.owners[id] = owner{who, time.Now()}
	return true
}

func (s *sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.owners, id)
}

// begin notes whose a session is. Those that are dropped to make room are ended: their clients begin new ones.
func (s *sessions) begin(id string, who peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := consent.MakeRoom(s.owners, s.limit, func(o owner) bool { return s.idle > 0 && time.Since(o.seen) > s.idle })
	s.owners[id] = owner{who, time.Now()}
	if len(dropped) == 0 {
		return
	}
	slices.Sort(dropped)
	for session := range s.server.Sessions() {
		if _, ok := slices.BinarySearch(dropped, session.ID()); ok {
			go func() { _ = session.Close() }() // which waits for the session's calls
		}
	}
}

// A beginning is the response to a request outside any session, and notices the session that it may begin.
type beginning struct {
	http.ResponseWriter
	begun   func(id string)
	written bool
}

func (b *beginning) notice() {
	if b.written {
		return
	}
	b.written = true
	if id := b.Header().Get(sessionHeader); id != "" {
		b.begun(id)
	}
}

func (b *beginning) WriteHeader(status int) {
	b.notice()
	b.ResponseWriter.WriteHeader(status)
}

func (b *beginning) Write(p []byte) (int, error) {
	b.notice()
	return b.ResponseWriter.Write(p)
}

// Flush sends what was written, without which event streams stand still.
func (b *beginning) Flush() {
	b.notice()
	_ = http.NewResponseController(b.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (b *beginning) Unwrap() http.ResponseWriter { return b.ResponseWriter }
