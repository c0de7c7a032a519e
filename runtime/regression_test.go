package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// Each test of this file is a mistake that was made once.

// An older client is told to call again while the dialog is open, and does so when it is done: that is no second wish.
func TestSetToolIsOneDialogForAnOlderClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			time.Sleep(patience + 10*time.Second)
			return fmt.Sprint("another-value-", dialogs.Add(1)), nil
		}}, key)
		set := func() error {
			ctx := withRequest(t.Context(), "tool", "secrets_set")
			_, err := m.setTool(ctx, m.call(ctx), key.def)
			return err
		}
		for number := 1; number <= 2; number++ { // the second is another wish
			if err := set(); !errors.Is(err, ErrPending) {
				t.Fatalf("wish %d: %v, want to be told to call again", number, err)
			}
			time.Sleep(time.Minute)
			if err := set(); err != nil || int(dialogs.Load()) != number {
				t.Errorf("wish %d: %v after %d dialogs", number, err, dialogs.Load())
			}
			if text, _ := store.Load("api_key"); text != fmt.Sprint("another-value-", number) {
				t.Errorf("wish %d: stored %v", number, text)
			}
		}
	})
}

// recording is a store that knows which accounts were written, in order.
type recording struct {
	*memory
	written []string
}

func (s *recording) Set(ctx context.Context, service, account, text string) error {
	s.written = append(s.written, account)
	return s.memory.Set(ctx, service, account, text)
}

func (s *recording) Delete(ctx context.Context, service, account string) error {
	if _, ok := s.Load(account); ok {
		s.written = append(s.written, account)
	}
	return s.memory.Delete(ctx, service, account)
}

// Values that were typed under another code than the client shows are taken back, the last one first: of a secret that was
// asked for twice, the first value is back.
func TestValuesAreTakenBackInReverse(t *testing.T) {
	set, absent := Password("set", Field{Required: true}), Password("absent", Field{Required: true})
	renamed := Password("renamed", Field{Required: true, RenamedFrom: []string{"former"}})
	m, store := victim(t, answers{}, set, absent, renamed)
	store.Map.Clear()
	store.Store("set", "set-before")
	store.Store("former", "former-before")
	recorded := &recording{memory: store}
	m.store = recorded

	ctx, c := toolCall(t.Context(), m, "tool")
	defs := []*definition{set.def, absent.def, renamed.def, set.def}
	codes := m.newComparison(c, defs)
	var gaps []gap
	for _, def := range defs {
		gaps = append(gaps, gap{def: def})
	}
	undo, err := m.keep(ctx, gaps, []string{"first", "second", "third", "fourth"})
	if err != nil {
		t.Fatal(err)
	}
	if err := codes.settle(undo); err != nil {
		t.Fatal(err)
	}
	if text, err := m.lookup(ctx, set.def); err != nil || text != "fourth" {
		t.Fatalf("stored %q, %v", text, err)
	}

	recorded.written = nil
	codes.hear(reply{chosen: 1})
	if want := []string{"set", "renamed", "absent", "set"}; !slices.Equal(recorded.written, want) {
		t.Errorf("taken back in the order %q, want %q", recorded.written, want)
	}
	for def, want := range map[*definition]string{set.def: "set-before", renamed.def: "former-before"} {
		if text, err := m.lookup(ctx, def); err != nil || text != want {
			t.Errorf("%s is %q, %v", def.Name, text, err)
		}
	}
	if text, err := m.lookup(ctx, absent.def); !errors.Is(err, ErrNotSet) {
		t.Errorf("absent is %q, %v", text, err)
	}
	if _, err := Get(ctx, m, absent, "Read"); !errors.Is(err, ErrDenied) {
		t.Errorf("asked again at once: %v", err)
	}
}

// closable is a store that has to be closed.
type closable struct {
	*memory
	closed atomic.Int32
}

func (s *closable) Close() error {
	s.closed.Add(1)
	return nil
}

func TestCloseClosesTheStoreOnce(t *testing.T) {
	m, store := victim(t, answers{}, Password("api_key", Field{}))
	counting := &closable{memory: store}
	m.store = counting
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := m.Close(); err != nil || counting.closed.Load() != 1 {
		t.Errorf("%v, the store was closed %d times", err, counting.closed.Load())
	}
}

// "Allow" covers one tool call. A goroutine that the handler left behind is in none.
func TestAllowOnceEndsWithTheHandler(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	questions := 0
	m, _ := victim(t, answers{ask: func(context.Context, Question) (Answer, error) {
		if questions++; questions == 1 {
			return AllowOnce, nil
		}
		return Deny, nil
	}}, key)
	srv := server.NewMCPServer("x", "1", mcpgo.Option(m))
	var left context.Context
	srv.AddTool(mcp.NewTool("tool"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		left = context.WithoutCancel(ctx)
		for range 2 { // both within the call
			if v, err := Get(ctx, m, key, "Read"); err != nil || v.Reveal() != attacked {
				t.Error(err)
			}
		}
		return mcp.NewToolResultText("fine"), nil
	})
	srv.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool"}}`))
	if questions != 1 {
		t.Fatalf("%d questions in the call", questions)
	}
	if v, err := Get(left, m, key, "Read"); !errors.Is(err, ErrDenied) || questions != 2 {
		t.Errorf("after the call: %q, %v, %d questions", v.Reveal(), err, questions)
	}
}

// slow is a store whose writes wait until it is told to go on.
type slow struct {
	*memory
	begun, goOn chan struct{}
}

func (s *slow) Set(ctx context.Context, service, account, text string) error {
	s.begun <- struct{}{}
	<-s.goOn
	return s.memory.Set(ctx, service, account, text)
}

// A keychain may keep a taking back waiting. The retry of the call that asked for the value then waits too, but neither its
// own request nor anything else does.
func TestSlowTakingBackHoldsNobodyElse(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, store := victim(t, answers{}, key)
	ctx, c := toolCall(t.Context(), m, "secrets_set")
	codes := m.newComparison(c, []*definition{key.def})
	undo, err := m.keep(ctx, []gap{{def: key.def}}, []string{"another-value"})
	if err != nil {
		t.Fatal(err)
	}
	if err := codes.settle(undo); err != nil {
		t.Fatal(err)
	}
	c.asked = []*comparison{codes}
	waiting := &slow{store, make(chan struct{}, 1), make(chan struct{})}
	m.store = waiting

	heard, retried := make(chan struct{}), make(chan bool)
	go func() { codes.hear(reply{chosen: 1}); close(heard) }()
	<-waiting.begun
	go func() { retried <- c.hasStored(key.def) }()
	time.Sleep(50 * time.Millisecond) // until it waits; should it not, the test passes

	others := make(chan struct{})
	go func() {
		defer close(others)
		_ = m.Grants()
		if result, err := m.statusTool(ctx, mcp.CallToolRequest{}); err != nil || result.IsError {
			t.Errorf("status: %v, %v", result, err)
		}
		c.decided(key.def, "by a test")
		c.over()
		_ = m.Revoke(key)
	}()
	select {
	case <-others:
	case <-time.After(10 * time.Second):
		t.Error("others wait for the keychain")
	}
	close(waiting.goOn)
	<-heard
	if <-retried {
		t.Error("the retry takes for stored what was taken back")
	}
	<-others
	if text, err := m.lookup(ctx, key.def); err != nil || text != attacked {
		t.Errorf("stored %q, %v", text, err)
	}
}
