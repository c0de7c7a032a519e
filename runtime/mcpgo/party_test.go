package mcpgo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A lobby serves a tool that sends ann's news and waits, with options under which mcp-go tells clients apart by nothing.
type lobby struct {
	t     *testing.T
	url   string
	begun chan struct{}
	free  chan struct{}
}

const news = "news for ann only"

func openLobby(t *testing.T, options ...server.StreamableHTTPOption) *lobby {
	t.Helper()
	l := &lobby{t: t, begun: make(chan struct{}, 100), free: make(chan struct{})}
	m := openVault(t, nobody).Manager
	srv := server.NewMCPServer("x", "1", Option(m), server.WithTaskCapabilities(true, true, true))
	srv.AddTool(mcp.NewTool("wait"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for range 10 { // what listens, by right or not, gets some
			_ = server.ServerFromContext(ctx).SendNotificationToClient(ctx, "notifications/message", map[string]any{"level": "error", "data": news})
		}
		l.begun <- struct{}{}
		select {
		case <-l.free:
			return mcp.NewToolResultText(news), ctx.Err()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	handler := HTTPHandler(m, srv, options...)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(secrets.WithPrincipal(r.Context(), r.Header.Get("Authorization"))))
	}))
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	l.url = web.URL
	return l
}

// send sends a request on 2025-06-18 and returns its response.
func (l *lobby) send(who, method, body string, header http.Header) *http.Response {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.url, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-06-18")
	r.Header.Set("Authorization", who)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// heard copies what comes.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) listen(response *http.Response) {
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		h.mu.Lock()
		h.text.WriteString(lines.Text() + "\n")
		h.mu.Unlock()
	}
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

const callWait = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"wait","arguments":{}}}`

// Without sessions, principals share neither a stream nor what can be cancelled.
func TestPrincipalsWithoutSessions(t *testing.T) {
	l := openLobby(t, server.WithStateLess(true))
	var mallory, hers heard
	go mallory.listen(l.send("mallory", http.MethodGet, "", nil))
	go hers.listen(l.send("ann", http.MethodGet, "", nil))
	answers := make(chan string)
	go func() {
		text, _ := io.ReadAll(l.send("ann", http.MethodPost, callWait, nil).Body)
		answers <- string(text)
	}()
	<-l.begun
	other := l.send("mallory", http.MethodPost, strings.Replace(callWait, "wait", "nothing", 1), nil)
	for _, id := range []string{"7", `"7"`} {
		l.send("mallory", http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+id+`}}`, nil)
	}
	close(l.free)
	answer := <-answers
	if !strings.Contains(answer, `"result"`) {
		t.Errorf("ann's call: %s", answer)
	}
	text, _ := io.ReadAll(other.Body)
	if strings.Contains(mallory.String()+string(text), news) {
		t.Errorf("mallory heard\n%s\n%s", mallory.String(), text)
	}
	for end := time.Now().Add(time.Minute); !strings.Contains(hers.String()+answer, "notifications/message"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("ann heard nothing: %s", answer)
		}
	}
}

// What a store has of one principal's streams is not sent to another one.
func TestPrincipalsAndAnEventStore(t *testing.T) {
	for name, options := range map[string][]server.StreamableHTTPOption{
		"sessions":    {},
		"no sessions": {server.WithStateLess(true)},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLobby(t, append(options, server.WithEventStore(server.NewInMemoryEventStore()))...)
			close(l.free)
			begin := func(who string) http.Header {
				hello := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
				header := http.Header{}
				if id := l.send(who, http.MethodPost, hello, nil).Header.Get(sessionHeader); id != "" {
					header.Set(sessionHeader, id)
				}
				return header
			}
			session := begin("ann")
			text, _ := io.ReadAll(l.send("ann", http.MethodPost, callWait, session.Clone()).Body)
			if !strings.Contains(string(text), "\nid: ") && !strings.HasPrefix(string(text), "id: ") {
				t.Fatalf("nothing was stored: %s", text)
			}
			for _, header := range []http.Header{begin("mallory"), session, {}} {
				for id := range 40 {
					header := header.Clone()
					header.Set("Last-Event-ID", fmt.Sprint(id))
					if response := l.send("mallory", http.MethodGet, "", header); response.StatusCode < 400 {
						t.Errorf("event %d: %s", id, response.Status)
					}
				}
			}
		})
	}
}
