package gosdk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// The end of a server, and of calls.

// A watcher is a person who looks at dialogs without answering them.
type watcher struct {
	mu             sync.Mutex
	opened, killed int
}

func (w *watcher) look(ctx context.Context) error {
	w.mu.Lock()
	w.opened++
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	w.killed++
	w.mu.Unlock()
	return ctx.Err()
}

func (w *watcher) Enter(ctx context.Context, _ secrets.Entry) (string, error) { return "", w.look(ctx) }

func (w *watcher) Ask(ctx context.Context, _ secrets.Question) (secrets.Answer, error) {
	return secrets.Deny, w.look(ctx)
}

func (w *watcher) Lock(ctx context.Context) (func(), error) { return func() {}, ctx.Err() }

func (w *watcher) count() (opened, killed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.opened, w.killed
}

// endings are how a client or a system ends a server.
var endings = map[string]func(*process){
	"end of input": func(p *process) { _ = p.input.Close() },
	"signal":       func(p *process) { p.stop() },
}

func TestServerEndsInEachPhase(t *testing.T) {
	for _, version := range versions {
		for phase, row := range map[string]struct {
			stored bool
			human  *human
			call   string
			forms  int
			opened int
		}{
			"idle":                {},
			"dialog for a value":  {call: "get_pet", opened: 1},
			"question":            {stored: true, call: "get_pet", opened: 1},
			"form for permission": {stored: true, human: says(said{never: true}), call: "get_pet", forms: 1},
			"form for codes":      {human: &human{answer: func(form) said { return said{never: true} }}, call: "get_pet", forms: 1, opened: 1},
			"handler":             {call: "wait"},
		} {
			for name, end := range endings {
				t.Run(version+" "+phase+" "+name, func(t *testing.T) {
					t.Parallel()
					watcher := new(watcher)
					s := open(t, watcher)
					if row.stored {
						s.store.Put("petstore", "api_key", goodKey)
					}
					var h *human
					if row.human != nil {
						h = &human{answer: row.human.answer}
					}
					p := overStdio(t, s, new(wire))
					g := p.come(t, client{version: version, human: h})
					ctx, cancel := context.WithCancel(t.Context())
					ended := make(chan error, 1)
					if row.call != "" {
						go func() {
							_, err := g.call(ctx, tool(row.call))
							ended <- err
						}()
					} else {
						ended <- errors.New("no call")
					}
					if row.call == "wait" {
						<-s.waiting
					}
					eventually(t, "the phase", func() bool {
						opened, _ := watcher.count()
						return opened == row.opened && (h == nil || len(h.seen()) == row.forms)
					})
					end(p)
					p.wait(t)
					cancel()
					if err := <-ended; err == nil && row.call != "wait" {
						t.Error("the call got the key")
					}
					if opened, killed := watcher.count(); opened != row.opened || killed != opened {
						t.Errorf("%d dialogs opened, %d killed", opened, killed)
					}
				})
			}
		}
	}
}

// The SDK cancels all calls at the end of the input, and sends nothing any more: whoever pipes requests into it gets no answer.
func TestEndOfInputWaitsForTheAnswers(t *testing.T) {
	s := open(t, runtimetest.NewUser(t))
	begun := make(chan struct{})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "slow"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
		close(begun)
		select {
		case <-time.After(slow):
			return text("slow but sure"), nil, nil
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	})
	w := new(wire)
	p := overStdio(t, s, w)
	go func() { _, _ = io.Copy(io.Discard, p.output) }()
	p.says(t, initialize, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow","arguments":{}}}`)
	<-begun
	_ = p.input.Close()
	p.wait(t)
	if !bytes.Contains(w.bytes(), []byte("slow but sure")) {
		t.Errorf("sent %s", w.bytes())
	}
}

// A client that probes a server ends it at once, and waits for that.
func TestIdleServerEndsQuickly(t *testing.T) {
	for _, version := range versions {
		for name, end := range endings {
			t.Run(version+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := overStdio(t, open(t, runtimetest.NewUser(t)), new(wire))
					g := p.come(t, client{version: version})
					if _, err := g.ListTools(t.Context(), nil); err != nil {
						t.Fatal(err)
					}
					begun := time.Now()
					end(p)
					p.wait(t)
					if took := time.Since(begun); took != 0 {
						t.Errorf("it waited for %v", took)
					}
				})
			})
		}
	}
}

