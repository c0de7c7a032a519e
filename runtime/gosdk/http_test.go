package gosdk_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The bound is the SDK's own option, in sessions and without them.
func TestMaxBody(t *testing.T) {
	for _, version := range []string{"2026-07-28", "2025-06-18"} {
		for _, row := range []struct {
			max        int64
			size, want int
		}{{100, 101, 413}, {0, 5 << 20, 413}, {6 << 20, 5 << 20, 400}, {-1, 5 << 20, 400}} {
			s := open(t, runtimetest.NewUser(t))
			handler := gosdk.HTTPHandler(s.Manager, s.Server, func(o *mcp.StreamableHTTPOptions) { o.MaxRequestBodyBytes = row.max })
			r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(strings.Repeat(" ", row.size)))
			r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Protocol-Version": {version}}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("%s: %d of %d bytes: %d, %s", version, row.size, row.max, w.Code, w.Body)
			}
		}
	}
}

// A token without a UserID makes nobody of its caller. The author is told so, once.
func TestTokenWithoutUserIsLogged(t *testing.T) {
	for token, want := range map[string]int{"ann": 0, "": 1} {
		var log bytes.Buffer
		vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)),
			secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = vault.Manager.Close() }()
		srv := mcp.NewServer(&mcp.Implementation{Name: "x", Version: "1"}, nil)
		mcp.AddTool(srv, &mcp.Tool{Name: "hello"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
			return nil, "hello", nil
		})
		gosdk.Install(srv, vault.Manager)
		verify := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) {
			return &auth.TokenInfo{UserID: token, Expiration: time.Now().Add(time.Hour)}, nil
		}
		web := httptest.NewServer(auth.RequireBearerToken(verify, nil)(gosdk.HTTPHandler(vault.Manager, srv)))
		defer web.Close()
		by := &http.Client{Transport: bearer{"any", http.DefaultTransport}}
		c, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).
			Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: web.URL, HTTPClient: by}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: "hello"}); err != nil {
				t.Fatal(err)
			}
		}
		_ = c.Close()
		if told := strings.Count(log.String(), "set UserID"); told != want {
			t.Errorf("%q: told %d times, want %d:\n%s", token, told, want, &log)
		}
	}
}
