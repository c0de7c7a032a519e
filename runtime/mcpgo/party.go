package mcpgo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// mcp-go keeps what it knows of a client by the id of its session. Revision 2026-07-28 has no sessions, nor has a server with
// WithStateLess: there all clients would be one. So whatever an HTTP request names by an id, be it a session, another request
// or a task, is looked up here first, by whose it is.

// A party is whom an HTTP request comes from. Of callers whom the author's code did not verify nothing is known but whether
// they are on this computer: they are one party.
type party struct {
	name     string // the principal; "" is nobody
	loopback bool   // of nobody: on this computer
}

func partyOf(r *http.Request) party {
	if name := inside.PrincipalOf(r.Context()); name != "" {
		return party{name: name}
	}
	return party{loopback: serve.IsLocal(r)}
}

// session is the id that mcp-go is told of requests of the party that are in no session. It is of use to no client: only who
// began a session is served in it.
func (p party) session() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %t", p.name, p.loopback))
	return "mcpsecrets-" + hex.EncodeToString(sum[:])
}

// An envelope is what a message says it is for. It is decoded as mcp-go does it, so that both understand the same, also of a
// message that says something twice. No part has code of its own that could end the decoding before the others.
type envelope struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  mcp.MCPMethod   `json:"method"`
	Params  params          `json:"params"`
	meta    *mcp.Meta
}

type params struct {
	Meta      json.RawMessage `json:"_meta,omitempty"`
	Task      json.RawMessage `json:"task,omitempty"`
	TaskID    string          `json:"taskId,omitempty"`
	Cursor    string          `json:"cursor,omitempty"`
	RequestID json.RawMessage `json:"requestId,omitempty"`
}

func envelopeOf(r *http.Request) (e envelope) {
	body := serve.Body(r)
	_ = json.Unmarshal(body, &e) // mcp-go says what is wrong with it
	if e.Params.Meta == nil {
		return e
	}
	// Not of what was just decoded: a message may say it twice, and mcp-go takes something of each.
	var described struct {
		Params struct {
			Meta *mcp.Meta `json:"_meta"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &described) == nil { // else mcp-go takes it for none, too
		e.meta = described.Params.Meta
	}
	return e
}

// isModern reports whether mcp-go serves the message outside any session, as on 2026-07-28.
func (e envelope) isModern(r *http.Request) bool {
	return mcp.IsModernProtocol(e.meta.ProtocolVersion()) || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion))
}

// isOfTasks reports whether the message is about tasks that were begun before.
func (e envelope) isOfTasks() bool { return strings.HasPrefix(string(e.Method), "tasks/") }

// with returns the request with a message in place of its own that says nothing but what was decoded here, and p: mcp-go can
// read nothing else out of it.
func (e envelope) with(p params, r *http.Request) *http.Request {
	if e.meta != nil {
		p.Meta, _ = json.Marshal(e.meta) // it was decoded from JSON
	}
	message, _ := json.Marshal(envelope{JSONRPC: e.JSONRPC, ID: e.ID, Method: e.Method, Params: p}) // and so was this
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(message)), int64(len(message))
	return r
}

// parties serves each party as if there were no other.
type parties struct {
	guard    guarding
	sessions *sessions
	tasks    tasks
	open     requests
}

// ServeHTTP implements http.Handler.
func (p *parties) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, e := partyOf(r), envelopeOf(r)
	modern := e.isModern(r)
	if e.isOfTasks() {
		r = e.with(p.tasks.params(who, e.Params), r)
	}
	if modern {
		if e.Method == mcp.MCPMethod(mcp.MethodNotificationCancelled) {
			p.open.cancel(requestOf{who, string(e.Params.RequestID)})
			w.WriteHeader(http.StatusAccepted)
			return
		}
		var end func()
		r, end = p.open.begin(who, e, r)
		defer end()
	}
	answer := p.tasks.answer(w, who, e)
	p.sessions.ServeHTTP(answer, r.WithContext(withGuard(r.Context(), p.guard)))
	answer.finish()
}

// requests are those that are being served outside any session.
type requests struct {
	mu   sync.Mutex
	open map[requestOf]*openRequest
}

// A requestOf is a request of a party, by the id that its client gave it. Where two clients of one principal use the same id, the
// later request is the one that either can cancel.
type requestOf struct {
	party
	id string
}

type openRequest struct{ cancel context.CancelFunc }

// begin notes a request until end is called. The returned request is the one to serve.
func (s *requests) begin(who party, e envelope, r *http.Request) (_ *http.Request, end func()) {
	ctx, cancel := context.WithCancel(r.Context())
	id, mine := requestOf{who, string(e.ID)}, &openRequest{cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[requestOf]*openRequest{}
	}
	s.open[id] = mine
	return r.WithContext(ctx), func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[id] == mine { // the client may have used the id twice
			delete(s.open, id)
		}
	}
}

func (s *requests) cancel(id requestOf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if open, ok := s.open[id]; ok {
		open.cancel()
	}
}
