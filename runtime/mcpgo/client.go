package mcpgo

import (
	"context"
	"reflect"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

// A client is what the SDK and our own HTTP handler tell of whoever sent a request.
type client struct {
	protocol *server.RequestProtocolInfo // what a request of 2026-07-28 says of its client; nil before
	session  server.ClientSession
	own      bool   // it started this process, or is in it
	named    string // the principal that the author's code verified; "" is nobody
	peer     peer
}

// peerKey is for what our own HTTP handler knows of a caller.
type peerKey struct{}

type peer struct {
	loopback bool
	owner    string // the principal that the session is kept for, "" for nobody
}

// guardKey is for what masks all that leaves for a client, where a function of this package serves.
type guardKey struct{}

type guarding struct {
	manager *secrets.Manager
	keeps   bool // mcp-go keeps messages before they are masked
}

func withGuard(ctx context.Context, g guarding) context.Context {
	return context.WithValue(ctx, guardKey{}, g)
}

// guarded reports whether the manager's guard masks all that leaves for the client: middleware sees results only.
func guarded(ctx context.Context, m *secrets.Manager) bool {
	g, _ := ctx.Value(guardKey{}).(guarding)
	return g.manager == m && !isCalled(ctx, m)
}

// masksLater reports whether a result is masked after the middleware, before anything keeps it.
func masksLater(ctx context.Context, m *secrets.Manager) bool {
	return ctx.Value(guardKey{}) == guarding{manager: m} && !isCalled(ctx, m)
}

// isCalled reports whether a request is a function call in this process: its answer is not written, whatever serves the
// request by whose handler it was made.
func isCalled(ctx context.Context, m *secrets.Manager) bool {
	_, inProcess := server.ClientSessionFromContext(ctx).(*server.InProcessSession)
	return inProcess || m.Inside().Runs(ctx)
}

func clientOf(ctx context.Context) client {
	c := client{protocol: server.RequestProtocolInfoFromContext(ctx), session: server.ClientSessionFromContext(ctx), named: inside.PrincipalOf(ctx)}
	c.own = isOwn(c.session)
	if !c.own {
		c.peer, _ = ctx.Value(peerKey{}).(peer)
	}
	return c
}

// isOwn reports whether a session is that of the client that started this process, or is in it.
func isOwn(session server.ClientSession) bool {
	if _, ok := session.(*server.InProcessSession); ok {
		return true
	}
	// The type is not exported, and the session's id is the client's word.
	return session != nil && reflect.TypeOf(session).String() == "*server.stdioSession"
}

// principal returns whom the request belongs to. A caller of whom nothing is known is refused.
func (c client) principal() secrets.Principal {
	switch {
	case c.named != "":
		return secrets.Named(c.named)
	case c.own:
		return secrets.Process()
	case c.peer.loopback:
		return secrets.Local()
	}
	return secrets.Principal{}
}

// answersAsItself reports whether the client's answers are those of the principal: over HTTP, only where our handler lets
// nobody else send answers in the session.
func (c client) answersAsItself() bool {
	return c.own || c.peer.owner != "" && c.peer.owner == c.named
}

func (c client) isModern() bool { return c.protocol != nil && c.protocol.Modern }

// name is the MCP client's own word for itself.
func (c client) name() string {
	if c.protocol != nil && c.protocol.ClientInfo != nil {
		return c.protocol.ClientInfo.Name
	}
	if session, ok := c.session.(server.SessionWithClientInfo); ok {
		return session.GetClientInfo().Name
	}
	return ""
}

// declared returns what the client says it can do: with each request on 2026-07-28, once for its session before.
func (c client) declared() *mcp.ElicitationCapability {
	if c.isModern() {
		if c.protocol.ClientCapabilities == nil {
			return nil
		}
		return c.protocol.ClientCapabilities.Elicitation
	}
	if session, ok := c.session.(server.SessionWithClientInfo); ok {
		return session.GetClientCapabilities().Elicitation
	}
	return nil
}

// shows returns what the client declared that it can show. An empty declaration means forms, as it did before 2025-11-25.
func (c client) shows() secrets.Shows {
	e := c.declared()
	if e == nil {
		return secrets.Shows{}
	}
	return secrets.Shows{Forms: e.Form != nil || e.URL == nil, URLs: e.URL != nil}
}
