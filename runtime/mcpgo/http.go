package mcpgo

import (
	"log/slog"
	"net/http"
	"reflect"
	"sync"

	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// HTTPHandler returns a handler that serves streamable HTTP at its path. Whom a request belongs to is what the author's code
// in front of it verified and said with [secrets.WithPrincipal] in the request's context:
//
//	http.Handle("/mcp", authenticated(mcpgo.HTTPHandler(v.Manager, srv)))
//
// Without a principal, only callers on this computer get secrets, at a loopback address or by a Unix socket, each use confirmed
// in a native dialog, because an unauthenticated client could approve its own request. A Unix socket is as private as its file:
// whoever may open it can make dialogs open. All principals share the keychain of this computer, and dialogs open on its screen.
//
// Principals share no session, and one's tasks and requests don't exist for another one. Callers without a principal are not
// told apart, nor are those whose principal is put there later, as by mcp-go's WithHTTPContextFunc. What a store of events has
// of notifications, of lists and of requests to the client was not masked: mcp-go stores it before it is sent.
//
// A body has at most 4 MB, see [MaxBody], and 30 seconds; path and headers have 64 KB. Else the answer is 413, 408 or 431.
// A GET, a subscription and a wait for a task's result have a body of 64 KB at most, since their answers may have no end.
//
// Connections are for the http.Server to bound, as [ServeHTTP] does: set its ReadHeaderTimeout, IdleTimeout and MaxHeaderBytes,
// and give it a listener that bounds how many there are.
func HTTPHandler(m *secrets.Manager, srv *server.MCPServer, options ...server.StreamableHTTPOption) http.Handler {
	// What mcp-go logs of its own accord is for its developers.
	options = append([]server.StreamableHTTPOption{server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler))}, options...)
	next := server.NewStreamableHTTPServer(srv, options...)
	m.Inside().Install()
	apart := &parties{guard: guarding{m, keepsEvents(next)}, sessions: &sessions{next: next, limit: maxSessions, owners: map[string]owner{}}}
	return serve.Bounded(serve.Guarded(m.Inside().Guard(), apart), maxBodyOf(next))
}

// keepsEvents reports whether messages are kept for clients that come back. The option can't be asked; what is not understood
// is taken for yes.
func keepsEvents(s any) bool {
	store := reflect.ValueOf(s).Elem().FieldByName("eventStore")
	return store.Kind() != reflect.Interface || !store.IsNil()
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
	m.Inside().Serving()
	return serve.HTTP(address, HTTPHandler(m, srv, options...), wrap, m.Close)
}
