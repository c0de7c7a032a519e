package secrets

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// Each test of this file floods the runtime with what a table is kept of, by callers who never come back.

// modernCall is toolCall for a principal.
func modernCall(t *testing.T, m *Manager, who, tool string) (context.Context, *call) {
	t.Helper()
	return toolCall(WithPrincipal(t.Context(), who), m, tool)
}

func TestUnansweredQuestionsKeepNobodyFromBeingAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, _ := victim(t, answers{ask: always(AllowOnce)}, key)
		for i := range 2 * maxRounds {
			ctx, c := modernCall(t, m, fmt.Sprint("user", i), "tool")
			if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrPending) || len(c.end()) != 1 {
				t.Fatalf("user %d is not asked: %v", i, err)
			}
		}
		if len(m.questions) > maxRounds {
			t.Errorf("%d questions", len(m.questions))
		}
		ctx := WithPrincipal(t.Context(), "carol") // a job of the server, without a client
		if _, err := Get(ctx, m, key, "Read"); err != nil {
			t.Error(err)
		}
	})
}

// A round that comes back without an answer goes on in a dialog: of those, only so many wait for their turn.
func TestDialogsThatWaitForTheirTurnAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			<-ctx.Done()
			return Deny, ctx.Err()
		}}, key)
		for i := range 3 * maxWaiting {
			ctx, c := modernCall(t, m, fmt.Sprint("user", i), "tool")
			_, _ = Get(ctx, m, key, "Read")
			state := m.inputRequest(c, c.end()).RequestState
			time.Sleep(time.Second)
			_, c = modernCall(t, m, fmt.Sprint("user", i), "tool")
			m.resume(c, m.closeRound(state, c), func(string, []string) reply { return nobody })
		}
		posed := func() int {
			synctest.Wait()
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.posed
		}
		if n := posed(); n > maxWaiting {
			t.Errorf("%d dialogs wait for their turn", n)
		}
		time.Sleep(2 * openFor)
		if n := posed(); n != 0 {
			t.Errorf("%d dialogs still wait", n)
		}
	})
}

func TestRoundsAreBounded(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{}, key)
	for i := range 3 * maxRounds {
		_, c := modernCall(t, m, fmt.Sprint("user", i), "tool")
		m.openRound(c, nil)
	}
	if len(m.rounds) > maxRounds {
		t.Errorf("%d rounds", len(m.rounds))
	}
}

func TestGrantsAndRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true, Remember: time.Hour})
		m, _ := victim(t, answers{}, key)
		uses := []use{{def: key.def, shown: wording.Use{Field: key.def.Field}}}
		visit := func(name string) {
			who := principal{named, name}
			m.grant(who, uses, tool{"tool", "tool"})
			m.refuse(permission, who, []*definition{key.def}, ErrDenied)
		}
		for i := range maxKept - 1 {
			visit(fmt.Sprint("early", i))
		}
		time.Sleep(2 * time.Hour) // all of those have ended
		visit("alice")
		visit("bob")
		if len(m.grants) != 2 || len(m.refusals) != 2 {
			t.Errorf("%d grants and %d refusals are kept though they have ended", len(m.grants), len(m.refusals))
		}
		for i := range 2 * maxKept {
			visit(fmt.Sprint("late", i))
		}
		if len(m.grants) > maxKept || len(m.refusals) > maxKept {
			t.Errorf("%d grants, %d refusals", len(m.grants), len(m.refusals))
		}
	})
}

// The tables that no flood of calls can fill have an entry for each secret at most. A new table must be thought about.
func TestEveryTableIsBounded(t *testing.T) {
	bySecret, byName := reflect.TypeFor[*definition](), reflect.TypeFor[string]()
	bounded := []string{"questions", "silent", "grants", "refusals", "rounds", "lines"} // see the other tests
	manager := reflect.TypeFor[Manager]()
	for i := range manager.NumField() {
		f := manager.Field(i)
		if f.Type.Kind() != reflect.Map || f.Type.Key() == bySecret || slices.Contains(bounded, f.Name) || f.Name == "names" && f.Type.Key() == byName {
			continue
		}
		t.Errorf("what bounds %s?", f.Name)
	}
}

// What a question left behind that no client answered is dropped with the next one.
func TestSilentQuestionsAreDropped(t *testing.T) {
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	for i := range 100 {
		m.noteSilent(&question{key: sha256.Sum256([]byte{byte(i)})})
		m.sweep()
	}
	if len(m.silent) != 0 {
		t.Errorf("%d silent questions", len(m.silent))
	}
}

// One principal's form stays open: its next question waits, and everybody else is asked.
func TestFormThatStaysOpenHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, _ := victim(t, answers{ask: always(AllowOnce)}, key)
		closeForm, err := m.queue(t.Context(), principal{named, "alice"})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := Get(WithPrincipal(t.Context(), "bob"), m, key, "Read"); err != nil || time.Since(begin) > time.Second {
			t.Errorf("bob: %v after %v", err, time.Since(begin))
		}
		if _, err := Get(WithPrincipal(t.Context(), "alice"), m, key, "Read"); !errors.Is(err, ErrPending) {
			t.Errorf("alice: %v", err)
		}
		closeForm()
		if _, err := Get(WithPrincipal(t.Context(), "alice"), m, key, "Read"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(m.lines) != 0 {
			t.Errorf("%d lines are kept with nobody in them", len(m.lines))
		}
	})
}

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
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	kept := 0
	srv := server.NewMCPServer("x", "1", mcpgo.Option(m), registered(&kept))
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
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	kept := 0
	srv := server.NewMCPServer("x", "1", mcpgo.Option(m), registered(&kept))
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

// A client that keeps its connection and says no more is cut off.
func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := victim(t, answers{}, Password("api_key", Field{}))
		listener := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.serveHTTP(ctx, http.NotFoundHandler(), listener) }()
		client, theirs := net.Pipe()
		listener.connections <- theirs
		if _, err := client.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		answer := bufio.NewReader(client)
		for err := error(nil); err == nil && time.Since(begin) < time.Hour; {
			_ = client.SetReadDeadline(begin.Add(time.Hour))
			_, err = answer.ReadByte()
		}
		if open := time.Since(begin); open > 10*time.Minute {
			t.Errorf("it is open for %v", open)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = client.Close()
	})
}

// pipes is a listener for connections without a network.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *pipes) Close() error   { close(l.closed); return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }
