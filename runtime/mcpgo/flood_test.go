package mcpgo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/server"
)

// Each test of this file floods the runtime with sessions, by callers who never come back.

// initialize begins a session over HTTP and returns its id.
func initialize(t *testing.T, handler http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},`+
			`"clientInfo":{"name":"c","version":"1"}}}`))
	r.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(w, r)
	id := w.Header().Get(sessionHeader)
	if id == "" {
		t.Fatalf("no session: %s", w.Body)
	}
	return id
}

// registered counts the sessions that mcp-go keeps.
func registered(counted *int) server.ServerOption {
	hooks := &server.Hooks{}
	hooks.AddOnRegisterSession(func(context.Context, server.ClientSession) { *counted++ })
	hooks.AddOnUnregisterSession(func(context.Context, server.ClientSession) { *counted-- })
	return server.WithHooks(hooks)
}

func TestSessionsAreBounded(t *testing.T) {
	m := openVault(t, nobody).Manager
	kept := 0
	srv := server.NewMCPServer("x", "1", Option(m), registered(&kept))
	const limit = 10
	s := &sessions{next: server.NewStreamableHTTPServer(srv), limit: limit, owners: map[string]owner{}}
	for range 5 * limit {
		initialize(t, s)
	}
	if len(s.owners) > limit || kept != len(s.owners) {
		t.Errorf("%d sessions are kept here, %d in mcp-go", len(s.owners), kept)
	}
}

func TestSessionThatItsClientEndedIsForgotten(t *testing.T) {
	m := openVault(t, nobody).Manager
	kept := 0
	srv := server.NewMCPServer("x", "1", Option(m), registered(&kept))
	s := &sessions{next: server.NewStreamableHTTPServer(srv), limit: maxSessions, owners: map[string]owner{}}
	id := initialize(t, s)
	for _, want := range []int{http.StatusOK, http.StatusNotFound} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodDelete, "http://localhost/mcp", nil)
		r.Header.Set(sessionHeader, id)
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("DELETE: %d, not %d", w.Code, want)
		}
	}
	if len(s.owners) != 0 || kept != 0 {
		t.Errorf("%d sessions are kept here, %d in mcp-go", len(s.owners), kept)
	}
}
