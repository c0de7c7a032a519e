package mcpgo

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
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
	srv := server.NewMCPServer("x", "1", Option(m), server.WithTaskCapabilities(true, true, true), server.WithPaginationLimit(2))
	srv.AddTool(mcp.NewTool("now", mcp.WithTaskSupport(mcp.TaskSupportOptional)), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(news), nil
	})
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

const (
	hello  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
	modern = `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"r","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
)

// session begins a session and returns how to send messages in it.
func (l *lobby) session(who string) (post func(message string) string) {
	id := l.send(who, http.MethodPost, hello, nil).Header.Get(sessionHeader)
	return func(message string) string {
		text, err := io.ReadAll(l.send(who, http.MethodPost, message, http.Header{sessionHeader: {id}}).Body)
		if err != nil {
			l.t.Error(err)
		}
		return string(text)
	}
}

// taskOfNoSession has a task done on 2026-07-28, and returns its id. mcp-go would show it to everybody.
func (l *lobby) taskOfNoSession(who string) string {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url,
		strings.NewReader(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"now","arguments":{},"task":{},"_meta":`+modern+`}}`))
	if err != nil {
		l.t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "now", "Authorization": who} {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	id := regexp.MustCompile(`"taskId":"([^"]+)"`).FindSubmatch(text)
	if id == nil {
		l.t.Fatalf("no task: %s", text)
	}
	return string(id[1])
}

// However a message is spelled, mcp-go reads nothing out of it that was not looked at: it must be the party's own task.
func TestTaskOfAnotherInAnySpelling(t *testing.T) {
	l := openLobby(t)
	hers, mine := l.taskOfNoSession("ann"), l.taskOfNoSession("mallory")
	post := l.session("mallory")
	for _, spelling := range []string{
		`{"params":{"taskId":"$ID"},"jsonrpc":"2.0","id":3,"method":"$METHOD"}`,
		`{"params":{"_meta":"x","taskId":"$ID"},"jsonrpc":"2.0","id":3,"method":"$METHOD"}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"_meta":[],"taskId":"$ID"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$ID","_meta":5,"_META":{}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$ID","_meta":` + modern + `,"_meta":"x"}}`,
		`{"jsonrpc":"2.0","id":3,"METHOD":5,"method":"$METHOD","params":{"TaskID":"$ID","task":5,"requestId":[{}]}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$ID"},"Params":{"x":1},"params":null}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$MINE"},"Params":{"TASKID":"$ID"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$MINE","taskid":"$ID","cursor":{}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$ID","taskId":5}}`,
		`{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"task\u0049d":"$ID"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tasks\/$NAME","params":{"taskId":"$ID"}}`,
		`[{"jsonrpc":"2.0","id":3,"method":"$METHOD","params":{"taskId":"$ID"}}]`,
	} {
		for _, name := range []string{"get", "result", "cancel", "list"} {
			message := strings.NewReplacer("$ID", hers, "$MINE", mine, "$METHOD", "tasks/"+name, "$NAME", name).Replace(spelling)
			if got := post(message); strings.Contains(got, news) || strings.Contains(got, hers) || got == "" {
				t.Errorf("%s\ngot %s", message, got)
			}
		}
	}
	own := `{"jsonrpc":"2.0","id":3,"method":"tasks/result","params":{"_meta":{"progressToken":1},"taskId":"` + mine + `"}}`
	if got := post(own); !strings.Contains(got, news) {
		t.Errorf("her own: %s", got)
	}
}

// With WithPaginationLimit, the pages are of the party's own tasks: it learns of no other, and misses none.
func TestPagesOfTasks(t *testing.T) {
	l := openLobby(t)
	all := map[string][]string{}
	for i := range 30 {
		who := []string{"ann", "mallory"}[min(i%5, 1)]
		all[who] = append(all[who], l.taskOfNoSession(who))
	}
	for _, who := range []string{"ann", "mallory", "nobody"} {
		post, cursor, seen := l.session(who), "", []string{}
		for page := 0; ; page++ {
			var list struct {
				Result struct {
					Tasks      []struct{ TaskID string }
					NextCursor string
				}
			}
			// A task that ends meanwhile makes a stream of the answer, whose last event is the page.
			text := post(`{"jsonrpc":"2.0","id":2,"method":"tasks/list","params":{"cursor":"` + cursor + `"}}`)
			if at := strings.LastIndex(text, "data: "); at >= 0 {
				text = text[at+len("data: "):]
			}
			if err := json.Unmarshal([]byte(text), &list); err != nil || page > len(all[who]) {
				t.Fatalf("%s, page %d: %s, %v", who, page, text, err)
			}
			for _, task := range list.Result.Tasks {
				seen = append(seen, task.TaskID)
			}
			cursor = list.Result.NextCursor
			place, err := base64.StdEncoding.DecodeString(cursor)
			for other, tasks := range all {
				if err != nil || other != who && slices.ContainsFunc(tasks, func(id string) bool { return cursor != "" && strings.HasPrefix(id, string(place)) }) {
					t.Errorf("%s: the cursor %s, %v", who, cursor, err)
				}
			}
			if cursor == "" {
				break
			}
			if len(list.Result.Tasks) == 0 {
				t.Errorf("%s: page %d is empty", who, page)
			}
		}
		slices.Sort(all[who])
		if !slices.Equal(seen, all[who]) {
			t.Errorf("%s sees %d tasks of %d", who, len(seen), len(all[who]))
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
