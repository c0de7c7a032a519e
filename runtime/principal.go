package secrets

import (
	"context"
	"reflect"

	"github.com/mark3labs/mcp-go/server"
)

// A principal is who a call belongs to: grants and questions of one are not those of another.
type principal struct {
	kind principalKind
	name string // of a named one
}

type principalKind int

const (
	// stranger is an HTTP caller that nobody verified, from another computer or from nobody knows where: refused.
	stranger principalKind = iota
	// local is an HTTP caller on this computer that nobody verified: any process here could answer a question of its MCP
	// client itself, so only native dialogs count, and only for one use.
	local
	// named is what the author's code verified.
	named
	// process is stdio, in-process, and the server's own code.
	process
)

type principalKey struct{}

// WithPrincipal returns a context whose calls belong to the named principal, such as the subject of a verified token. Only
// the author's code that verified it may call this; "" is nobody. Over HTTP, call it in front of [Manager.HTTPHandler]: a
// principal that is set later is asked in native dialogs only, since the answers of its MCP client can't be told from
// somebody else's.
func WithPrincipal(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, principalKey{}, name)
}

// peerKey is for what our own HTTP handler knows of a caller.
type peerKey struct{}

type peer struct {
	loopback bool
	owner    string // the principal that the session is kept for, "" for nobody
}

func withPeer(ctx context.Context, p peer) context.Context {
	return context.WithValue(ctx, peerKey{}, p)
}

// principalOf returns who a context belongs to. What it does not know is a stranger.
func principalOf(ctx context.Context) principal {
	if name, ok := ctx.Value(principalKey{}).(string); ok && name != "" {
		return principal{named, name}
	}
	if isOwnProcess(ctx) {
		return principal{kind: process}
	}
	if p, _ := ctx.Value(peerKey{}).(peer); p.loopback {
		return principal{kind: local}
	}
	return principal{kind: stranger}
}

// canAnswer reports whether the answers of the MCP client of ctx are those of p: over HTTP, only where our handler lets
// nobody else send answers in the session.
func (p principal) canAnswer(ctx context.Context) bool {
	if isOwnProcess(ctx) {
		return true
	}
	peer, _ := ctx.Value(peerKey{}).(peer)
	return p.kind == named && peer.owner == p.name
}

// isOwnProcess reports whether the client of ctx is the one that started this process, or is in it.
func isOwnProcess(ctx context.Context) bool {
	switch session := server.ClientSessionFromContext(ctx).(type) {
	case nil, *server.InProcessSession:
		return true
	default:
		// The type is not exported, and the session's id is the client's word.
		return reflect.TypeOf(session).String() == "*server.stdioSession"
	}
}
