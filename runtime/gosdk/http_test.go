package gosdk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
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
