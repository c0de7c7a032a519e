package secrets

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// Each test of this file is an attack that once worked.

// memory is a store; package runtimetest can't be imported from inside.
type memory struct{ sync.Map }

func (s *memory) Get(ctx context.Context, _, account string) (string, error) {
	if text, ok := s.Load(account); ok {
		return text.(string), ctx.Err()
	}
	return "", ErrNotSet
}
func (s *memory) Set(_ context.Context, _, account, text string) error {
	s.Store(account, text)
	return nil
}
func (s *memory) Delete(_ context.Context, _, account string) error {
	s.Map.Delete(account)
	return nil
}
func (s *memory) Clear(context.Context, string) error { s.Map.Clear(); return nil }

// answers is a person who answers by functions.
type answers struct {
	enter func(context.Context, Entry) (string, error)
	ask   func(context.Context, Question) (Answer, error)
}

func (a answers) Enter(ctx context.Context, e Entry) (string, error)  { return a.enter(ctx, e) }
func (a answers) Ask(ctx context.Context, q Question) (Answer, error) { return a.ask(ctx, q) }
func (a answers) Lock(context.Context) (unlock func(), err error)     { return func() {}, nil }
func always(answer Answer) func(context.Context, Question) (Answer, error) {
	return func(context.Context, Question) (Answer, error) { return answer, nil }
}

const attacked = "pets-0123456789abcdef"

// victim opens a manager of keys, whose values are all stored.
func victim(t *testing.T, asker Asker, keys ...AnyKey) (*Manager, *memory) {
	t.Helper()
	store := &memory{}
	type secret struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	}
	var list []secret
	for _, key := range keys {
		list = append(list, secret{key.Describe().Name, key.Describe().Label})
		text := attacked
		if key.Describe().Type == field.URL {
			text = "https://good.example/tenant-a"
		}
		store.Store(key.Describe().Name, text)
	}
	manifest, err := json.Marshal(map[string]any{"server": "x", "secrets": list, "sentences": wording.English()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(Schema{Server: "x", Manifest: string(manifest), Keys: keys}, WithStore(store), WithPrompter(asker),
		WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m, store
}

// toolCall is the context of a call to a tool by a client of 2026-07-28 that can show forms.
func toolCall(ctx context.Context, m *Manager, name string) (context.Context, *call) {
	ctx = withRequest(ctx, "tool", name)
	c := m.call(ctx)
	c.rounds = true
	c.digest = func() [sha256.Size]byte { return sha256.Sum256([]byte(name)) }
	ctx, c.cancel = context.WithCancelCause(ctx)
	return ctx, c
}

func TestToolScopedGrantOfTheServerItselfCoversNoTool(t *testing.T) {
	key := Password("api_key", Field{Required: true, Scope: ToolScope})
	var questions []Question
	m, _ := victim(t, answers{ask: func(_ context.Context, q Question) (Answer, error) {
		questions = append(questions, q)
		return AllowSession, nil
	}}, key)
	if _, err := Get(t.Context(), m, key, "A job"); !errors.Is(err, ErrDenied) {
		t.Errorf("an answer that was not offered: %v", err)
	}
	if len(questions) != 1 || questions[0].AllowForSession != "" {
		t.Errorf("the question offers a session that no tool is there for: %+v", questions)
	}
	if len(m.Grants()) != 0 {
		t.Errorf("grants %v", m.Grants())
	}
}

func TestAllowOnceIsForTheHostThatWasShown(t *testing.T) {
	address := URL("base_url", Field{Required: true, Permission: NoAsking})
	key := Password("api_key", Field{Required: true, SentTo: "base_url"})
	for _, answer := range []Answer{AllowOnce, AllowSession} {
		for _, moved := range []string{"https://evil.example/tenant-a", "http://good.example/tenant-a", "https://good.example/tenant-b"} {
			var store *memory
			questions := 0
			m, s := victim(t, answers{ask: func(context.Context, Question) (Answer, error) {
				if questions++; questions > 1 {
					return Deny, nil
				}
				store.Store("base_url", moved)
				return answer, nil
			}}, address, key)
			store = s
			if v, err := Get(t.Context(), m, key, "Read"); !errors.Is(err, ErrDenied) || questions != 2 {
				t.Errorf("%v, moved to %s: %q, %v after %d questions", answer, moved, v.Reveal(), err, questions)
			}
		}
	}
}

func TestManagerPrintsNoValue(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowSession)}, key)
	if _, err := Get(t.Context(), m, key, "Read"); err != nil {
		t.Fatal(err)
	}
	_ = m.Reject(t.Context(), key, "Wrong.")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "vault", m)
	for _, text := range []string{fmt.Sprintf("%v", m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), log.String()} {
		if strings.Contains(text, attacked) {
			t.Errorf("a manager prints %s", text)
		}
	}
}

