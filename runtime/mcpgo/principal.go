package mcpgo

import (
	"context"
	"reflect"

	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

// peerKey is for what our own HTTP handler knows of a caller.
type peerKey struct{}

type peer struct {
	loopback bool
	owner    string // the principal that the session is kept for, "" for nobody
}

func peerOf(ctx context.Context) peer {
	p, _ := ctx.Value(peerKey{}).(peer)
	return p
}

// principalOf returns whom a request belongs to. A caller of whom nothing is known is refused.
func principalOf(ctx context.Context) secrets.Principal {
	switch {
	case inside.PrincipalOf(ctx) != "":
		return secrets.Named(inside.PrincipalOf(ctx))
	case isOwnProcess(ctx):
		return secrets.Process()
	case peerOf(ctx).loopback:
		return secrets.Local()
	}
	return secrets.Principal{}
}

// answersAsItself reports whether the answers of the request's client are those of its principal: over HTTP, only where our
// handler lets nobody else send answers in the session.
func answersAsItself(ctx context.Context) bool {
	owner := peerOf(ctx).owner
	return isOwnProcess(ctx) || owner != "" && owner == inside.PrincipalOf(ctx)
}

// isOwnProcess reports whether the client of a request is the one that started this process, or is in it.
func isOwnProcess(ctx context.Context) bool {
	session := server.ClientSessionFromContext(ctx)
	if _, ok := session.(*server.InProcessSession); ok {
		return true
	}
	// The type is not exported, and the session's id is the client's word.
	return session != nil && reflect.TypeOf(session).String() == "*server.stdioSession"
}
