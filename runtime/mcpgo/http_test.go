package mcpgo

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The bound is the author's, and whatever comes is no JSON-RPC.
func TestMaxBody(t *testing.T) {
	for _, row := range []struct{ max, size, want int }{{100, 100, 202}, {100, 101, 413}, {0, 5 << 20, 413}, {6 << 20, 5 << 20, 202}} {
		m := openVault(t, nobody).Manager
		handler := HTTPHandler(m, server.NewMCPServer("x", "1", Option(m)), MaxBody(int64(row.max)))
		body := `{"jsonrpc":"2.0","id":1,"result":{}}`
		r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(body+strings.Repeat(" ", row.size-len(body))))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != row.want || strings.Contains(w.Body.String(), "{") {
			t.Errorf("%d of %d bytes: %d, %s", row.size, row.max, w.Code, w.Body)
		}
	}
	maxBodies.Range(func(_, _ any) bool { t.Error("a handler that was made is remembered"); return false })
}

// A server may have two managers, and is served with one: the other one masks results only.
func TestSecondManagerIsLogged(t *testing.T) {
	var logs [2]bytes.Buffer
	var managers [2]*petstore.Secrets
	for i := range managers {
		store := runtimetest.NewStore()
		store.Put("petstore", "api_key", "pets-0123456789abcdef")
		var err error
		managers[i], err = petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t).Answers(secrets.AllowOnce)),
			secrets.WithLogger(slog.New(slog.NewTextHandler(&logs[i], nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = managers[i].Manager.Close() }()
	}
	srv := server.NewMCPServer("x", "1", Option(managers[0].Manager), Option(managers[1].Manager))
	srv.AddTool(mcp.NewTool("both"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, m := range managers {
			if _, err := m.APIKey(ctx, "Read"); err != nil {
				t.Error(err)
			}
		}
		return mcp.NewToolResultText("done"), nil
	})
	served := HTTPHandler(managers[0].Manager, srv)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:4000"
		served.ServeHTTP(w, r)
	})
	r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"both"}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(sessionHeader, initialize(t, handler))
	handler.ServeHTTP(httptest.NewRecorder(), r)
	for i, want := range []int{0, 1} {
		if told := strings.Count(logs[i].String(), "not all is masked"); told != want {
			t.Errorf("manager %d: told %d times\n%s", i, told, &logs[i])
		}
	}
}

// The server's own work may tell all clients of a secret. Where mcp-go's own handler serves them, nothing masks that, and the
// author is told.
func TestHandOutToTheServerItselfIsLogged(t *testing.T) {
	for name, row := range map[string]struct {
		serve func(*secrets.Manager, *server.MCPServer)
		want  int
	}{
		"by mcp-go's handler": {func(_ *secrets.Manager, srv *server.MCPServer) { server.NewStreamableHTTPServer(srv) }, 1},
		"by ours":             {func(m *secrets.Manager, srv *server.MCPServer) { HTTPHandler(m, srv) }, 0},
	} {
		var log bytes.Buffer
		vault := openVault(t, func() (secrets.Answer, error) { return secrets.AllowOnce, nil }, secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		row.serve(vault.Manager, server.NewMCPServer("x", "1", Option(vault.Manager)))
		for range 2 {
			if _, err := vault.APIKey(vault.Manager.Background(t.Context()), "Nightly job"); err != nil {
				t.Fatal(err)
			}
		}
		if told := strings.Count(log.String(), "not all is masked"); told != row.want {
			t.Errorf("%s: told %d times, want %d:\n%s", name, told, row.want, &log)
		}
	}
}