func TestManifestWithoutAnswersDoesNotOpen(t *testing.T) {
	for _, spoil := range []func(*wording.Sentences){
		func(s *wording.Sentences) { s.Question.Allow = "" },
		func(s *wording.Sentences) { s.Question.Deny = s.Question.Allow },
		func(s *wording.Sentences) { s.Form.Differ = s.Form.Match },
	} {
		sentences := wording.English()
		spoil(&sentences)
		manifest, err := json.Marshal(map[string]any{"server": "x", "sentences": sentences})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Schema{Server: "x", Manifest: string(manifest)}); err == nil {
			t.Error("it opens")
		}
	}
	if r := replyOf(mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{}}, []string{"", "b"}); r != nobody {
		t.Errorf("an empty answer chose %d", r.chosen)
	}
}

func TestAnswerCountsOnlyForWhatItsFormShowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		harmless, jewel := Password("harmless", Field{Required: true}), Password("jewel", Field{Required: true})
		m, _ := victim(t, answers{ask: always(Deny)}, harmless, jewel)
		ctx, c := toolCall(t.Context(), m, "tool")
		_, _ = Get(ctx, m, harmless, "Read")
		wants := c.end()                                         // the form is made
		_, _ = Get(context.WithoutCancel(ctx), m, jewel, "Read") // a goroutine that the handler left behind
		round := m.inputRequest(c, wants)
		time.Sleep(time.Second)
		ctx, c = toolCall(t.Context(), m, "tool")
		m.resume(c, m.closeRound(round.RequestState, c), func(string, []string) reply { return reply{chosen: 0} })
		if v, err := Get(ctx, m, harmless, "Read"); err != nil || v.Reveal() != attacked {
			t.Errorf("what was asked is not allowed: %v", err)
		}
		if v, err := Get(ctx, m, jewel, "Read"); err == nil {
			t.Errorf("%q was never asked for", v.Reveal())
		}
	})
}

func TestCodesAreComparedByWhoBeganTheCollection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{
			enter: func(context.Context, Entry) (string, error) { time.Sleep(100 * time.Second); return attacked, nil },
			ask:   always(AllowOnce),
		}, key)
		store.Map.Clear()
		go func() { _, _ = Get(t.Context(), m, key, "Read") }() // by the server itself: no client shows a code
		time.Sleep(time.Second)
		ctx, c := toolCall(WithPrincipal(t.Context(), "bob"), m, "tool")
		c.resumed = true
		if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		if wants := c.end(); len(wants) != 0 {
			t.Errorf("bob is asked about somebody else's code: %+v", wants)
		}
		time.Sleep(200 * time.Second)
		if _, ok := store.Load("api_key"); !ok {
			t.Error("what was typed is gone")
		}
	})
}

func TestQuestionsAreBounded(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) { <-ctx.Done(); return Deny, ctx.Err() }}, key)
	before := runtime.NumGoroutine()
	for i := range 20 * maxWaiting {
		ctx, cancel := context.WithCancel(withRequest(t.Context(), "resource", fmt.Sprint("pets://", i)))
		time.AfterFunc(time.Millisecond, cancel)
		_, _ = Get(ctx, m, key, "Read")
	}
	if grown := runtime.NumGoroutine() - before; grown > 2*maxWaiting {
		t.Errorf("%d goroutines more", grown)
	}
	if len(m.questions) > maxWaiting {
		t.Errorf("%d questions", len(m.questions))
	}
	if err := m.Close(); err != nil || len(m.questions) != 0 {
		t.Errorf("%d questions after Close, %v", len(m.questions), err)
	}
}

func TestCloseReleasesWhoWaitsForARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, _ := victim(t, answers{}, key)
		ctx, _ := toolCall(t.Context(), m, "tool")
		_, _ = Get(ctx, m, key, "Read")
		begin := time.Now()
		time.AfterFunc(time.Second, func() { _ = m.Close() })
		ctx = withRequest(t.Context(), "tool", "tool")
		if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrClosed) || time.Since(begin) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

func TestErrorsOfOthersLoseTheirText(t *testing.T) {
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	for _, failure := range []error{context.DeadlineExceeded, context.Canceled, ErrTooBig, ErrStoreLocked, errors.New("other")} {
		for err := m.fail(fmt.Errorf("put %s: %w", attacked, failure)); err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), attacked) {
				t.Errorf("%v passes with its text: %v", failure, err)
			}
		}
	}
}

func TestRejectsReasonHoldsNoValue(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowOnce)}, key)
	v, err := Get(t.Context(), m, key, "Read")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Reject(t.Context(), key, Reason("bad key "+v.Reveal())); strings.Contains(err.Error(), attacked) {
		t.Error(err)
	}
}

