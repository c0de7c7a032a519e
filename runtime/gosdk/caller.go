package gosdk

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// A caller is whom a request belongs to.
type caller struct {
	principal secrets.Principal
	// answers says that the answers that come with its requests, or in its session, are its own.
	answers bool
	// request is the context of the HTTP request, nil where its end does not end the call.
	request context.Context
}

// callerOf returns whom a request belongs to. It is asked anew for each request: the context of all calls of an HTTP session
// is that of its first request. Who is not known with certainty is nobody.
func callerOf(ctx context.Context, req mcp.Request) (caller, error) {
	v, err := visitOf(req)
	if err != nil {
		return caller{}, err
	}
	c := caller{request: v.request}
	var user string
	if extra := req.GetExtra(); extra != nil && extra.TokenInfo != nil {
		user = extra.TokenInfo.UserID
	}
	switch {
	case user != "":
		c.principal = secrets.Named(user)
		c.answers = v.who.user == user // else it came by another handler, whose sessions anybody may send answers in
	case v.who.loopback:
		c.principal = secrets.Local()
	case ownOf(ctx, req.GetSession()) != nil:
		c.principal, c.answers = secrets.Process(), true
	}
	return c, nil
}

// context returns a context that ends with ctx, and when the caller hangs up.
func (c caller) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if c.request == nil {
		return ctx, cancel
	}
	stop := context.AfterFunc(c.request, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// A visit is what our HTTP handler knows of a request that it is serving.
type visit struct {
	who     peer
	request context.Context // nil where its end does not end the call
	guard   *guard.Guard    // masks the answer as it leaves; nil where something keeps the answer before
	// session is the one that the request came to. A handler may send the headers of its request on.
	session atomic.Pointer[mcp.ServerSession]
}

// A peer is who sent an HTTP request.
type peer struct {
	user     string // of the token
	loopback bool   // without a token: from this computer
}

func peerOf(r *http.Request) peer {
	if token := auth.TokenInfoFromContext(r.Context()); token != nil && token.UserID != "" {
		return peer{user: token.UserID}
	}
	return peer{loopback: serve.IsLocal(r)}
}

// visits has the visits of all our handlers by the value of visitHeader. The SDK hands a request's headers on to the call,
// but not its context, and without a token nothing else that is the request's own.
var visits sync.Map

const visitHeader = "Mcpsecrets-Visit"

// enter notes a visit. The returned request has a header to find it by until leave is called, in place of whatever the client
// sent under that name.
func enter(r *http.Request, v *visit) (_ *http.Request, leave func()) {
	id := rand.Text()
	visits.Store(id, v)
	r = r.Clone(r.Context())
	r.Header.Set(visitHeader, id)
	return r, func() { visits.Delete(id) }
}

// visitOf returns the visit of a request, the zero visit if it did not come by our handler. The error is that the visit is
// over: nobody waits for the answer.
func visitOf(req mcp.Request) (*visit, error) {
	extra := req.GetExtra()
	if extra == nil || extra.Header.Get(visitHeader) == "" {
		return &visit{}, nil
	}
	v, ok := visits.Load(extra.Header.Get(visitHeader))
	if !ok {
		return nil, context.Canceled
	}
	found := v.(*visit)
	session, _ := req.GetSession().(*mcp.ServerSession)
	if !found.session.CompareAndSwap(nil, session) && found.session.Load() != session {
		return &visit{}, nil
	}
	return found, nil
}

// An ownSession marks the context of a session of ours. The mark counts for that session only, wherever the context goes.
type ownSession struct {
	guard     *guard.Guard // masks all that leaves; nil where only the middleware does
	connected chan struct{}
	session   *mcp.ServerSession // set once connected is closed
}

type ownSessionKey struct{}

// Connect is [mcp.Server.Connect] for a client that is in this process, or that started it, such as one with the other end of
// mcp.NewInMemoryTransports: its calls are the process's own, and its answers are taken for the user's.
func Connect(ctx context.Context, srv *mcp.Server, t mcp.Transport) (*mcp.ServerSession, error) {
	return connect(ctx, srv, t, nil)
}

// connect is [Connect] for a transport on which a guard masks all that leaves, unless it is nil.
func connect(ctx context.Context, srv *mcp.Server, t mcp.Transport, by *guard.Guard) (*mcp.ServerSession, error) {
	own := &ownSession{guard: by, connected: make(chan struct{})}
	defer close(own.connected)
	session, err := srv.Connect(context.WithValue(ctx, ownSessionKey{}, own), t, nil)
	own.session = session
	return session, err
}

// ownOf returns the mark of a session of ours, nil if ctx is not of that session.
func ownOf(ctx context.Context, session mcp.Session) *ownSession {
	own, ok := ctx.Value(ownSessionKey{}).(*ownSession)
	if !ok {
		return nil
	}
	<-own.connected
	if own.session != session {
		return nil
	}
	return own
}
