package mcpgo

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

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
	who  party
	seen time.Time
}

// sessionIdle is how long a session is kept that nothing comes from.
const sessionIdle = 24 * time.Hour

func (o owner) expired() bool { return time.Since(o.seen) > sessionIdle }

// ServeHTTP implements http.Handler.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, id := partyOf(r), r.Header.Get(sessionHeader)
	if id != "" && !s.owns(id, who) {
		http.Error(w, "no such session", http.StatusNotFound) // the client begins a new one
		return
	}
	r = r.Clone(context.WithValue(r.Context(), peerKey{}, peer{serve.IsLocal(r), who.name}))
	if id == "" {
		r.Header.Set(sessionHeader, who.session())
	}
	noticed := &sessionNoticed{ResponseWriter: w, begun: func(id string) { s.begin(id, who) }}
	s.next.ServeHTTP(noticed, r)
	if r.Method == http.MethodDelete && noticed.status == http.StatusOK {
		s.forget(r.Header.Get(sessionHeader))
	}
}

func (s *sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.owners, id)
}

func (s *sessions) owns(id string, who party) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.owners[id]
	if !ok || o.who != who {
		return false
	}
	s.owners[id] = owner{who, time.Now()}
	return true
}

func (s *sessions) begin(id string, who party) {
	for _, old := range s.keep(id, who) {
		s.end(old)
	}
}

// keep notes whose a session is, and returns the sessions that it dropped to make room: the clients begin new ones.
func (s *sessions) keep(id string, who party) (dropped []string) {
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