func TestResourceContentsAreMaskedWhole(t *testing.T) {
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	m.Mask(t.Context(), attacked)
	masked, err := json.Marshal(maskedContents(m, []mcp.ResourceContents{
		&mcp.TextResourceContents{URI: "pets://a", Text: attacked},
		mcp.TextResourceContents{URI: "pets://" + attacked, Text: "fine"},
	}))
	if err != nil || strings.Contains(string(masked), "0123456789") || !strings.Contains(string(masked), "pets://a") {
		t.Errorf("%s, %v", masked, err)
	}
}

// A task's handler runs with a context that has ended: it gets what is granted, and nobody is asked.
func TestTaskHandlerHasItsGrants(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowSession)}, key)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrOutsideCall) {
		t.Error(err)
	}
	if _, err := Get(t.Context(), m, key, "Read"); err != nil {
		t.Fatal(err)
	}
	if v, err := Get(ctx, m, key, "Read"); err != nil || v.Reveal() != attacked {
		t.Error(err)
	}
}

func TestTwoManagersOnOneServerAskForThemselves(t *testing.T) {
	one, two := Password("one", Field{Required: true}), Password("two", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowOnce)}, one)
	n, _ := victim(t, answers{ask: always(AllowOnce)}, two)
	ctx := withRequest(t.Context(), "tool", "tool")
	if first := m.call(ctx); first == n.call(ctx) || first != m.call(ctx) {
		t.Error("the managers share a call")
	}
}