// A client that does not read any more ends the server by its input, as any other, and does not hold up that end: once a write
// has failed, nobody waits for the answers.
func TestServerWhoseClientHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, runtimetest.NewUser(t))
		p := overStdio(t, s, new(wire))
		go func() { _, _ = io.Copy(io.Discard, p.output) }()
		p.says(t, initialize, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait","arguments":{}}}`)
		<-s.waiting
		_ = p.output.CloseWithError(errors.New("gone"))
		p.says(t, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"hello","arguments":{}}}`)
		synctest.Wait() // the write has failed
		begun := time.Now()
		_ = p.input.Close()
		p.wait(t)
		if took := time.Since(begun); took != 0 {
			t.Errorf("it waited for %v", took)
		}
		eventually(t, "the SDK cancels the call", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.seen) == 1
		})
	})
}

// Calls run in goroutines of their own: there is no pool that could be full.
func TestServerAnswersWhileCallsWait(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		watcher := new(watcher)
		g := w.come(t, open(t, watcher), client{version: version})
		ctx, cancel := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		for n := range 200 {
			calls.Go(func() {
				if text, err := g.call(ctx, toolWith("get_pet", map[string]any{"id": fmt.Sprint(n)})); err == nil {
					t.Errorf("got %q", text)
				}
			})
		}
		eventually(t, "the dialog opens", func() bool { opened, _ := watcher.count(); return opened == 1 })
		if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
			t.Errorf("%q, %v", text, err)
		}
		cancel()
		calls.Wait()
	})
}

// The client's context sends notifications/cancelled, or hangs up.
func TestCancelledCallEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		s := open(t, runtimetest.NewUser(t))
		g := w.come(t, s, client{version: version})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := g.call(ctx, tool("wait"))
			ended <- err
		}()
		<-s.waiting
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		eventually(t, "the handler ends", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.seen) == 1
		})
	})
}

// Whoever hangs up has not always said before that the call is cancelled.
func TestHangingUpEndsTheCall(t *testing.T) {
	for _, version := range versions {
		for _, stateless := range []bool{false, true} {
			t.Run(fmt.Sprint(version, stateless), func(t *testing.T) {
				t.Parallel()
				watcher := new(watcher)
				s := openWithKey(t, watcher)
				w := overHTTP(t, s, new(wire), func(o *mcp.StreamableHTTPOptions) { o.Stateless = stateless })
				g := w.comeAs(t, "ann", client{version: version})
				for n, name := range []string{"wait", "wait_for_key"} {
					body := strings.Replace(toolCall, "get_pet", name, 1)
					header := http.Header{}
					if version == modern {
						body = strings.Replace(body, `"arguments"`, `"_meta":{"`+mcp.MetaKeyProtocolVersion+`":"`+modern+`","`+mcp.MetaKeyClientCapabilities+`":{}},"arguments"`, 1)
						header = http.Header{"Mcp-Method": {"tools/call"}, "Mcp-Name": {name}}
					}
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan struct{})
					go func() {
						defer close(done)
						r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(body))
						if err != nil {
							t.Error(err)
							return
						}
						r.Header = header
						r.Header.Set("Content-Type", "application/json")
						r.Header.Set("Accept", "application/json, text/event-stream")
						r.Header.Set("Mcp-Protocol-Version", version)
						if g.ID() != "" {
							r.Header.Set("Mcp-Session-Id", g.ID())
						}
						response, err := bearer{"ann", http.DefaultTransport}.RoundTrip(r)
						if err == nil {
							_, _ = io.Copy(io.Discard, response.Body)
							_ = response.Body.Close()
						}
					}()
					if name == "wait" {
						<-s.waiting
					} else {
						eventually(t, "the question opens", func() bool { opened, _ := watcher.count(); return opened == 1 })
					}
					cancel()
					<-done
					eventually(t, name+": the call ends", func() bool {
						s.mu.Lock()
						defer s.mu.Unlock()
						return len(s.seen) == n+1 && errors.Is(s.seen[n], context.Canceled)
					})
				}
			})
		}
	}
}

// Over HTTP all may number their calls alike.
func TestNobodyCancelsAnothersCall(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			s := open(t, runtimetest.NewUser(t))
			w := overHTTP(t, s, new(wire))
			ann := w.comeAs(t, "ann", client{version: version})
			bob := w.comeAs(t, "bob", client{version: version})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := ann.call(ctx, tool("wait"))
				done <- err
			}()
			<-s.waiting
			for id := range 20 {
				body := fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, id)
				header := http.Header{"Mcp-Method": {"notifications/cancelled"}}
				status, answer := post{session: bob.ID(), version: version, body: body, header: header}.send(t, bearer{"bob", http.DefaultTransport}, w.url)
				if status >= 300 {
					t.Errorf("%d %s", status, answer)
				}
			}
			if text, err := bob.call(t.Context(), tool("hello")); err != nil || text != "hello" {
				t.Errorf("%q, %v", text, err)
			}
			if s.mu.Lock(); len(s.seen) != 0 || len(done) != 0 {
				t.Error("ann's call has ended")
			}
			s.mu.Unlock()
			cancel()
			<-done
		})
	}
}

// A client that gave a token hears that its call lives while it waits for a person.
func TestProgressWhileSomebodyIsAsked(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := new(heard)
				s := openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce).During(func() { time.Sleep(40 * time.Second) }))
				w := onClock(s)
				g := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: version, progress: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
					got.add(req.Params)
				}})
				params := tool("get_pet")
				params.SetProgressToken("token")
				g.works(t, params)
				if !strings.Contains(got.String(), `"progressToken":"token"`) || !strings.Contains(got.String(), `"progress":2`) {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}
