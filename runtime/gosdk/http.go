package gosdk

import (
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// sessionIdle is how long a session is kept that nothing comes from, unless an option says otherwise.
const sessionIdle = 24 * time.Hour

// HTTPHandler returns a handler that serves streamable HTTP at its path: revision 2026-07-28 without sessions, and older
// clients in sessions, in which they can be asked. A request belongs to the user of its token:
//
//	http.Handle("/mcp", auth.RequireBearerToken(verify, nil)(gosdk.HTTPHandler(v.Manager, srv)))
//
// Without a token, only callers on this computer are served secrets, at a loopback address or by a Unix socket, and only by a
// native dialog for each use. A Unix socket is as private as its file: whoever may open it can make dialogs open. All users share
// the keychain of this computer, and dialogs open on its screen. With the option Stateless older clients have no sessions either,
// and are asked in native dialogs. What an EventStore keeps has been masked.
//
// A body has at most 4 MB, or MaxRequestBodyBytes of the options, and 30 seconds; path and headers have 64 KB. Else the answer
// is 413, 408 or 431. A GET, a subscription and a wait for a task's result have a body of 64 KB at most, since their answers
// may have no end.
//
// Connections are for the http.Server to bound, as [ServeHTTP] does: set its ReadHeaderTimeout, IdleTimeout and MaxHeaderBytes,
// and give it a listener that bounds how many there are.
func HTTPHandler(m *secrets.Manager, srv *mcp.Server, options ...func(*mcp.StreamableHTTPOptions)) http.Handler {
	h := newHandler(srv, options...)
	h.guard = m.Inside().Guard()
	return serve.Bounded(serve.Guarded(h.guard, h), h.maxBody)
}

// ServeHTTP serves [HTTPHandler] at /mcp of an address such as "127.0.0.1:8080" until the process is told to stop; it then
// closes all dialogs and the manager. wrap, which may be nil, puts the author's authentication around the handler. The error
// is nil when a signal came. It has at most 1,024 connections, or half as many as the files that the process may
// open, and a quarter of them from one address: where one more comes, the oldest is closed that no whole request has come from.
func ServeHTTP(m *secrets.Manager, srv *mcp.Server, address string, wrap func(http.Handler) http.Handler, options ...func(*mcp.StreamableHTTPOptions)) error {
	m.Inside().Serving()
	return serve.HTTP(address, HTTPHandler(m, srv, options...), wrap, m.Close)
}

// A handler has both ways in which the SDK serves HTTP: with sessions it does not serve 2026-07-28 at all, and without them
// older clients can't be asked. Both know the same callers, and both are behind the same guard.
type handler struct {
	stateless http.Handler
	stateful  *sessions // nil if no client has a session
	resumes   bool      // a client may come back for an answer that it has not waited for
	maxBody   int64     // as mcp.StreamableHTTPOptions has it
	guard     *guard.Guard
}

func newHandler(srv *mcp.Server, options ...func(*mcp.StreamableHTTPOptions)) *handler {
	o := mcp.StreamableHTTPOptions{SessionTimeout: sessionIdle}
	for _, option := range options {
		option(&o)
	}
	h := &handler{resumes: o.EventStore != nil, maxBody: o.MaxRequestBodyBytes}
	getServer := func(*http.Request) *mcp.Server { return srv }
	if !o.Stateless {
		stateful := o
		h.stateful = newSessions(srv, mcp.NewStreamableHTTPHandler(getServer, &stateful), o.SessionTimeout)
	}
	o.Stateless, o.EventStore = true, nil // nobody could come back for what it stores
	h.stateless = mcp.NewStreamableHTTPHandler(getServer, &o)
	return h
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{who: peerOf(r)}
	// The SDK takes no call for one of 2026-07-28 without this header, and refuses one whose body says another revision.
	inSession := h.stateful != nil && r.Header.Get("Mcp-Protocol-Version") < modern
	if !inSession || !h.resumes {
		v.request, v.guard = r.Context(), h.guard
	}
	r, leave := enter(r, v)
	defer leave()
	if inSession {
		h.stateful.serve(w, r, v.who)
		return
	}
	r.Header.Del(sessionHeader)
	h.stateless.ServeHTTP(w, r)
}
