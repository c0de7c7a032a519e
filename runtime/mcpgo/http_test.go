package mcpgo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/server"
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