// The author's code may set the principal too late for the transport to keep the session with it: then the answers of the
// client do not count, whoever sends them.
func TestAnswerWithoutATokenReleasesNothing(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	var dialogs atomic.Int32
	m, _ := victim(t, answers{ask: func(context.Context, Question) (Answer, error) { dialogs.Add(1); return Deny, nil }}, key)
	srv := server.NewMCPServer("x", "1", mcpgo.Option(m))
	srv.AddTool(mcp.NewTool("tool"), Tool(func(ctx context.Context, reason Reason) (Secret, error) { return Get(ctx, m, key, reason) }, "Read",
		func(context.Context, mcp.CallToolRequest, Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("used"), nil
		}))
	handler := mcpgo.HTTPHandler(m, srv, server.WithHTTPContextFunc(func(ctx context.Context, r *http.Request) context.Context {
		if r.Header.Get("Authorization") == "Bearer alice" {
			return WithPrincipal(ctx, "alice")
		}
		return ctx
	}))
	web := httptest.NewServer(handler)
	defer web.Close()
	post := func(token, session, body string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
			"Authorization": token, sessionHeader: session} {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	response := post("Bearer alice", "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}`)
	_, _ = io.Copy(io.Discard, response.Body)
	session := response.Header.Get(sessionHeader)
	response = post("Bearer alice", session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"tool","arguments":{}}}`)
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		text := strings.TrimPrefix(lines.Text(), "data:")
		var message struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal([]byte(text), &message) != nil {
			continue
		}
		if message.Method == "elicitation/create" {
			time.Sleep(400 * time.Millisecond) // as slow as a person
			post("", session, `{"jsonrpc":"2.0","id":`+string(message.ID)+`,"result":{"action":"accept","content":{"answer":"Allow for session"}}}`)
			continue
		}
		if strings.Contains(text, "used") || !strings.Contains(text, "did not allow") {
			t.Errorf("the call got %s", text)
		}
		break
	}
	if dialogs.Load() != 1 || len(m.Grants()) != 0 {
		t.Errorf("%d dialogs, grants %v", dialogs.Load(), m.Grants())
	}
}

// On 2026-07-28 the call of secrets_set comes again with the answer, when the dialog may be done: nothing is asked twice.
func TestSetToolIsOneDialogInRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			dialogs.Add(1)
			time.Sleep(time.Second)
			return "another-value", nil
		}}, key)
		ctx, c := toolCall(t.Context(), m, "secrets_set")
		if _, err := m.setTool(ctx, c, key.def); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		round := m.inputRequest(c, c.end())
		time.Sleep(2 * time.Second)
		ctx, c = toolCall(t.Context(), m, "secrets_set")
		m.resume(c, m.closeRound(round.RequestState, c), func(string, []string) reply { return reply{chosen: 0} })
		if _, err := m.setTool(ctx, c, key.def); err != nil || dialogs.Load() != 1 {
			t.Errorf("%v after %d dialogs", err, dialogs.Load())
		}
		ctx, c = toolCall(t.Context(), m, "secrets_set") // another wish
		if _, err := m.setTool(ctx, c, key.def); !errors.Is(err, ErrPending) {
			t.Errorf("the next call is not asked: %v", err)
		}
		time.Sleep(2 * time.Second)
		if dialogs.Load() != 2 {
			t.Errorf("%d dialogs", dialogs.Load())
		}
		if text, _ := store.Load("api_key"); text != "another-value" {
			t.Errorf("stored %v", text)
		}
	})
}

func TestCallersNobodyVerifiedShareNoQuestion(t *testing.T) {
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	keys := map[[sha256.Size]byte]bool{}
	for range 1000 {
		c := newCall(t.Context(), "tool", "tool")
		c.who = principal{kind: local}
		keys[m.questionKey(c, nil, wording.Asker{})] = true
		runtime.GC() // the address may come again, the call does not
	}
	if len(keys) != 1000 {
		t.Errorf("%d keys of 1000 calls", len(keys))
	}
}

func TestSessionThatWasNotOfferedIsNo(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{}, key)
	q := &question{uses: []use{{def: key.def}}, by: wording.Asker{Once: true}, done: make(chan struct{})}
	m.settle(q, verdict{answer: AllowSession})
	if !errors.Is(q.err, ErrDenied) || len(m.Grants()) != 0 {
		t.Errorf("%v, grants %v", q.err, m.Grants())
	}
}

func TestRemovalIsOneDialogThatEndsWithTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		answer := make(chan Answer)
		m, store := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			dialogs.Add(1)
			select {
			case a := <-answer:
				return a, nil
			case <-ctx.Done():
				return AllowOnce, nil // a dialog that is answered at the last moment
			}
		}}, key)
		forget := func() error {
			ctx := withRequest(t.Context(), "tool", "secrets_forget")
			_, err := m.forgetTool(ctx, m.call(ctx), key.def)
			return err
		}
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				if err := forget(); !errors.Is(err, ErrDenied) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		answer <- Deny
		wait.Wait()
		if err := forget(); !errors.Is(err, ErrDenied) || dialogs.Load() != 1 {
			t.Errorf("%v after %d dialogs", err, dialogs.Load())
		}
		time.Sleep(2 * time.Minute)
		time.AfterFunc(time.Second, func() { _ = m.Close() })
		if err := forget(); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		_ = m.Close()
		if _, ok := store.Load("api_key"); !ok {
			t.Error("removed after Close")
		}
	})
}

func TestStatusToolTellsStrangersNothing(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{}, key)
	ctx := withRequest(t.Context(), "tool", "secrets_status")
	m.call(ctx).who = principal{kind: stranger}
	if result, err := m.statusTool(ctx, mcp.CallToolRequest{}); err != nil || !result.IsError {
		t.Errorf("%v, %v", result, err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if result, err := m.statusTool(t.Context(), mcp.CallToolRequest{}); err != nil || !result.IsError {
		t.Errorf("after Close: %v, %v", result, err)
	}
}

// stubborn is a store that can be made to refuse writes.
type stubborn struct {
	*memory
	refuses atomic.Bool
}

func (s *stubborn) Set(ctx context.Context, service, account, text string) error {
	if s.refuses.Load() {
		return ErrStoreLocked
	}
	return s.memory.Set(ctx, service, account, text)
}

func (s *stubborn) Delete(ctx context.Context, service, account string) error {
	if s.refuses.Load() {
		return ErrStoreLocked
	}
	return s.memory.Delete(ctx, service, account)
}

func TestTakenBackValueIsNeverUsed(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	for _, fails := range []bool{false, true} {
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) { return "", ErrDismissed }, ask: always(AllowOnce)}, key)
		failing := &stubborn{memory: store}
		m.store = failing
		_ = m.put(t.Context(), key.def, "known-to-be-wrong")
		m.reject(key.def, rejected{NewSecret("known-to-be-wrong"), "Wrong."})
		undo, err := m.keep(t.Context(), []gap{{def: key.def}}, []string{"typed-under-another-code"})
		if err != nil {
			t.Fatal(err)
		}
		failing.refuses.Store(fails)
		undo()
		if v, err := Get(t.Context(), m, key, "Read"); !errors.Is(err, ErrDismissed) { // it is asked for again
			t.Errorf("the store fails %t: got %q, %v", fails, v.Reveal(), err)
		}
	}
}

func TestCloseDoesNotWaitForALockedKeychain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) { return attacked, nil }, ask: always(Deny)}, key)
		store.Map.Clear()
		m.store = &waiting{store}
		go func() { _, _ = Get(t.Context(), m, key, "Read") }()
		time.Sleep(time.Second)
		begin := time.Now()
		_ = m.Close()
		if took := time.Since(begin); took > 2*grace {
			t.Errorf("Close took %v", took)
		}
	})
}

// waiting is a store whose writes wait for a person who does not come.
type waiting struct{ *memory }

func (s *waiting) Set(ctx context.Context, _, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}
